"""Staged documents to verified tables in a folder: one per array, or one flat one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path as FilePath

from pyspark.sql import DataFrame, SparkSession

from workbench.bronze import (
    POSITION,
    StagedDump,
    in_staged,
    keys_told,
    read_staged,
    told_apart,
)
from workbench.columns import by_connect
from workbench.convert import table_files
from workbench.convert.documents import Request
from workbench.errors import KeyNotUnique, LeavesLost
from workbench.flatten import (
    FlatPlan,
    Identity,
    TablesPlan,
    build_flat,
    build_tables,
    check_unique,
    expected_flat,
    expected_tables,
    found_flat,
    found_table,
    plan_flat,
    plan_tables,
)
from workbench.proof import Fingerprints, Written, compare, file_name, leaves, of_folder
from workbench.schema import spelled

FLAT = "flat"


SMALL = 16 << 20  # bytes of a source whose tables cost more to compile than to make
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
Made = tuple[list[Written], TablesPlan | FlatPlan]


@contextmanager
def interpreted(spark: SparkSession, staged: StagedDump) -> Iterator[None]:
    """Apache Spark without its compiler, a second per table, where the source is small."""
    small = sum(source.bytes for source in staged.scan.sources) < SMALL
    if not small or by_connect(spark):
        yield
        return
    before = {key: spark.conf.get(key) or "" for key in INTERPRETED}
    for key, value in INTERPRETED.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        with suppress(ConnectionError):  # an engine that has ended; what ended it is told
            for key, value in before.items():
                spark.conf.set(key, value)


def array_tables(
    request: Request,
    staged: StagedDump,
    known: Mapping[str, str],
    folder: FilePath,
    engine: Callable[[], SparkSession],
) -> Made:
    """One table per array, each with what it holds; and their plan."""
    planned = plan_tables(
        staged.schema,
        spelled(staged.keys),
        known=known,
        beside=[(staged.scan.file_column,)] if request.source_file else [],
        **request.options,
    )
    spark = engine()
    df = read_staged(spark, staged).drop(POSITION)
    check_keys(df, staged, planned)
    told = told_by_source(staged, planned)
    look = partial(expected_tables, planned, to_be_made=True, known=told)
    (expected,) = in_staged(staged, look, but=told)
    held: Fingerprints = {}
    written = []
    for table, rows in zip(planned.tables, build_tables(df, planned).values(), strict=True):
        place = folder / file_name(table.name)
        with interpreted(spark, staged):
            table_files.write(rows, place)
        (inside,) = of_folder(place, partial(found_table, planned, table))
        held |= inside.leaves
        columns = len(table.own) + len(table.columns)
        own = set(staged.keys) if staged.own else set()
        found = {path: f for path, f in inside.leaves.items() if path not in own}
        written.append(Written(table.name, inside.rows[()], columns, leaves(found)))
    for table, made in zip(planned.tables, written, strict=True):
        check_rows(f"The table {made.table}", made.rows, expected.rows[table.path])
    compare(told | expected.leaves, held, "The folder of tables")
    return written, planned


def check_keys(df: DataFrame, staged: StagedDump, planned: TablesPlan) -> None:
    """Raises KeyNotUnique where two documents have one key. No job where hashes tell them apart."""
    if staged.own or told_apart(staged.scan):
        return
    try:
        check_unique(df, planned.keys)
    except KeyNotUnique as error:
        raise KeyNotUnique(f"{error} {keys_told(staged.scan)}") from error


def told_by_source(staged: StagedDump, planned: TablesPlan) -> Fingerprints:
    """What columns must hold whose values are those of the source as it was read, in its places.

    None where documents are told apart by their positions: other ones stand in tables.
    """
    columns = [] if staged.own else [c for table in planned.tables for c in table.columns]
    values = [column.path for column in columns if column.form == "value"]
    return {path: staged.fingerprints[path] for path in values if path in staged.fingerprints}


def check_rows(what: str, found: int, expected: int) -> None:
    """Raises LeavesLost where rows are missing, or too many."""
    if found != expected:
        raise LeavesLost(
            f"{what} has {found} rows, and the documents make {expected}; nothing was written. "
            "Run again; if it happens again, use --engine spark."
        )


def flat_table(
    request: Request,
    staged: StagedDump,
    known: Mapping[str, str],
    folder: FilePath,
    engine: Callable[[], SparkSession],
) -> Made:
    """One flat table: a row per element of the array to explode."""
    planned = plan_flat(staged.schema, request.explode, known=known, **request.options)
    spark = engine()
    identity = Identity(staged.keys, is_key=True)
    look = partial(expected_flat, planned, identity=identity, to_be_made=True)
    (expected,) = in_staged(staged, look)
    place = folder / FLAT
    table_files.write(build_flat(read_staged(spark, staged).drop(POSITION), planned), place)
    (found,) = of_folder(place, partial(found_flat, planned, identity=identity))
    check_rows("The flat table", found.rows[()], expected.rows[()])
    compare(expected.leaves, found.leaves, "The flat table")
    written = Written(FLAT, found.rows[()], len(planned.columns), leaves(found.leaves))
    return [written], planned
