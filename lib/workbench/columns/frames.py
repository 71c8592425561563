"""A table in parts that each hold all rows of their keys, so that grouping by key needs no more
memory than one part has keys; and tables so small that this process has them whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns.connected import by_connect

BY_ARROW = "spark.sql.execution.arrow.pyspark.enabled"
ROWS = 2_500_000  # grouped at once; an engine needs some hundred bytes of memory for each


def key_parts(df: DataFrame, names: Sequence[str], rows: int) -> Iterator[DataFrame]:
    """The table, of about so many `rows`, in parts by a checksum of the columns that are its key.

    Null is a key too.
    """
    parts = -(-rows // ROWS)
    if parts <= 1:
        yield df
        return
    checksum = F.crc32(
        F.concat_ws("/", *[F.col(name).cast("string") for name in names]).cast("binary")
    )
    for part in range(parts):
        yield df.where(checksum % F.lit(parts) == F.lit(part))


def small(df: DataFrame) -> pd.DataFrame:
    """A small result as pandas, with None where a value is null."""
    rows = [tuple(row) for row in df.collect()]
    return pd.DataFrame(rows, columns=df.columns, dtype=object)


def few_rows(
    spark: SparkSession, rows: Sequence[tuple[Any, ...]], schema: T.StructType
) -> DataFrame:
    """Rows of this process as a table that the engine has in its plan: to read it takes no job.

    A classic session does that with what comes by Arrow alone.
    """
    if by_connect(spark):
        return spark.createDataFrame(rows, schema)
    before = str(spark.conf.get(BY_ARROW))
    spark.conf.set(BY_ARROW, "true")
    try:
        return spark.createDataFrame(pd.DataFrame(rows, columns=schema.names, dtype=object), schema)
    finally:
        spark.conf.set(BY_ARROW, before)
