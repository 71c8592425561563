"""The schema of a table as a tree, with how much of each field is null."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import hidden, needs_guards, reachable, reference, value
from workbench.schema import ITEM, Path
from workbench.words import Locale, label, percent

AT_ONCE = 100  # fields in one job: engines plan many aggregates in more than linear time
INDENT = "    "
ELEMENT = "element"
Field = tuple[Path, Column, T.DataType]
Row = tuple[str, str, int, int]  # field, type, present, of


def schema_tree(df: DataFrame) -> pd.DataFrame:
    """Every field of a table, parents first. Grain: one row per field.

    Columns: field (indented under its parent; `[]` stands for the single values of an array),
    type, present (how many are not null), of (rows, or elements of the array around the field),
    null_share (0..1, null where there is nothing to be null). Starts one job per 100 fields, and
    one more per array.
    """
    found = counted(reachable(df), df.schema, (), guarded=needs_guards(df))
    rows = [(*row, null_share(*row[2:])) for row in found]
    columns = ["field", "type", "present", "of", "null_share"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def as_text(tree: pd.DataFrame, locale: Locale) -> str:
    """The tree as lines of text: fields, their types, and what share of each is null."""
    nulls = [label("none", locale) if s is None else percent(s, locale) for s in tree["null_share"]]
    heads = [label(key, locale) for key in ("tree_field", "tree_type", "tree_null")]
    lines = [heads, *map(list, zip(tree["field"], tree["type"], nulls, strict=True))]
    widths = [max(len(line[place]) for line in lines) for place in range(3)]
    return "\n".join(
        f"{field:{widths[0]}}  {kind:{widths[1]}}  {null:>{widths[2]}}"
        for field, kind, null in lines
    )


def null_share(present: int, of: int) -> float | None:
    return 1 - present / of if of else None


def counted(
    df: DataFrame,
    struct: T.StructType,
    inside: Path,
    parents: tuple[str, ...] = (),
    *,
    guarded: bool,
) -> Iterator[Row]:
    """The fields of a table (made `reachable`), or of the structs in one of its columns.

    `struct` has the fields with their own names, `parents` are the references of those around.
    `guarded`: where `workbench.columns.fields.needs_guards`.
    """
    fields = list(fields_of(struct, inside, parents, guarded))
    present: list[int] = []
    rows = 0
    for at in range(0, len(fields), AT_ONCE):
        counts = [F.count(column) for _, column, _ in fields[at : at + AT_ONCE]]
        found = df.agg(F.count(F.lit(1)), *counts).collect()[0]
        rows, present = int(found[0]), present + [int(count) for count in found[1:]]
    for (path, column, kind), count in zip(fields, present, strict=True):
        yield named(path), type_name(kind), count, rows
        if isinstance(kind, T.ArrayType):
            exploded = df.select(F.explode(column).alias(ELEMENT))
            yield from elements(exploded, path, kind.elementType, guarded)


def elements(exploded: DataFrame, path: Path, kind: T.DataType, guarded: bool) -> Iterator[Row]:
    """The fields of an array's elements; of an array of single values, the values themselves."""
    if isinstance(kind, T.StructType):
        yield from counted(reachable(exploded), kind, (*path, ITEM), (ELEMENT,), guarded=guarded)
        return
    count, present = exploded.agg(F.count(F.lit(1)), F.count(ELEMENT)).collect()[0]
    yield named((*path, ITEM)), type_name(kind), int(present), int(count)
    if isinstance(kind, T.ArrayType):
        inner = exploded.select(F.explode(ELEMENT).alias(ELEMENT))
        yield from elements(inner, (*path, ITEM), kind.elementType, guarded)


def fields_of(
    struct: T.StructType, inside: Path, parents: tuple[str, ...], guarded: bool
) -> Iterator[Field]:
    """Every field outside of arrays, parents first, with the column that reads it."""
    hides = hidden(struct)
    for field in struct.fields:
        path = (*inside, field.name)
        name = reference(parents[-1] if parents else "", field.name, hides)
        yield path, value(name, parents if guarded else ()), field.dataType
        if isinstance(field.dataType, T.StructType):
            yield from fields_of(field.dataType, path, (*parents, name), guarded)


def named(path: Path) -> str:
    """The last key of a path, as far to the right as it is deep; `[]` for an array's values."""
    if path[-1] is not ITEM:
        keys = sum(key is not ITEM for key in path)
        return INDENT * (keys - 1) + (str(path[-1]) or '""')
    arrays = next(n for n in range(1, len(path) + 1) if path[-n - 1] is not ITEM)
    return INDENT * (len([k for k in path if k is not ITEM]) - 1 + arrays) + "[]"


def type_name(kind: T.DataType) -> str:
    if isinstance(kind, T.StructType):
        return "object"
    return "array" if isinstance(kind, T.ArrayType) else kind.simpleString()
