"""`workbench sample`: synthetic dumps."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from workbench.errors import RequestError


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "sample",
        parents=[shared],
        help="a synthetic dump of any size",
        description="Writes a synthetic dump: the same bytes for the same users and seed.",
    )
    command.add_argument("--users", type=int, required=True, metavar="N")
    command.add_argument("--seed", type=int, default=0, metavar="S")
    command.add_argument("--out", required=True, metavar="PATH")
    command.add_argument("--layout", default="ndjson", choices=["ndjson", "array"])
    command.add_argument(
        "--flaws", action="store_true", help="add a late field and two bad documents"
    )
    command.set_defaults(command=sample_command)


def sample_command(options: argparse.Namespace) -> None:
    from workbench.sample import write_sample

    if options.users < 1:
        raise RequestError(f"--users: {options.users} is not allowed; it must be 1 or more.")
    out = Path(options.out)
    if out.is_dir():
        raise RequestError(f"--out: {out} is a folder; name the file to write.")
    write_sample(out, options.users, options.seed, options.layout, options.flaws)
    print(f"{options.users} users in {out}")
