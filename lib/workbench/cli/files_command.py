"""`workbench files`: where the Parquet files of a table are, for tools that take paths."""

from __future__ import annotations

import argparse
from typing import Any

from workbench.cli import settings
from workbench.errors import LakeError, RequestError


def add_to(commands: Any, shared: argparse.ArgumentParser) -> None:
    command = commands.add_parser(
        "files",
        parents=[shared],
        help="the paths of a table's Parquet files, one a line",
        description="Prints the files of a table that are published now, one a line, for DuckDB, "
        "Polars, pandas and others. On a store, where older versions stay for hours beside the "
        "published one, these are the files to read.",
    )
    command.add_argument("table", metavar="TABLE", help="layer.table, for example silver.users")
    settings.add_lake(command)
    command.add_argument("--ingestion-date", metavar="YYYY-MM-DD", help="every date unless given")
    command.set_defaults(command=files_command)


def files_command(options: argparse.Namespace) -> None:
    from workbench.lake import LAYERS, lake_at
    from workbench.parameters import check

    layer, _, table = options.table.partition(".")
    if layer not in LAYERS or not table:
        raise RequestError(
            f"TABLE: {options.table} is not layer.table with a layer of {', '.join(LAYERS)}. "
            "For example silver.users."
        )
    lake = lake_at(settings.lake(options))
    days = lake.dates(layer, table)
    if options.ingestion_date is not None:
        check(ingestion_date=options.ingestion_date)
        days = [options.ingestion_date]
    if not days:
        raise LakeError(
            f"{options.table} has no ingestion in the lake {lake.root}. Run the chain first."
        )
    for day in days:
        for path in lake.files(layer, table, day):
            print(path)
