"""What a type is to the flattening: a leaf, a struct, an array, or nothing that it knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.columns import CARRIED, HANDED
from workbench.errors import EngineError, UnknownPath, UnsupportedType
from workbench.flatten.arguments import check_frame
from workbench.schema import ITEM, Path, parse_path, show

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


def kept_whole(
    kind: T.DataType, path: Path, max_depth: int | None, as_json: Collection[Path] = ()
) -> bool:
    """Whether a struct or array stays one column of JSON text: it is asked for, or is too deep.

    `max_depth` counts the objects and arrays that a value stands in, the document among them.
    """
    deep = max_depth is not None and len(path) >= max_depth
    return nested(kind) and (deep or path in as_json)


def whole_paths(schema: T.StructType, texts: Iterable[str]) -> frozenset[Path]:
    """The paths of objects and arrays that are to stay whole. UnknownPath where one is none."""
    paths = {text: parse_path(text) for text in texts}
    for text, path in paths.items():
        kind: T.DataType | None = schema
        for key in path:
            if key is ITEM:
                kind = kind.elementType if isinstance(kind, T.ArrayType) else None
            else:
                there = isinstance(kind, T.StructType) and key in kind.names
                kind = kind[str(key)].dataType if there else None  # type: ignore[index]
        if not path or kind is None or not nested(kind):
            raise UnknownPath(
                f"as_json: {text} is no object or array of these documents. Leave it out, or name "
                "one as in `a.b[].c`."
            )
    return frozenset(paths.values())


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
