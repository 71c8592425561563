"""`workbench aws`: the chain in an AWS account."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
TERRAFORM = ROOT / "terraform"


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "aws",
        help="the chain in an AWS account",
        description="The chain in an AWS account: see terraform/README.md.",
    )
    actions = command.add_subparsers(required=True, metavar="ACTION")
    build = actions.add_parser(
        "build",
        parents=[shared],
        help="build what is deployed: library, job script, notebooks, state machine",
        description="Builds what is deployed, the same bytes from the same files, and writes the "
        "state machine anew from the chain. Prints the version, a digest of all of it.",
    )
    build.add_argument(
        "--out", metavar="DIR", default=str(ROOT / "build" / "aws"), help="folder (build/aws)"
    )
    build.set_defaults(command=build_command)


def build_command(options: argparse.Namespace) -> None:
    from workbench.aws import build

    out = Path(options.out).absolute()
    print(f"{build(out, TERRAFORM)} in {out}")
