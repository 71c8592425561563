"""A table in parts that each hold all rows of their keys, so that grouping by key needs no more
memory than one part has keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

ROWS = 1_000_000  # grouped at once; an engine needs some hundred bytes of memory for each


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
