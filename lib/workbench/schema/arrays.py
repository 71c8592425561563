"""What Arrow knows of the values in an array: valid ones, elements, sizes, sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Numbers = np.ndarray[Any, Any]


def bounds(array: pa.Array) -> tuple[Any, Any]:
    found = pc.min_max(array)
    return found["min"].as_py(), found["max"].as_py()


def valid(array: pa.Array) -> Numbers:
    return np.asarray(array.is_valid(), bool)


def whole_numbers(array: pa.Array) -> Numbers:
    """As 64 bits; 0 for null."""
    return np.asarray(array.fill_null(0), np.int64)


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
