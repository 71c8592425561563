"""What is known of the values in an array, whatever part of a larger one it is."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.schema.arrays import valid, whole_numbers

NUMBERS = st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), max_size=40)


@given(NUMBERS, st.integers(0, 20), st.integers(0, 20))
def test_a_part_knows_its_own_nulls_and_numbers(
    numbers: list[int | None], at: int, rows: int
) -> None:
    for kind in (pa.int32(), pa.int64()):
        part = pa.array(numbers, kind).slice(at, rows)
        own = numbers[at : at + rows]
        assert valid(part).tolist() == [one is not None for one in own]
        assert whole_numbers(part).tolist() == [one or 0 for one in own]


@pytest.mark.parametrize("kind", [pa.string(), pa.list_(pa.int8()), pa.struct({"a": pa.int8()})])
def test_nulls_of_any_kind_are_seen(kind: pa.DataType) -> None:
    nulls = pa.array([None] * 9, kind)
    assert valid(nulls[3:]).tolist() == [False] * 6
    assert valid(pa.nulls(3)).tolist() == [False] * 3
    assert valid(nulls[9:]).tolist() == []
