"""What of one document becomes one JSON text has a bound: engines hold each value of it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import from_arrow_schema

from workbench.errors import BoundExceeded
from workbench.flatten import expected_flat, expected_tables, large_texts, plan_flat, plan_tables

OBJECTS = pa.list_(pa.struct([("t", pa.string()), ("n", pa.list_(pa.struct([("m", pa.int64())])))]))
KIND = pa.struct([("_id", pa.string()), ("a", OBJECTS), ("b", pa.list_(pa.int64()))])
LARGE = 32 + 5 * 600 + 2 * 32 + 2 * 72 + 3 + 3 * 72  # bytes of the first document's objects


def rows() -> pa.StructArray:
    """One document with 2 objects and 3 in these, another with none."""
    objects = [{"t": "x", "n": [{"m": 1}, {"m": 2}]}, {"t": None, "n": [{"m": 3}]}]
    return pa.array(
        [{"_id": "a", "a": objects, "b": [*range(9)]}, {"_id": "b", "a": None, "b": None}], KIND
    )


def test_bytes_are_counted_value_by_value() -> None:
    ids, objects, numbers = rows().flatten()
    assert list(large_texts.bytes_in_engine(objects)) == [LARGE, 32]
    assert list(large_texts.bytes_in_engine(numbers)) == [32 + 9 * 72, 32]
    assert list(large_texts.bytes_in_engine(ids.dictionary_encode())) == [72 + 3, 72 + 3]


@pytest.mark.parametrize("explode", [None, "b"])
def test_an_array_of_more_objects_becomes_no_text(
    monkeypatch: pytest.MonkeyPatch, explode: str | None
) -> None:
    planned = plan_flat(from_arrow_schema(pa.schema(KIND)), explode)
    monkeypatch.setattr(large_texts, "MOST", LARGE - 1)
    with pytest.raises(BoundExceeded, match=r"^a: what one document .* allowed.*--explode a\)"):
        expected_flat(planned, rows(), to_be_made=True)
    expected_flat(planned, rows())  # of a table that is there
    inside = plan_flat(from_arrow_schema(pa.schema(KIND)), "a[].n")
    expected_flat(inside, rows(), to_be_made=True)
    monkeypatch.setattr(large_texts, "MOST", LARGE)
    expected_flat(planned, rows(), to_be_made=True)


def test_in_a_folder_of_tables_too(monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan_tables(from_arrow_schema(pa.schema(KIND)), "_id", as_json=["a"])
    monkeypatch.setattr(large_texts, "MOST", LARGE - 1)
    with pytest.raises(BoundExceeded, match=r"^a: what one document"):
        expected_tables(planned, rows(), to_be_made=True)
    expected_tables(planned, rows())
