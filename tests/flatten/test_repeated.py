"""What the rows of one document repeat has a bound: an engine makes them together."""

from __future__ import annotations

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import from_arrow_schema

from workbench.errors import BoundExceeded
from workbench.flatten import expected_flat, plan_flat, repeated

KIND = pa.struct(
    [
        ("_id", pa.string()),
        ("s", pa.struct([("curve", pa.list_(pa.int64())), ("n", pa.int64())])),
        ("l", pa.list_(pa.struct([("t", pa.string()), ("m", pa.list_(pa.int64()))]))),
    ]
)


def rows(curve: int, elements: int, text: str = "t", inner: int = 1) -> pa.StructArray:
    """A document with a long array beside many elements, and a small one."""
    element = {"t": text, "m": [*range(inner)]}
    large = {"_id": "a", "s": {"curve": [*range(curve)], "n": 1}, "l": [element] * elements}
    return pa.array([{"_id": "b", "s": None, "l": None}, large], KIND)


def test_bytes_are_counted_value_by_value() -> None:
    (ids, structs, arrays) = rows(3, 2, "four").flatten()
    assert list(repeated.bytes_of_each(ids)) == [1, 1]
    assert list(repeated.bytes_of_each(structs)) == [8, 32]
    assert list(repeated.bytes_of_each(arrays)) == [0, 2 * (4 + 8)]
    assert list(repeated.bytes_of_each(ids.dictionary_encode())) == [1, 1]


@pytest.mark.parametrize(
    ("explode", "nested", "said"),
    [
        ("l", rows(100, 50), r"explode: 50 rows are .* 809 bytes .* most in s\.curve: .*\(exclude"),
        ("l[].m", rows(1, 1, "t" * 900, 40), r"40 rows are .* most in l\[\]\.t"),
    ],
)
def test_rows_that_would_repeat_too_much_are_refused(
    monkeypatch: pytest.MonkeyPatch, explode: str, nested: pa.StructArray, said: str
) -> None:
    planned = plan_flat(from_arrow_schema(pa.schema(KIND)), explode)
    monkeypatch.setattr(repeated, "MOST", 30_000)
    with pytest.raises(BoundExceeded, match=said):
        expected_flat(planned, nested, to_be_made=True)
    expected_flat(planned, nested)  # of rows that are there
    monkeypatch.setattr(repeated, "MOST", 50_000)
    expected_flat(planned, nested, to_be_made=True)
