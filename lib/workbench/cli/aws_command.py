"""`workbench aws`: the chain in an AWS account."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from workbench.cli import settings, stack_command
from workbench.errors import LakeError, RequestError
from workbench.services import region


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
    add_catalog(actions, shared)
    stack_command.add_to(actions, shared)


def add_catalog(actions: Any, shared: argparse.ArgumentParser) -> None:
    catalog = actions.add_parser(
        "catalog",
        parents=[shared],
        help="what Athena knows of a lake, held against the lake and put right",
        description="Holds the tables and partitions of AWS Glue's catalog against a lake on S3, "
        "and puts right what differs: by the files' own types, at the places that are published.",
        epilog="Exit code 0: the catalog says what the lake has; 1: it does not; 2: the request "
        "is wrong.",
    )
    settings.add_lake(catalog)
    settings.add_catalog(catalog)
    catalog.add_argument("--check", action="store_true", help="change nothing; say what differs")
    catalog.set_defaults(command=catalog_command)


def catalog_command(options: argparse.Namespace) -> None:
    from workbench.catalog import REGISTERED
    from workbench.lake import ObjectLake, catalog_of, lake_at, planned, put_right, tables_of

    lake = lake_at(settings.lake(options))
    settings.check_catalog(options, str(lake.root))
    if isinstance(lake, ObjectLake):
        region("catalog")
    catalog = None
    if isinstance(lake, ObjectLake):
        catalog = catalog_of(lake, remember=not options.check)
    if catalog is None or not isinstance(lake, ObjectLake):
        raise RequestError(
            f"catalog: the lake {lake.root} is in none. Only a lake on S3 can be in one; name its "
            "databases with --catalog, for example --catalog '{layer}'."
        )
    for layer in () if options.check else REGISTERED:
        catalog.make(layer)
    own, strays = tables_of(lake, catalog)
    differ = 0
    for layer, table in own:
        plan = planned(lake, catalog, layer, table)
        said = plan.said if options.check else put_right(lake, catalog, layer, table)
        differ += len(said)
        for line in said or [f"{catalog.database(layer)}.{table}: as the lake has it"]:
            print(line if options.check or not said else f"put right: {line}")
        if plan.left_out:
            print(f"    without a name that readers could say: {', '.join(plan.left_out)}")
    for stray in strays:
        print(f"{stray}: no table of the lake, and over its files. Left; take it away by hand.")
    if strays or (differ and options.check):
        raise LakeError(
            f"The catalog differs from the lake {lake.root} in {differ + len(strays)} thing(s)."
            + (" `workbench aws catalog` puts them right." if differ and options.check else "")
        )


def build_command(options: argparse.Namespace) -> None:
    from workbench.aws import build
    from workbench.places import project

    root = project().root
    out = Path(options.out or root / "build" / "aws").absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    terraform = root / "terraform"
    print(f"{build(out, terraform if terraform.is_dir() else None)} in {out}")
