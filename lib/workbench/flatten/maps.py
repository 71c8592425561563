"""Objects that are used as maps: their fields are named by ids, and all of one shape."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.errors import UnknownPath, UnsupportedType
from workbench.flatten.arguments import check_arguments
from workbench.flatten.types import check_handed, schema_of
from workbench.schema import ITEM, Path, parse_path, show

FEWEST = 8  # fields of one shape under id-like names that make a map
FEWEST_NUMBERED = 50  # where the names only are numbered, as columns may be
FEWEST_ALIKE = 20  # objects with much the same fields, under names that one gives to no field
MANY_ALIKE = 100  # under any names
# Of letters and digits, ids are those in which they alternate, or that have many digits:
# `spent_in_last_30_days` is none.
IDS = re.compile(
    r"[0-9]+|[0-9A-Fa-f]{8,}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"|[0-9][0-9 :./_TZ+-]*|/.*"
    r"|(?=[\w-]{16,80}\Z)(?:.*([A-Za-z][0-9]+){2}|.*([0-9][A-Za-z]+){2}|(.*[0-9]){6}).*",
    re.ASCII,
)
ORDINARY = re.compile(r"([^\W\d]|[ -])+")  # letters
NUMBERED = re.compile(r"[A-Za-z]+[ _:./-]?[0-9]+")
WIDENING = (T.ByteType, T.ShortType, T.IntegerType, T.LongType, T.FloatType, T.DoubleType)


def as_map(df: DataFrame, path: str) -> DataFrame:
    """The object at `path`, whose fields are ids, becomes an array of entries: rows, once flat.

    Grain: as `df`; only the column that holds `path` changes. An entry has `key` (the field's
    name) and beside it the fields of the value; or `key` and `value`, where the values are no
    objects or have a field `key` themselves. Fields that are null make no entry. The entries'
    types are the least that hold all values; what is of several kinds inside the values becomes
    JSON text. Starts no job; the rows pass through the engine's
    Python workers.

    Raises UnknownPath where there is no object at `path`, UnsupportedType where the values
    themselves are of kinds that no column holds together, EngineError for rows nested deeper than
    64 levels (32 on Spark Connect and Sail).

    >>> from workbench.flatten import as_map, flatten
    >>> from workbench.session import session
    >>> spark = session()
    >>> df = spark.createDataFrame(
    ...     [("c1", (("gold", 3), None)), ("c2", (("tin", 1), ("gold", 2)))],
    ...     "_id string, tiers struct<a1: struct<tier: string, n: int>, "
    ...     "b2: struct<tier: string, n: int>>",
    ... )
    >>> flatten(as_map(df, "tiers"), "tiers").orderBy("_id", "tiers_pos").show()
    +---+---------+---------+----------+-------+
    |_id|tiers_pos|tiers_key|tiers_tier|tiers_n|
    +---+---------+---------+----------+-------+
    | c1|        0|       a1|      gold|      3|
    | c2|        0|       a1|       tin|      1|
    | c2|        1|       b2|      gold|      2|
    +---+---------+---------+----------+-------+
    <BLANKLINE>
    """
    from workbench.flatten.map_entries import mapped_batches  # what only plans needs no pyarrow

    check_arguments(path=path)
    schema = schema_of(df)
    target = find_struct(schema, path)
    at = schema.names.index(str(target[0]))
    texts: set[Path] = set()
    spread, kind = mapped_type(schema.fields[at].dataType, target[1:], target, texts)
    fields = [T.StructField(f.name, kind if n == at else f.dataType) for n, f in enumerate(schema)]
    made = T.StructType(fields)
    check_handed(made, "as_map")
    numbered = df.toDF(*[f"c{n}" for n in range(len(fields))])  # whatever names there are
    return numbered.mapInArrow(partial(mapped_batches, made, at, target[1:], spread, texts), made)


def find_struct(schema: T.StructType, path: str) -> Path:
    """The path of an object. Raises UnknownPath, naming the maps that there are, or the nearest."""
    structs = {show(p): (p, kind) for p, kind in structs_of(schema, ())}
    wanted = show(parse_path(path))
    if wanted in structs:
        return structs[wanted][0]
    near = difflib.get_close_matches(wanted, structs, 3, 0.4)
    near += [p for p, (_, kind) in structs.items() if map_like(kind) and p not in near]
    raise UnknownPath(
        f"as_map: {path} is not an object of these documents. "
        + (f"There are: {', '.join(near[:5])}." if near else "None of them looks like a map.")
    )


def structs_of(kind: T.DataType, path: Path) -> Iterator[tuple[Path, T.StructType]]:
    """Every object below a type, outer ones first."""
    if isinstance(kind, T.StructType):
        if path and path[-1] is not ITEM:
            yield path, kind
        for field in kind.fields:
            yield from structs_of(field.dataType, (*path, field.name))
    elif isinstance(kind, T.ArrayType):
        yield from structs_of(kind.elementType, (*path, ITEM))


def map_like(kind: T.StructType) -> bool:
    """Whether an object looks like a map: many fields of one shape, under id-like names.

    Under ordinary names that may as well be twenty sections of some settings; who has seen the
    documents knows more (`workbench.flatten.outline.scattered`).
    """
    if len(kind.fields) < FEWEST:
        return False
    odd = sum(not ORDINARY.fullmatch(name) for name in kind.names)
    ids = sum(bool(IDS.fullmatch(name)) for name in kind.names)
    numbered = sum(bool(NUMBERED.fullmatch(name)) for name in kind.names)
    many = 0.9 * len(kind.fields)
    named = ids >= many or (ids + numbered >= many and len(kind.fields) >= FEWEST_NUMBERED)
    strange = 2 * odd > len(kind.fields) or len(kind.fields) >= MANY_ALIKE
    return (named or (strange and alike(kind))) and one_shape(kind, FEWEST)


def alike(kind: T.StructType) -> bool:
    """Whether the fields are many objects that each have most of the fields that any has."""
    inner = [f.dataType for f in kind.fields if isinstance(f.dataType, T.StructType)]
    if len(inner) < max(FEWEST_ALIKE, len(kind.fields)):
        return False
    names = {name for each in inner for name in each.names}
    return len(names) > 1 and 2 * sum(len(each.names) for each in inner) > len(inner) * len(names)


def one_shape(kind: T.StructType, fewest: int) -> bool:
    """Whether there are so many fields, and one type that holds the values of all."""
    try:
        value_type(kind, (), set())
    except UnsupportedType:
        return False
    return len(kind.fields) >= fewest


# --- the type of an entry ---------------------------------------------------------------------


def value_type(kind: T.StructType, path: Path, texts: set[Path]) -> T.DataType:
    """The least type that holds the values of all fields of an object.

    `texts` gains the paths inside the values that are of several kinds, and so JSON text.
    """
    found: T.DataType = T.NullType()
    for field in kind.fields:
        found = widest(found, field.dataType, (*path, field.name), (), texts)
    return found


def widest(
    left: T.DataType, right: T.DataType, path: Path, inside: Path, texts: set[Path]
) -> T.DataType:
    if inside in texts or isinstance(right, T.NullType):
        return left
    if isinstance(left, T.NullType) or left == right:
        return right
    if isinstance(left, T.StructType) and isinstance(right, T.StructType):
        fields = {f.name: f.dataType for f in left.fields}
        for f in right.fields:
            before = fields.get(f.name, T.NullType())
            fields[f.name] = widest(before, f.dataType, path, (*inside, f.name), texts)
        return T.StructType([T.StructField(n, t) for n, t in fields.items()])
    if isinstance(left, T.ArrayType) and isinstance(right, T.ArrayType):
        inner = widest(left.elementType, right.elementType, path, (*inside, ITEM), texts)
        return T.ArrayType(inner)
    if isinstance(left, WIDENING) and isinstance(right, WIDENING):
        return max(left, right, key=lambda kind: WIDENING.index(type(kind)))
    if inside:
        texts.add(inside)
        return T.StringType()
    raise UnsupportedType(
        f"as_map: {show(path)} is {right.simpleString()[:60]}, and other values of the same object "
        f"are {left.simpleString()[:60]}: no column holds both. It is no map; leave it an object."
    )


def mapped_type(
    kind: T.DataType, path: Path, whole: Path, texts: set[Path]
) -> tuple[bool, T.DataType]:
    """The type after the object at `path` is entries; whether their values' fields stand beside."""
    if not path:
        assert isinstance(kind, T.StructType)
        value, key = value_type(kind, whole, texts), T.StructField("key", T.StringType())
        if isinstance(value, T.StructType) and "key" not in {n.lower() for n in value.names}:
            return True, T.ArrayType(T.StructType([key, *value.fields]))
        return False, T.ArrayType(T.StructType([key, T.StructField("value", value)]))
    if isinstance(kind, T.ArrayType):
        spread, inner = mapped_type(kind.elementType, path[1:], whole, texts)
        return spread, T.ArrayType(inner)
    assert isinstance(kind, T.StructType)
    spread, inner = mapped_type(kind[str(path[0])].dataType, path[1:], whole, texts)
    fields = [
        T.StructField(f.name, inner if f.name == path[0] else f.dataType) for f in kind.fields
    ]
    return spread, T.StructType(fields)
