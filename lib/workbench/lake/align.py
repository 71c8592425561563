"""The values of one ingestion in the types of several.

What one kind of the lattice holds, a wider one holds too; where only JSON text does (a path that
is a number in one ingestion and an object in another), each value is written as its JSON.
"""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_type

from workbench.json_text import json_texts, moments
from workbench.schema import Node, arrow_type, have_indexes, is_hollow

TEXTS = ("string", "text", "datetext")


def same(have: Node, want: Node) -> bool:
    """Whether values of one node are those of the other as they are."""
    if have.kind == want.kind == "struct":
        ours, theirs = have.fields, want.fields
        return list(ours) == list(theirs) and all(same(ours[name], theirs[name]) for name in ours)
    if have.kind == want.kind == "list":
        return same(have.item or Node(), want.item or Node())
    kinds = (have.kind, have.scale, have.precision)
    return kinds == (want.kind, want.scale, want.precision)


def engine_can(have: Node, want: Node) -> bool:
    """Whether `in_engine` gives the values: JSON text and empty keys are beyond one of them."""
    if have.kind == "null" or is_hollow(have, want) or same(have, want):
        return True
    if want.kind == "struct":
        fields = have.fields.items()
        return "" not in want.fields and all(engine_can(n, want.fields[name]) for name, n in fields)
    if want.kind == "list":
        return engine_can(have.item or Node(), want.item or Node())
    return want.kind not in TEXTS


def in_engine(column: Column, have: Node, want: Node) -> Column:
    """A column of the one type in the other, where `engine_can`."""
    kind = from_arrow_type(arrow_type(want))
    if have.kind == "null" or is_hollow(have, want):
        return F.lit(None).cast(kind)
    if same(have, want):
        return column
    if want.kind == "struct":
        fields = [
            in_engine(column.getField(name), have.fields[name], child).alias(name)
            if name in have.fields
            else F.lit(None).cast(from_arrow_type(arrow_type(child))).alias(name)
            for name, child in want.fields.items()
        ]
        return F.when(column.isNotNull(), F.struct(*fields))
    if want.kind == "list":
        inside = (have.item or Node(), want.item or Node())
        return F.transform(column, lambda element: in_engine(element, *inside))
    return column.cast(kind)


def in_arrow(array: pa.Array, have: Node, want: Node) -> pa.Array:
    """An array of the one type in the other. Values go one by one only where they become text."""
    target = arrow_type(want)
    if same(have, want):
        return array
    if have.kind == "null" or is_hollow(have, want):
        return pa.nulls(len(array), target)
    if want.kind in TEXTS:
        if want.kind == "text":
            return json_texts(array, have)
        if pa.types.is_string(array.type):
            return array
        return moments(array) if have.kind == "timestamp" else json_texts(array, have)
    if want.kind == "struct":
        at = have_indexes(array) if have.fields else {}
        columns = [
            in_arrow(array.field(at[name]), have.fields[name], child)
            if name in have.fields
            else pa.nulls(len(array), arrow_type(child))
            for name, child in want.fields.items()
        ]
        return pa.StructArray.from_arrays(columns, fields=list(target), mask=array.is_null())
    if want.kind == "list":
        values = in_arrow(array.values, have.item or Node(), want.item or Node())
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, type=target, mask=mask)
    return array.cast(target, safe=want.kind != "double")
