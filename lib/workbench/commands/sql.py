"""`workbench sql`: the analyses of sql/ on the lake."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
MOST_ROWS = 50


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "sql",
        parents=[shared],
        help="an analysis of sql/, or a file of your own, on the lake",
        description="Runs one query in Athena's dialect on the lake. Without a name: lists them.",
    )
    command.add_argument(
        "name", nargs="?", metavar="NAME_OR_FILE", help="one of sql/, or the path of a file"
    )
    command.add_argument("--list", action="store_true", help="list the analyses, their questions")
    command.add_argument(
        "--lake", metavar="DIR", default=str(ROOT / "data" / "lake"), help="the lake (data/lake)"
    )
    command.add_argument(
        "--format", default="table", choices=["table", "csv", "json"], help="table unless given"
    )
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="the latest unless given")
    command.add_argument(
        "-p",
        action="append",
        default=[],
        metavar="name=value",
        dest="pairs",
        help="one parameter of the SQL (a WITH table of one column, `value`)",
    )
    command.add_argument("--engine", metavar="E", help="sail (default), spark, or an address")
    command.set_defaults(command=sql_command)


def sql_command(options: argparse.Namespace) -> None:
    from workbench.sql_files import find_sql, sql_files

    if options.list or options.name is None:
        for file in sql_files():
            print(f"{file.name}\n    {file.question}")
        return
    file, values = find_sql(options.name), parameters(options)
    from workbench.queries import run_sql
    from workbench.session import session

    engine = options.engine or os.environ.get("WORKBENCH_ENGINE") or "sail"
    table = run_sql(file.text, options.lake, values, spark=lambda: session(engine))
    if options.format == "table":
        show(table, f"{file.title}\n{file.question}".strip())
    else:
        sys.stdout.write(as_csv(table) if options.format == "csv" else as_json(table))


def parameters(options: argparse.Namespace) -> dict[str, str]:
    """The values of the SQL's parameters. RequestError for what is not name=value."""
    values: dict[str, str] = {}
    for text in options.pairs:
        name, equals, value = text.partition("=")
        if not equals:
            raise RequestError(f"-p: {text!r} is not name=value. For example -p start_date=...")
        values[name] = value
    if options.ingestion_date is not None:
        values["ingestion_date"] = options.ingestion_date
    return values


def as_csv(table: pd.DataFrame) -> str:
    return str(table.to_csv(index=False, lineterminator="\n"))


def as_json(table: pd.DataFrame) -> str:
    """A list of objects; times in ISO 8601, null where there is nothing."""
    import json

    records = [
        {name: plain(value) for name, value in record.items()}
        for record in table.to_dict("records")
    ]
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    import pandas as pd

    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if value is None or value is pd.NaT or isinstance(value, str | bool | int | float):
        return None if value is pd.NaT else value
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def show(table: pd.DataFrame, heading: str) -> None:
    """A table of the terminal; of a long one the first rows, and how many there are."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    shown = Table()
    for name in table.columns:
        numeric = all(isinstance(v, int | float) or v is None for v in table[name])
        shown.add_column(str(name), justify="right" if numeric else "left")
    for row in table.head(MOST_ROWS).itertuples(index=False):
        shown.add_row(*[cell(value) for value in row])
    console.print(heading, markup=False)
    console.print(shown)
    if len(table) > MOST_ROWS:
        console.print(
            f"{MOST_ROWS} of {len(table):,} rows; --format csv or json writes all of them."
        )


def cell(value: Any) -> str:
    from rich.markup import escape

    value = plain(value)
    if value is None:
        return "[dim]NULL[/dim]"
    return f"{value:.6g}" if isinstance(value, float) else escape(str(value))
