"""What a type is to the flattening: a leaf, a struct, an array, or nothing that it knows."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.columns import CARRIED, HANDED
from workbench.errors import EngineError, UnsupportedType
from workbench.flatten.arguments import check_frame
from workbench.schema import ITEM, Path, show

LEAVES = (
    T.StringType,
    T.BooleanType,
    T.NumericType,
    T.DateType,
    T.TimestampType,
    T.TimestampNTZType,
    T.BinaryType,
    T.NullType,
)


def schema_of(df: DataFrame, name: str = "df") -> T.StructType:
    """The schema. Raises EngineError where it is nested deeper than the engine can carry.

    Raises RequestError where `df`, the argument called `name`, is no DataFrame of Spark.
    """
    check_frame(name, df)
    try:
        return df.schema
    except Exception as error:
        if "deserializing" not in str(error):
            raise
        raise EngineError(
            f"The rows are nested deeper than the {CARRIED} levels that this engine carries. "
            "Use Apache Spark, which carries them all (--engine spark, session('spark'))."
        ) from error


def check_handed(schema: T.StructType, what: str) -> None:
    """Raises EngineError where rows are nested deeper than they can be handed to Python."""
    deepest = longest(schema, ())
    if len(deepest) > HANDED:
        raise EngineError(
            f"{what}: the rows are nested {len(deepest)} levels deep (below {show(deepest[:3])}), "
            f"and {HANDED} levels can be handed to Python. Make text of what is deeper first: "
            "df.withColumn(name, F.to_json(name))."
        )


def longest(kind: T.DataType, path: Path) -> Path:
    """The longest path below a type."""
    if isinstance(kind, T.ArrayType):
        return longest(kind.elementType, (*path, ITEM))
    if not isinstance(kind, T.StructType):
        return path
    return max((longest(f.dataType, (*path, f.name)) for f in kind.fields), key=len, default=path)


def nested(kind: T.DataType) -> bool:
    return isinstance(kind, T.StructType | T.ArrayType)


def kept_whole(kind: T.DataType, path: Path, max_depth: int | None) -> bool:
    """Whether a struct or array is as deep as it may be, and so stays one column of JSON text.

    `max_depth` counts the objects and arrays that a value stands in, the document among them.
    """
    return nested(kind) and max_depth is not None and len(path) >= max_depth


def check_leaf(kind: T.DataType, path: Path) -> None:
    """Raises UnsupportedType for what is neither a leaf nor made of structs and arrays."""
    if isinstance(kind, T.ArrayType):
        check_leaf(kind.elementType, path)
    elif isinstance(kind, T.StructType):
        for field in kind.fields:
            check_leaf(field.dataType, (*path, field.name))
    elif isinstance(kind, T.MapType):
        raise UnsupportedType(
            f"{show(path)} is a map ({kind.simpleString()}), which JSON does not have. "
            "Make it an array of entries first: F.map_entries(column)."
        )
    elif not isinstance(kind, LEAVES):
        raise UnsupportedType(
            f"{show(path)} is of type {kind.simpleString()}; a leaf is a string, a number, a "
            "boolean, a date, a timestamp or bytes. Cast it first, for example to string."
        )
