"""`workbench aws`: the chain in an AWS account."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


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
        description="Builds what is deployed, the same bytes from the same files. In a project "
        "with a folder terraform, the state machine is written there, anew from the chain. Prints "
        "the version, a digest of all of it.",
    )
    build.add_argument("--out", metavar="DIR", help="folder (build/aws in the project)")
    build.set_defaults(command=build_command)


def build_command(options: argparse.Namespace) -> None:
    from workbench.aws import build
    from workbench.places import project

    root = project().root
    out = Path(options.out or root / "build" / "aws").absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    terraform = root / "terraform"
    print(f"{build(out, terraform if terraform.is_dir() else None)} in {out}")
