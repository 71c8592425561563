"""`workbench flatten`: any JSON to flat tables."""

from __future__ import annotations

import argparse
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.engines import is_cluster

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from workbench.convert import Outcome


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "flatten",
        parents=[shared],
        help="any JSON to flat tables, verified",
        description="Flattens any JSON: one table per array, or one flat table with --explode. "
        "Every leaf of the source is accounted for, or nothing is written.",
    )
    command.add_argument(
        "source", nargs="+", metavar="SOURCE", help="files, folders or globs; - is what is piped in"
    )
    command.add_argument(
        "--out", metavar="DIR", dest="tables", help="folder for the tables, or s3://..."
    )
    add_rows(command)
    add_values(command)
    add_forms(command)
    add_output(command)
    add_names(command)
    command.add_argument("--plan", action="store_true", help="print the plan, write nothing")
    settings.add_shared(command)
    settings.add_engine(command)
    command.set_defaults(command=flatten_command)


def add_paths(command: argparse.ArgumentParser, name: str, said: str, **more: Any) -> None:
    """An option that may be given several times, mostly with a path each."""
    command.add_argument(name, action="append", default=[], help=said, **{"metavar": "PATH"} | more)


def add_rows(command: argparse.ArgumentParser) -> None:
    """What becomes rows."""
    add_paths(
        command,
        "--explode",
        "one flat table with a row per element of this array, for example a.b[].c; "
        "given twice, the elements are paired",
    )
    command.add_argument(
        "--key", default="", metavar="FIELD", help="tells documents apart (their position)"
    )
    add_paths(command, "--as-map", "an object whose fields are ids: its fields become rows")
    command.add_argument(
        "--records",
        default="",
        metavar="PATH",
        help="where the documents stand in a file that is one object around them: an array, or "
        "an object whose fields are ids (. for the whole)",
    )


def add_values(command: argparse.ArgumentParser) -> None:
    """Which values are read, and as what."""
    add_paths(
        command,
        "--pii",
        "a personal field, whose values are replaced by a keyed hash (WORKBENCH_PII_KEY)",
    )
    add_paths(
        command,
        "--type",
        "read the values there as bool, int, double, decimal(P,S), string, timestamp, date, "
        "or text (JSON), for example zip=string",
        metavar="PATH=TYPE",
        dest="types",
    )
    add_paths(command, "--expand", "a text that holds JSON becomes what it holds")
    for name, said in (("include", "read only this path"), ("exclude", "leave this path out")):
        several = f"{said}, with all below it; may be given several times"
        add_paths(command, f"--{name}", several)
    add_paths(command, "--as-columns", "an array whose elements become columns: tags_0, tags_1")


def add_forms(command: argparse.ArgumentParser) -> None:
    """What the dump may be, and what its documents must keep."""
    settings.add_lenient(command)
    settings.add_source_file(command)
    command.add_argument(
        "--typed-json",
        default="",
        choices=["dynamodb"],
        help="documents are in DynamoDB's typed JSON, as its exports to S3 write it",
    )
    command.add_argument(
        "--contract",
        default="",
        metavar="FILE.yml",
        help="types and rules that documents must keep (workbench schema --freeze)",
    )


def add_output(command: argparse.ArgumentParser) -> None:
    """The files of the tables, and what becomes of those that are there."""
    command.add_argument("--format", default="parquet", choices=["parquet", "csv"])
    settings.add_raw(command)
    into = command.add_mutually_exclusive_group()
    for name, said in (
        ("append", "add to the tables that another dump has made in DIR"),
        ("replace", "put these tables in the place of those of another dump"),
    ):
        into.add_argument(
            f"--{name}", dest="into", action="store_const", const=name, default="", help=said
        )


def add_names(command: argparse.ArgumentParser) -> None:
    """What columns are called, and which stay whole."""
    command.add_argument("--names", default="athena", choices=["athena", "source"])
    command.add_argument("--sep", default="_", help="between the keys of a path, in names (_)")
    command.add_argument("--prefix", default="", help="begins the name of each column")
    command.add_argument(
        "--max-depth",
        type=int,
        metavar="LEVELS",
        help="objects and arrays that may stand in each other; what is deeper is JSON text",
    )
    add_paths(command, "--as-json", "an object or array that stays one column, as JSON text")


def flatten_command(options: argparse.Namespace) -> None:
    from workbench.errors import RequestError

    engine = settings.engine(options)
    if not options.tables and not options.plan:
        raise RequestError("--out: no folder given. Name one for the tables, or use --plan.")
    from workbench.engines import SAIL_VARIABLE, SailServer, connected

    # The server starts in the background while the rest is imported and the source is read.
    own = engine == "sail" and not options.plan and SAIL_VARIABLE not in os.environ
    with SailServer() if own else nullcontext() as server:
        from workbench.convert import (
            Request,
            flatten_dump,
            flatten_to_store,
            show_plan,
            show_plan_on_store,
        )
        from workbench.storage import scheme_of

        request = Request(
            source=options.source,
            key=options.key,
            explode=options.explode,
            as_map=[path for path in options.as_map if path != "."],
            records="." if "." in options.as_map else options.records,
            pii=options.pii,
            types=types_of(options.types),
            contract=options.contract,
            expand=options.expand,
            include=options.include,
            exclude=options.exclude,
            as_columns=options.as_columns,
            lenient=bool(options.lenient),
            typed_json=options.typed_json,
            source_file=bool(options.source_file),
            names=options.names,
            sep=options.sep,
            prefix=options.prefix,
            max_depth=options.max_depth,
            as_json=tuple(options.as_json),
            format=options.format,
            raw=options.raw,
            into=options.into,
        )
        if options.plan:
            if options.tables and scheme_of(options.tables):
                print(show_plan_on_store(request, options.tables))
            else:
                print(show_plan(request, Path(options.tables) if options.tables else None))
            return

        def spark() -> SparkSession:
            return connected(server.address) if server else settings.session_for(engine)

        if is_cluster(engine):
            spark()  # whether its machines see the output is asked before the source is read
        if scheme_of(options.tables):
            say(flatten_to_store(request, options.tables, spark))
        else:
            say(flatten_dump(request, Path(options.tables), spark))


def types_of(pairs: list[str]) -> dict[str, str]:
    """The types by path. Raises RequestError for what is not PATH=TYPE."""
    from workbench.errors import RequestError

    for pair in pairs:
        if not all(pair.rpartition("=")):
            raise RequestError(f"--type: {pair!r} is not PATH=TYPE. For example zip=string.")
    return {path: kind for path, _, kind in (pair.rpartition("=") for pair in pairs)}


def say(outcome: Outcome) -> None:
    """The tables, the notes, and the proof."""
    from rich.table import Table

    from workbench.cli.screen import Screen

    console = Screen(soft_wrap=True)
    if not console.is_terminal:  # a log has no width that the names of tables must fit into
        console.width = 400
    table = Table()
    table.add_column("table", overflow="fold")
    added = any(one.in_all is not None for one in outcome.tables)
    names = ("added rows", "columns", "added leaves") if added else ("rows", "columns", "leaves")
    for name in (*names, *(["rows in all"] if added else [])):
        table.add_column(name, justify="right")
    for one in outcome.tables:
        in_all = [one.rows if one.in_all is None else one.in_all] if added else []
        numbers = (one.rows, one.columns, one.leaves, *in_all)
        table.add_row(one.table, *(f"{number:,}" for number in numbers))
    console.print(table)
    for line in [*outcome.renames, *(f"note: {note}" for note in outcome.notes)]:
        console.print(line)
    where = outcome.place or outcome.out
    bad = sum(outcome.quarantined.values())
    if bad:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in outcome.quarantined.items())
        quarantine = f"{where}/{outcome.quarantine.name}"
        console.print(f"{bad:,} bad documents are in {quarantine}: {reasons}")
    good = outcome.documents - bad
    console.print(
        f"All {outcome.leaves:,} leaves of {good:,} {'added ' if added else ''}documents "
        f"are accounted for in {len(outcome.tables):,} table(s) in {where}"
        + (f"; {outcome.left_out:,} more were left out, as asked" if outcome.left_out else "")
    )
    if outcome.clear:
        console.print(
            f"In clear, and it looks personal: {'; '.join(outcome.clear)}. --pii PATH hashes it."
        )
