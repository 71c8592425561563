"""`workbench forget`: a date or a person, out of all that the runs have written."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from workbench.cli import settings
from workbench.errors import RequestError
from workbench.places import project
from workbench.storage import scheme_of, store_of


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "forget",
        parents=[shared],
        help="remove a date, or a person (LGPD, article 18), from tables and runs",
        description="Removes one ingestion date, or one person by the key of their documents, from "
        "silver, gold, quarantine and the runs' outputs, and says what it removed. What it cannot "
        "reach it names, and ends with exit code 1. The dump itself is not touched.",
    )
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="the date to remove")
    command.add_argument(
        "--key",
        metavar="K",
        help="the key of the person to remove, of every date; of several fields, a value each "
        "(BR,7); where it is the position of the document, with the date in which it counts",
    )
    command.add_argument(
        "--key-path", metavar="PATH", help="where it is (the key of the last ingestion)"
    )
    settings.add_lake(command)
    command.add_argument("--runs", metavar="DIR", help="folder of the runs (data/runs)")
    command.add_argument(
        "--out",
        dest="tables",
        metavar="DIR",
        help="with --key: not a lake, but the tables that `workbench flatten --out` has written",
    )
    command.add_argument(
        "--unkeyed",
        action="store_true",
        help="with --key: remove quarantined documents that do not say whose they are, too",
    )
    command.add_argument(
        "--dry-run", action="store_true", help="say what would be removed, and change nothing"
    )
    settings.add_engine(command)
    command.set_defaults(command=forget_command)


def forget_command(options: argparse.Namespace) -> None:
    if options.tables is not None:
        say(in_tables(options), options.dry_run)
    else:
        forget_in_lake(options)


def in_tables(options: argparse.Namespace) -> Iterator[str]:
    """A person out of tables of `workbench flatten`. Raises RequestError for what these lack."""
    from workbench.forget import Asked, forget_in_tables

    for name in ("lake", "runs", "ingestion_date"):
        if getattr(options, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise RequestError(f"{option}: tables of `workbench flatten` have none; leave it out.")
    if options.key is None:
        raise RequestError("--out: name the person to remove from the tables, with --key.")
    asked = Asked(options.key, options.key_path, options.dry_run, options.unkeyed)
    return forget_in_tables(options.tables, asked)


def say(said: Iterable[str], dry: bool) -> None:
    for line in said:
        print(f"(dry run) {line}" if dry else line, flush=True)
    if not dry:
        print("The dumps are as they were: remove it there too, or the next run brings it back.")


def forget_in_lake(options: argparse.Namespace) -> None:
    from workbench.parameters import check

    named, engine = settings.lake(options), settings.engine(options)
    runs = settings.runs(options)
    check_there(named, "--lake", "lake")
    if options.runs is not None:
        check_there(options.runs, "--runs", "folder of runs")
    from workbench.forget import Places, forget_date, forget_key, key_path
    from workbench.lake import lake_at

    lake, dry = lake_at(named), options.dry_run
    here = project()
    own = here.notebooks.parent == here.root  # else they are the library's
    places = Places(
        lake,
        runs,
        dry,
        options.unkeyed,
        [here.notebooks] if own else [],
    )
    day = options.ingestion_date
    if day is not None:
        check(ingestion_date=day)
    if options.key is not None:
        path = key_path(lake, options.key_path, day)
        said = forget_key(
            places, options.key, path, lambda: settings.session_for(engine), day or ""
        )
    elif day is not None:
        said = forget_date(places, day)
    else:
        raise RequestError("forget: name a date (--ingestion-date), or a person (--key).")
    with lake.changing():
        say(said, dry)


def check_there(place: str, option: str, what: str) -> None:
    """Raises RequestError where there is nothing to forget in."""
    if scheme_of(place):
        if next(store_of(place).files(), None) is None:
            raise RequestError(
                f"{option}: there is nothing at {place}. Name the address of a {what}."
            )
    elif not Path(place).is_dir():
        raise RequestError(f"{option}: {place} is no folder. Name that of a {what}.")
