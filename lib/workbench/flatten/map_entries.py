"""The fields of objects used as maps to rows of entries, on Arrow arrays.

An engine asked for thousands of fields one by one plans for a minute what this does in a second.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import types as T

from workbench.errors import UnsupportedType
from workbench.json_text import json_texts
from workbench.schema import ITEM, Numbers, Path, any_wide, elements, sizes, spark_to_arrow, valid

# The values of a field of the object, given by its name, in the type of the entries' values.
Widen = Callable[[str, pa.Array, pa.DataType], pa.Array]


def mapped_batches(
    made: T.StructType,
    at: int,
    path: Path,
    spread: bool,
    texts: Collection[Path],
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Rows of type `made`: the object at `path` of column `at` is an array of entries.

    `texts` are the paths inside the values that are JSON text.
    """

    def widen(name: str, values: pa.Array, kind: pa.DataType) -> pa.Array:
        return widened(values, kind, texts)

    kind = spark_to_arrow(made.fields[at].dataType)
    for batch in batches:
        columns = list(batch.columns)
        columns[at] = mapped(columns[at], path, kind, spread, widen)
        yield pa.record_batch(columns, names=made.names)


def narrowed_batches(
    made: T.StructType, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Rows of type `made`, which lacks some of the fields that the columns have."""
    kinds = [spark_to_arrow(field.dataType) for field in made.fields]
    for batch in batches:
        columns = [widened(c, k, ()) for c, k in zip(batch.columns, kinds, strict=True)]
        yield pa.record_batch(columns, names=made.names)


def mapped(array: pa.Array, path: Path, kind: pa.DataType, spread: bool, widen: Widen) -> pa.Array:
    """The values in the type that they have once the object at `path` is an array of entries."""
    if not path:
        return entries(array, kind, spread, widen)
    if path[0] is ITEM:
        inner = mapped(elements(array), path[1:], kind.value_type, spread, widen)
        return listed(inner, sizes(array), array, kind)
    columns = [
        mapped(child, path[1:], field.type, spread, widen) if field.name == path[0] else child
        for field, child in zip(kind, array.flatten(), strict=True)
    ]
    fields = [pa.field(f.name, c.type) for f, c in zip(kind, columns, strict=True)]
    return pa.StructArray.from_arrays(columns, fields=fields, mask=array.is_null())


def entries(array: pa.StructArray, kind: pa.DataType, spread: bool, widen: Widen) -> pa.ListArray:
    """The fields that are not null, row by row, in the order of the schema.

    `spread`: the fields of the values stand beside the key.
    """
    fields = list(kind.value_type)
    wanted = pa.struct(fields[1:]) if spread else fields[1].type
    rows, parts, keys = [np.zeros(0, np.int64)], [pa.nulls(0, wanted)], []
    for field, child in zip(array.type, array.flatten(), strict=True):
        there = valid(child)
        found = np.flatnonzero(there)
        if len(found):
            rows.append(found)
            parts.append(widen(field.name, child.filter(pa.array(there)), wanted))
            keys += [field.name] * len(found)
    homes = np.concatenate(rows)
    order = pa.array(np.argsort(homes, kind="stable"))
    values = pa.concat_arrays(parts).take(order)
    names = pa.array(keys, pa.string()).take(order)
    made = [names, *(values.flatten() if spread else [values])]
    counts = np.bincount(homes, minlength=len(array))
    return listed(pa.StructArray.from_arrays(made, fields=fields), counts, array, kind)


def widened(array: pa.Array, kind: pa.DataType, texts: Collection[Path], at: Path = ()) -> pa.Array:
    """The same values in a wider type; as JSON text where `at`, their path, is in `texts`."""
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), kind)
    if at in texts:
        return json_texts(array)
    if array.type == kind and not texts:
        return array
    if pa.types.is_struct(kind):
        there = dict(zip((f.name for f in array.type), array.flatten(), strict=True))
        columns = [
            widened(there[f.name], f.type, texts, (*at, f.name))
            if f.name in there
            else pa.nulls(len(array), f.type)
            for f in kind
        ]
        return pa.StructArray.from_arrays(columns, fields=list(kind), mask=array.is_null())
    if pa.types.is_list(kind):
        inner = widened(elements(array), kind.value_type, texts, (*at, ITEM))
        return listed(inner, sizes(array), array, kind)
    if pa.types.is_floating(kind) and pa.types.is_integer(array.type) and any_wide(array):
        raise UnsupportedType(
            "as_map: beside doubles there are whole numbers that no double holds. Cast the fields "
            "to one type first, a decimal or a string, and ask again."
        )
    return array.cast(kind, safe=False)


def listed(values: pa.Array, counts: Numbers, like: pa.Array, kind: pa.DataType) -> pa.ListArray:
    """Arrays of so many of the values each; null where `like` is."""
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
    typed = pa.list_(pa.field(kind.value_field.name, values.type))
    return pa.ListArray.from_arrays(offsets, values, type=typed, mask=like.is_null())
