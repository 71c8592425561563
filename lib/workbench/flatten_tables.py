"""Staged documents to verified tables in a folder: one per array, or one flat one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from pyspark.sql import DataFrame, SparkSession

from workbench import table_files
from workbench.errors import LeavesLost
from workbench.fingerprint import Fingerprints, leaves
from workbench.flatten.build import build, check_unique, rows_of
from workbench.flatten.expected import count_rows_made, expected_flat
from workbench.flatten.flat import FlatColumn, FlatPlan, plan_flat
from workbench.flatten.flat_rows import build_flat
from workbench.flatten.proof import rows_expected
from workbench.flatten.tables import TablesPlan, plan_tables
from workbench.paths import parse_path, show
from workbench.schema import Node
from workbench.staged_documents import Request, Staged, documents
from workbench.staged_types import arrow_node
from workbench.verify import compare, of_frame

FLAT = "flat"


@dataclass(frozen=True)
class Written:
    """One table that was written. `leaves` counts its values that are not null."""

    table: str
    rows: int
    columns: int
    leaves: int


Made = tuple[list[Written], dict[str, str], dict[str, str]]


def array_tables(
    request: Request,
    staged: Staged,
    known: Mapping[str, str],
    folder: FilePath,
    engine: Callable[[], SparkSession],
) -> Made:
    """One table per array, each with what it holds; their names and renames."""
    planned = plan_tables(staged.schema, staged.key, names=request.names, known=known)
    spark = engine()
    df = documents(spark, staged)
    if not staged.own:
        check_unique(df, planned.key)
    found: Fingerprints = {}
    written = []
    made = build(df, planned)
    for table in planned.tables:
        place = folder / table_files.file_name(table.name)
        kinds = {c.name: arrow_node(c.kind) for c in table.columns}
        own = dict(zip(table.own, (arrow_node(planned.key.kind), Node("string"), Node("int")),
                       strict=False))  # fmt: skip
        table_files.write(made[table.name], place, own | kinds)
        inside = table_files.fingerprints(
            place, {c.name: (c.path, kinds[c.name]) for c in table.columns}
        )
        if staged.own:
            inside.pop((staged.key,), None)
        found |= inside
        written.append(
            Written(table.name, table_files.rows_in(place), len([*own, *kinds]), leaves(inside))
        )
    prove(request, staged, found)
    check_rows(df, planned, written)
    return written, planned.names, planned.renames


def prove(request: Request, staged: Staged, found: Fingerprints) -> None:
    """Raises LeavesLost where the tables do not hold the leaves of the source."""
    made = {
        (*parse_path(path), None, "key") for path in request.as_map
    }  # the keys of entries were names of fields, no leaves
    held = {path: f for path, f in found.items() if path not in made}
    compare(staged.fingerprints, held, "The folder of tables", staged.counted_only)


def check_rows(df: DataFrame, planned: TablesPlan, written: Sequence[Written]) -> None:
    """Raises LeavesLost where a table has not one row per document, or element of its array."""
    expected = rows_expected(planned, rows_of(df, planned))
    for table, made in zip(planned.tables, written, strict=True):
        if made.rows != expected[table.path]:
            raise LeavesLost(
                f"The table {made.table} has {made.rows} rows, and the documents have "
                f"{expected[table.path]}; nothing was written. Run again; if it happens again, "
                "use --engine spark."
            )


def flat_table(
    request: Request,
    staged: Staged,
    known: Mapping[str, str],
    folder: FilePath,
    engine: Callable[[], SparkSession],
) -> Made:
    """One flat table: a row per element of the array to explode."""
    planned = plan_flat(staged.schema, request.explode, names=request.names, known=known)
    spark = engine()
    df = documents(spark, staged)
    held = {path: f for path, f in of_frame(df).items() if path != (staged.key,) or not staged.own}
    prove(request, staged, held)
    place = folder / FLAT
    table_files.write(
        build_flat(df, planned), place, {c.name: flat_node(c) for c in planned.columns}
    )
    found = of_frame(spark.read.parquet(str(place)))
    compare(expected_flat(df, planned), found, "The flat table")
    check_flat_rows(df, planned, table_files.rows_in(place))
    written = Written(FLAT, table_files.rows_in(place), len(planned.columns), leaves(found))
    names = {show(c.path): c.name for c in planned.columns}
    return [written], names, planned.renames


def flat_node(column: FlatColumn) -> Node:
    return Node("string") if column.form == "json" else arrow_node(column.kind)


def check_flat_rows(df: DataFrame, planned: FlatPlan, rows: int) -> None:
    expected = count_rows_made(df, planned)
    if rows != expected:
        raise LeavesLost(
            f"The flat table has {rows} rows, and the documents make {expected}; nothing was "
            "written. Run again; if it happens again, use --engine spark."
        )
