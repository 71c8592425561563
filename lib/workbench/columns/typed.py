"""Columns of a type that is not known before: as numbers, as texts."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns.fields import needs_guards, value
from workbench.schema import parse_path, quote

# A number in a text, with or without the quotes of a JSON string. Engines' own casts take more,
# and each takes something else ("12d" is a number to Java).
NUMBER = r'^"?\s*([-+]?[0-9]+(?:[.][0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*"?$'


def as_number(df: DataFrame, path: str) -> Column:
    """The values at a path as doubles; null where the path is missing or holds no number."""
    kind = type_at(df.schema, path)
    if not isinstance(kind, T.NumericType | T.StringType):
        return F.lit(None).cast("double")
    number = at(df, path)
    if isinstance(kind, T.StringType):
        text = F.regexp_extract(number, NUMBER, 1)
        number = F.when(text != "", text)
    return number.cast("double")


def as_text(df: DataFrame, path: str) -> Column:
    """The values at a path as strings; null where the path is missing or no single value."""
    kind = type_at(df.schema, path)
    if kind is None or isinstance(kind, T.StructType | T.ArrayType):
        return F.lit(None).cast("string")
    return at(df, path).cast("string")


def at(df: DataFrame, path: str) -> Column:
    """The value at a path of structs."""
    keys = [quote(str(key)) for key in parse_path(path)]
    parents = [".".join(keys[:end]) for end in range(1, len(keys))]
    return value(".".join(keys), parents if needs_guards(df) else [])


def type_at(schema: T.StructType, path: str) -> T.DataType | None:
    """The type at a path of structs, or None where there is none."""
    kind: T.DataType = schema
    for key in parse_path(path):
        if not isinstance(kind, T.StructType) or key not in kind.names:
            return None
        kind = kind[str(key)].dataType
    return kind
