"""What Arrow knows of the values in an array: valid ones, elements, sizes, sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Numbers = np.ndarray[Any, Any]
EXACT = 2**53  # up to here each whole number is a double


def names_of(kind: pa.StructType) -> list[str]:
    """The names of a struct's fields; pyarrow itself tells them from 18 on, and Glue 5.0 has 17."""
    return [field.name for field in kind]


def bounds(array: pa.Array) -> tuple[Any, Any]:
    found = pc.min_max(array)
    return found["min"].as_py(), found["max"].as_py()


def is_wide(integer: int) -> bool:
    """Whether an integer is no double."""
    return abs(integer) > EXACT and int(float(integer)) != integer


def any_wide(integers: pa.Array) -> bool:
    """Whether one of the integers is no double."""
    least, greatest = bounds(integers)
    if least is None or max(-least, greatest) <= EXACT:
        return False
    whole = whole_numbers(integers)
    near = whole.astype(np.float64)
    inside = near < 2.0**63  # beyond, the nearest double is no integer of 64 bits
    return bool((~inside | (np.where(inside, near, 0).astype(np.int64) != whole)).any())


def valid(array: pa.Array) -> Numbers:
    """Which values are not null, from their bits: a fifth of the time that Arrow takes."""
    bits = array.buffers()[0] if array.null_count else None
    if bits is None:
        return np.full(len(array), not array.null_count)
    first = array.offset // 8
    bytes_ = np.frombuffer(bits, np.uint8)[first : (array.offset + len(array) + 7) // 8]
    start = array.offset - 8 * first
    return np.unpackbits(bytes_, bitorder="little")[start : start + len(array)].view(bool)


def whole_numbers(array: pa.Array) -> Numbers:
    """As 64 bits, objects where they do not fit; 0 for null."""
    if array.null_count and pa.types.is_signed_integer(array.type):
        return stored(array.cast(pa.int64()), np.int64) * valid(array)
    array = array.fill_null(0) if array.null_count else array
    found: Numbers = array.to_numpy()
    return found.astype(np.int64 if found.dtype != np.uint64 else object, copy=False)


def stored(array: pa.Array, kind: Any) -> Numbers:
    """The numbers of an array as they are stored, 64 bits each; of null, any."""
    data = array.buffers()[1]
    if data is None:
        return np.zeros(len(array), kind)
    return np.frombuffer(data, kind, len(array), array.offset * np.dtype(kind).itemsize)


def decoded(array: pa.Array) -> pa.Array:
    """The values themselves where they are stored once each, with numbers that name them."""
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def sizes(array: pa.Array) -> Numbers:
    """How many elements each array has; a null one has none."""
    return whole_numbers(pc.list_value_length(array)) if len(array) else np.zeros(0, np.int64)


def elements(array: pa.Array) -> pa.Array:
    """The elements of all arrays, one after another.

    Where there are no arrays, Java sends no offsets either, and Arrow would read the first one.
    """
    return array.flatten() if len(array) else pa.array([], array.type.value_type)


def added(values: Numbers, counts: Numbers) -> Numbers:
    """The sum of the values of each list; the lists stand one after another."""
    ends = np.cumsum(counts)
    totals = np.concatenate(([0], np.cumsum(values)))
    sums: Numbers = totals[ends] - totals[ends - counts]
    return sums
