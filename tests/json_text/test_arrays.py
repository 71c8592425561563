"""The JSON text of columns is that of their values."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.json_text.arrays import array_texts

DOUBLES = st.floats(allow_nan=False, allow_infinity=False)


def text(value: Any) -> str:
    """JSON without spaces; fields that are null are left out of their object."""
    if isinstance(value, dict):
        there = [f"{json.dumps(k)}:{text(v)}" for k, v in value.items() if v is not None]
        return "{" + ",".join(there) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


KIND = pa.list_(pa.struct({"a": pa.float64(), 'b"': pa.string(), "c": pa.list_(pa.string())}))


def objects(numbers: Any, texts: Any) -> Any:
    arrays = st.lists(st.one_of(st.none(), texts), max_size=3)
    fields = st.tuples(numbers, texts, st.one_of(st.none(), arrays))
    return st.one_of(
        st.none(), fields.map(lambda values: dict(zip(KIND.value_type.names, values, strict=True)))
    )


@given(
    st.lists(
        st.one_of(
            st.none(), st.lists(objects(st.one_of(st.none(), DOUBLES), st.text()), max_size=3)
        )
    )
)
def test_texts_are_those_of_the_values(values: list[Any]) -> None:
    assert array_texts(pa.array(values, KIND)).to_pylist() == [*map(text, values)]


@pytest.mark.parametrize("kind", [st.booleans(), st.integers(-(2**63), 2**63 - 1), st.text()])
def test_of_each_kind(kind: Any) -> None:
    @given(st.lists(st.one_of(st.none(), kind)))
    def check(values: list[Any]) -> None:
        assert array_texts(pa.array(values)).to_pylist() == [*map(text, values)]

    check()


def test_of_numbers_with_a_fraction_and_times() -> None:
    moment = dt.datetime(2021, 11, 2, 3, 4, 5, tzinfo=dt.UTC)
    arrays = [
        (pa.array([Decimal("1.10"), Decimal("-0.05")]), [4, 5]),
        (pa.array([Decimal(10) ** 30, None], pa.decimal128(38, 0)), [31, 4]),
        (pa.array(np.array([0.1, 1e10], np.float32)), [3, len("10000000000.0")]),
        (pa.array([moment, None]), [29, 4]),
        (pa.array([moment.date()]), [12]),
        (pa.array([b"", b"a", b"abc", b"abcd", None]), [2, 6, 6, 10, 4]),
        (pa.array([float("nan"), float("-inf"), -0.0, None]), [5, 11, 4, 4]),
        (pa.array([float("inf")], pa.float32()), [10]),
    ]
    for array, lengths in arrays:
        assert [len(text) for text in array_texts(array).to_pylist()] == lengths
