"""`workbench sql`: the analyses of sql/ on the lake."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any

from workbench.cli import settings
from workbench.errors import RequestError
from workbench.services import region
from workbench.storage import scheme_of

if TYPE_CHECKING:
    import pandas as pd

    from workbench.sql import SqlFile

ATHENA = "athena"
LAYER = "{layer}"
MOST_MEMORY = 2 << 30  # bytes that Sail may hold for a query: a function can make any text


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "sql",
        parents=[shared],
        help="an analysis of sql/, or a file of your own, on the lake",
        description="Runs one query in Athena's dialect on the lake; with --engine athena there, "
        "on what its catalog has of a lake on S3. Without a name: lists the analyses.",
    )
    command.add_argument(
        "name",
        nargs="?",
        metavar="NAME_OR_FILE",
        help="one of sql/, the path of a file, or a query written out",
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
    settings.add_catalog(command)
    command.add_argument(
        "--workgroup",
        metavar="W",
        default=os.environ.get("WORKBENCH_WORKGROUP", "primary"),
        help="with --engine athena: the workgroup, where results and limits are "
        "(WORKBENCH_WORKGROUP; primary)",
    )
    command.set_defaults(command=sql_command)


def sql_command(options: argparse.Namespace) -> None:
    from workbench.sql import SqlFile, find_sql, sql_files

    if options.list or options.name is None:
        for file in sql_files():
            print(f"{file.name}\n    {file.question}")
        return
    written = any(character.isspace() for character in options.name.strip())
    file = SqlFile("", "", "", options.name) if written else find_sql(options.name)
    from workbench.cli.output import write

    values = parameters(options)
    table = (
        of_athena(file, values, options)
        if options.engine == ATHENA
        else here(file, values, options)
    )
    heading = f"{file.title}\n{file.question}".strip()
    write(table, options.format, heading, settings.locale(), raw=options.raw)


def here(file: SqlFile, values: dict[str, str], options: argparse.Namespace) -> pd.DataFrame:
    from workbench.engines import MOST_VARIABLE
    from workbench.sql import run_sql

    engine = settings.engine(options)
    os.environ.setdefault(MOST_VARIABLE, str(MOST_MEMORY))
    return run_sql(file, settings.lake(options), values, spark=lambda: settings.session_for(engine))


def of_athena(file: SqlFile, values: dict[str, str], options: argparse.Namespace) -> pd.DataFrame:
    """On what the catalog has of a lake on S3; no engine of this machine is started."""
    from workbench.sql import run_athena

    region(ATHENA)
    return run_athena(file.text, values, workgroup=options.workgroup, databases=databases(options))


def databases(options: argparse.Namespace) -> str:
    """The names of the catalog's databases: as asked, as the lake remembers, or the layers'."""
    from workbench.catalog import VARIABLE
    from workbench.lake import ObjectLake, catalog_of

    lake = settings.lake(options)
    if scheme_of(lake):
        catalog = catalog_of(ObjectLake(lake), remember=False)
        return catalog.pattern if catalog else LAYER
    if options.lake is not None:
        raise RequestError(
            f"--lake: {lake} is on this machine, where Athena cannot read it. Name a lake on S3, "
            "or leave it out: Athena asks what its catalog has."
        )
    return os.environ.get(VARIABLE) or LAYER


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
