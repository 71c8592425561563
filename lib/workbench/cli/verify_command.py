"""`workbench verify`: published partitions proved again."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.errors import LakeError, RequestError

if TYPE_CHECKING:
    from workbench.lake import Lake

SILVER = "silver.users"


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "verify",
        parents=[shared],
        help="prove published tables again, against their manifests or the dump",
        description="Reads every byte of the published partitions and holds it against the "
        "digests and the rows that their manifests tell. With --source the dump is read once "
        "more, and silver.users held against it, value by value.",
        epilog="Exit code 0: all is proved; 1: something is not what was published, or cannot be "
        "proved; 2: the request is wrong.",
    )
    settings.add_lake(command)
    command.add_argument("--table", metavar="TABLE", help="layer.table; every one unless given")
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="every date unless given")
    command.add_argument(
        "--source",
        metavar="SOURCE",
        action="append",
        help="the dump that silver.users of that date was made from; may be repeated",
    )
    command.set_defaults(command=verify_command)


def verify_command(options: argparse.Namespace) -> None:
    from workbench.lake import lake_at, verify
    from workbench.parameters import check

    if options.ingestion_date is not None:
        check(ingestion_date=options.ingestion_date)
    lake = lake_at(settings.lake(options))
    asked = chosen(lake, options.table, options.ingestion_date)
    if options.source:
        check_one_silver(asked)
    faults = 0
    for table, day in asked:
        found = verify(lake, table, day)
        faults += found.fault is not None
        told = found.fault or f"{found.rows:,} rows in {found.files} file(s), as published"
        print(f"{table} {day}: {told}", flush=True)
    if faults:
        raise LakeError(f"{faults} of {len(asked)} partition(s) are not proved.")
    if options.source:
        from workbench.silver import prove_again

        day = next(day for table, day in asked if table == SILVER)
        leaves = prove_again(lake, day, options.source)
        print(f"{SILVER} {day}: all {leaves:,} leaves of the dump are accounted for")


def chosen(lake: Lake, table: str | None, day: str | None) -> list[tuple[str, str]]:
    """The partitions that are asked for. Raises RequestError where there is none."""
    from workbench.lake import published

    there = list(published(lake))
    found = [(t, d) for t, d in there if table in (None, t) and day in (None, d)]
    if not found:
        named = ", ".join(sorted({f"{t} {d}" for t, d in there})) or "nothing"
        raise RequestError(
            f"The lake {lake.root} has no {table or 'table'} of {day or 'any date'}. "
            f"It has: {named}."
        )
    return found


def check_one_silver(asked: Sequence[tuple[str, str]]) -> None:
    """Raises RequestError where it is not clear what the dump is to be held against."""
    days = [day for table, day in asked if table == SILVER]
    if len(days) != 1:
        raise RequestError(
            f"--source is held against {SILVER} of one date, and {len(days)} are asked for "
            f"({', '.join(days) or 'none'}). Name it with --ingestion-date."
        )
