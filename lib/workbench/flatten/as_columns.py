"""`as_columns`: the elements of an array as fields, one for each place."""

from __future__ import annotations

import sys
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import needs_guards, reachable
from workbench.errors import UnknownPath
from workbench.flatten.arguments import check_arguments
from workbench.flatten.flat_table_plan import FlatColumn, plan_flat
from workbench.flatten.types import check_handed, schema_of
from workbench.schema import Path, parse_path, show
from workbench.suggest import likely


def as_columns(df: DataFrame, path: str) -> DataFrame:
    """The array at `path` becomes an object with a field for each place: `0`, `1` and so on.

    Grain: as `df`; only the column that holds `path` changes. There are as many fields as the
    longest array has elements, null where others end, and where the array is missing or null the
    object is null; where no array has an element it stays one. Flattened, `tags` gives the columns
    `tags_0`, `tags_1`. Starts one job, for the longest; the rows pass through the engine's Python
    workers.

    Raises UnknownPath, naming the nearest, where there is no array at `path` outside of others;
    RequestError where one has more than 100 elements; EngineError for rows nested deeper than 64
    levels (32 on Spark Connect and Sail).

    >>> from workbench.flatten import as_columns, flatten
    >>> from workbench.session import session
    >>> spark = session()
    >>> df = spark.createDataFrame([(1, ["a", "b"]), (2, ["c"])], "_id int, tags array<string>")
    >>> flatten(as_columns(df, "tags")).orderBy("_id").show()
    +---+------+------+
    |_id|tags_0|tags_1|
    +---+------+------+
    |  1|     a|     b|
    |  2|     c|  NULL|
    +---+------+------+
    <BLANKLINE>
    """
    from workbench.flatten.spread_arrays import (
        check_length,
        replaced_batches,
    )  # no pyarrow to plan

    check_arguments(path=path)
    schema = schema_of(df)
    array = found(schema, path)
    size = F.size(array.column(needs_guards(df)))
    row = reachable(df).agg(F.max(size)).first()
    longest = (row and row[0]) or 0  # of null, -1
    check_length(array.path, longest)
    if longest < 1:
        return df
    check_handed(schema, "as_columns")
    at = schema.names.index(str(array.path[0]))
    fields = [
        spread(f, array.path[1:], longest) if n == at else f for n, f in enumerate(schema.fields)
    ]
    numbered = df.toDF(*[f"c{n}" for n in range(len(fields))])  # whatever names there are
    made = partial(replaced_batches, at, array.path[1:], longest, [f.name for f in fields])
    return numbered.mapInArrow(made, T.StructType(fields))


def found(schema: T.StructType, path: str) -> FlatColumn:
    """The array at a path. Raises UnknownPath, naming the nearest, where there is none."""
    planned = plan_flat(schema, other_arrays="keep", max_columns=sys.maxsize)
    arrays = {show(c.path): c for c in planned.columns if isinstance(c.kind, T.ArrayType)}
    wanted = show(parse_path(path))
    if wanted in arrays:
        return arrays[wanted]
    near = likely(path, arrays)
    raise UnknownPath(
        f"as_columns: {path} is no array of these documents, outside of others. "
        + (f"Arrays: {near}." if near else "They have none; leave it out.")
    )


def spread(field: T.StructField, path: Path, longest: int) -> T.StructField:
    """The field after the array at a path in it has become an object."""
    kind = field.dataType
    if path:
        assert isinstance(kind, T.StructType)
        inner = [spread(f, path[1:], longest) if f.name == path[0] else f for f in kind.fields]
    else:
        assert isinstance(kind, T.ArrayType)
        inner = [T.StructField(str(place), kind.elementType) for place in range(longest)]
    return T.StructField(field.name, T.StructType(inner))
