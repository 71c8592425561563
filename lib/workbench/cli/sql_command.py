"""`workbench sql`: the analyses of sql/ on the lake."""

from __future__ import annotations

import argparse
from typing import Any

from workbench.cli import settings
from workbench.errors import RequestError


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
    settings.add_lake(command)
    command.add_argument(
        "--format", default="table", choices=["table", "csv", "json"], help="table unless given"
    )
    settings.add_raw(command)
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="the latest unless given")
    command.add_argument(
        "-p",
        action="append",
        default=[],
        metavar="name=value",
        dest="pairs",
        help="one parameter of the SQL (a WITH table of one column, `value`)",
    )
    settings.add_engine(command)
    command.set_defaults(command=sql_command)


def sql_command(options: argparse.Namespace) -> None:
    from workbench.sql import find_sql, sql_files

    if options.list or options.name is None:
        for file in sql_files():
            print(f"{file.name}\n    {file.question}")
        return
    file, values = find_sql(options.name), parameters(options)
    from workbench.cli.output import write
    from workbench.session import session
    from workbench.sql import run_sql

    engine = settings.engine(options)
    table = run_sql(file.text, settings.lake(options), values, spark=lambda: session(engine))
    heading = f"{file.title}\n{file.question}".strip()
    write(table, options.format, heading, settings.locale(), raw=options.raw)


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
