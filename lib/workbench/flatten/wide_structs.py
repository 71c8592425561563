"""The columns of a plan, taken out of rows: field by field, or all fields of a wide struct at once.

Connect's engines copy a struct's whole type with each field that is asked of it, so the time to
plan grows with the square of their number: seconds for two thousand. Arrow opens a struct at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.utils import is_remote

from workbench.columns import renamed, value
from workbench.flatten.flat_table_plan import FlatColumn
from workbench.schema import quote, unquoted

if TYPE_CHECKING:
    import pyarrow as pa

WIDE = 256  # fields of one column; fewer are planned sooner than they pass through Python


def take(df: DataFrame, columns: Sequence[FlatColumn], guarded: bool) -> DataFrame:
    """The columns under their names. `guarded`: as in `FlatColumn.column`. Starts no job."""
    asked = Counter(unquoted(c.reference)[0] for c in columns)
    wide = [name for name, count in asked.items() if count > WIDE] if is_remote() else []
    if wide:
        df, columns = laid_out(df, columns, wide, guarded)
    return df.select(*[c.column(guarded) for c in columns])


def laid_out(
    df: DataFrame, columns: Sequence[FlatColumn], wide: Sequence[str], guarded: bool
) -> tuple[DataFrame, list[FlatColumn]]:
    """Rows in which each of the columns stands by itself, and the columns as they are there."""
    names = [f"c{at}" for at in range(len(columns))]
    ways = [unquoted(c.reference) for c in columns]
    inside = [at for at, way in enumerate(ways) if way[0] in wide]
    beside = [at for at, way in enumerate(ways) if way[0] not in wide]
    rows = df.select(
        *[F.col(quote(name)).alias(f"w{at}") for at, name in enumerate(wide)],
        *[
            value(columns[at].reference, columns[at].parents if guarded else ()).alias(names[at])
            for at in beside
        ],
    )
    fields = [
        T.StructField(names[at], filed(renamed(columns[at].kind))) for at in (*inside, *beside)
    ]
    places = [(wide.index(way[0]), way[1:]) for way in ways if way[0] in wide]
    taken = rows.mapInArrow(partial(taken_batches, fields, places), T.StructType(fields))
    return taken, [
        replace(c, reference=name, parents=()) for c, name in zip(columns, names, strict=True)
    ]


def filed(kind: T.DataType) -> T.DataType:
    """The type as files have it, which know no values that are only null."""
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(filed(kind.elementType))
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, filed(f.dataType)) for f in kind.fields])
    return T.StringType() if isinstance(kind, T.NullType) else kind


def taken_batches(
    fields: Sequence[T.StructField],
    places: Sequence[tuple[int, tuple[str, ...]]],
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """What stands at each place, a column and keys in it, then the columns beside."""
    import pyarrow as pa

    from workbench.flatten.expected import Elements
    from workbench.schema import spark_to_arrow

    kinds = [spark_to_arrow(f.dataType) for f in fields]
    first = 1 + max(at for at, _ in places)
    for batch in batches:
        wide = [Elements(column) for column in batch.columns[:first]]
        arrays = [*[wide[at][keys] for at, keys in places], *batch.columns[first:]]
        typed = [a if a.type == k else a.cast(k) for a, k in zip(arrays, kinds, strict=True)]
        yield pa.record_batch(typed, names=[f.name for f in fields])
