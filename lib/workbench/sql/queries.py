"""SQL on the lake: the files of `sql/`, or what a person types, on the engine that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import small
from workbench.errors import LakeError, RequestError
from workbench.json_text import JsonText, array_text
from workbench.lake import LAYERS, Lake, lake_at, read_together
from workbench.session import held_too_much, session
from workbench.sql.bounds import most_rows, too_many
from workbench.sql.dates import check_dates
from workbench.sql.failures import failed, too_much
from workbench.sql.files import SqlFile, find_sql
from workbench.sql.translation import PARTITION, Table, bind, parse, settle, tables, translate

NESTED = (T.StructType, T.ArrayType, T.MapType)


def run_sql(
    sql: str | SqlFile,
    lake: str,
    values: Mapping[str, str] | None = None,
    *,
    spark: SparkSession | Callable[[], SparkSession] = session,
) -> pd.DataFrame:
    """The rows of an analysis, by the name of its file, by a path, or written out.

    `values` are its parameters, for example {"ingestion_date": "2022-01-18"}. `spark` is the
    engine, or starts it once the request is known to be right. Times come in UTC, nulls as None,
    arrays and objects as their JSON text.
    Raises RequestError where the SQL is wrong, the lake has not what it reads, or the answer has
    more values than a person could read, EngineError where the engine fails.
    """
    place, query = lake_at(lake), parse(text_of(sql))
    check_dates(values or {})
    query = settle(bind(query, values or {}), place.dates)
    read = check_tables(place, tables(query))
    engine = spark() if callable(spark) else spark
    columns: dict[tuple[str, str], list[str]] = {(table.layer, table.name): [] for table in read}
    try:
        for table in read:
            found = of_table(engine, place, table)
            columns[table.layer, table.name] = found.columns
            found.createOrReplaceTempView(view(table.layer, table.name))
        return rows(engine.sql(translate(query, "spark", view)))
    except Exception as error:
        raise (too_much() if held_too_much() else failed(error, columns)) from error


def text_of(sql: str | SqlFile) -> str:
    """The text of an analysis: of a file that was read, written out, or by its name or path."""
    if isinstance(sql, SqlFile):
        return sql.text
    written = any(character.isspace() for character in sql.strip())
    return sql if written else find_sql(sql).text


def rows(df: DataFrame) -> pd.DataFrame:
    """A small result, as `run_sql` gives it. Raises RequestError for one that is not.

    Times travel as numbers: PySpark would give them in this machine's zone; what is nested as text.
    """
    most = most_rows(len(df.columns))
    names = [f"c{at}" for at in range(len(df.columns))]  # theirs may come twice
    numbered = df.limit(most + 1).toDF(*names)
    columns = [travelling(F.col(f.name), f.dataType).alias(f.name) for f in numbered.schema]
    table = small(numbered.select(*columns))
    if len(table) > most:
        raise too_many(most, len(df.columns))
    for field in numbered.schema:
        if isinstance(field.dataType, T.TimestampType):
            times = table[field.name].astype("Int64")
            table[field.name] = pd.to_datetime(times, unit="us", utc=True)
        elif isinstance(field.dataType, NESTED):
            texts = [None if text is None else JsonText(text) for text in table[field.name]]
            table[field.name] = pd.Series(texts, dtype=object)
    return table.set_axis(df.columns, axis="columns")


def travelling(column: Column, kind: T.DataType) -> Column:
    """A column in a type that comes the same from every engine."""
    if isinstance(kind, T.TimestampType):
        return F.unix_micros(column)
    return array_text(column, kind) if isinstance(kind, NESTED) else column


def view(layer: str, table: str) -> str:
    """The name under which an engine knows a table of the lake."""
    return f"{layer}__{table}"


def check_tables(place: Lake, read: Sequence[Table]) -> Sequence[Table]:
    """The tables. Raises RequestError where the lake has not what is read, naming what it has."""
    there = published(place)
    if not there:
        raise RequestError(
            f"The lake {place.root} has no tables. Make them with `make run` (or name the lake "
            "that has them with --lake)."
        )
    for table in read:
        name = f"{table.layer}.{table.name}"
        if name not in there:
            raise RequestError(f"sql: there is no table {name}. There are: {', '.join(there)}.")
        for day in table.dates or ():
            try:
                place.existing(table.layer, table.name, day)
            except LakeError as error:
                raise RequestError(str(error)) from error
    return read


def published(place: Lake) -> list[str]:
    """The tables of a lake, `layer.table`, that have a partition."""
    return [f"{layer}.{name}" for layer in LAYERS for name in place.tables(layer)]


def of_table(spark: SparkSession, place: Lake, table: Table) -> DataFrame:
    """The rows of the dates that a query can touch, with the date as their last column.

    Several ingestions are read in types that hold the values of all; see `lake.ingestions`.
    """
    dates = sorted(table.dates or place.dates(table.layer, table.name))
    if len(dates) == 1:
        found = place.read(spark, table.layer, table.name, dates[0])
        return found.withColumn(PARTITION, F.lit(dates[0]))
    found = read_together(spark, str(place.root), f"{table.layer}.{table.name}", dates)
    return found.withColumn(PARTITION, F.col(PARTITION).cast("string"))
