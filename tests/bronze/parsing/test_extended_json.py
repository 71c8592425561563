"""MongoDB's wrapped values: the forms of the specification, and what only looks like them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from workbench.bronze.parsing.exact import dump
from workbench.bronze.parsing.extended_arrow import Undecided, unwrap_array
from workbench.bronze.parsing.extended_json import is_null, iso_micros, unwrap
from workbench.bronze.parsing.fast import read
from workbench.schema.kinds import Node
from workbench.schema.paths import Path

DAY = 86_400_000_000


def micros(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def kind_and_value(value: dict[str, Any]) -> tuple[str, Any] | None:
    found = unwrap(value)
    return found and (found[0].kind, found[1])


@pytest.mark.parametrize(
    ("wrapped", "kind", "plain"),
    [
        ({"$oid": "5f0"}, "string", "5f0"),
        ({"$numberInt": "-7"}, "int", -7),
        ({"$numberLong": "9223372036854775807"}, "int", 2**63 - 1),
        ({"$numberLong": "9223372036854775808"}, "decimal", 2**63),
        ({"$numberDouble": "-0.5"}, "double", -0.5),
        ({"$numberDouble": "Infinity"}, "double", float("inf")),
        ({"$numberDecimal": "1.50"}, "decimal", Decimal("1.50")),
        ({"$numberDecimal": "1E+3"}, "decimal", 1000),
        ({"$numberDecimal": "-Infinity"}, "text", float("-inf")),
        ({"$date": 86400000}, "timestamp", DAY),
        ({"$date": -1}, "timestamp", -1000),
        ({"$date": {"$numberLong": "86400000"}}, "timestamp", DAY),
        ({"$date": "1970-01-02T00:00:00Z"}, "timestamp", DAY),
        ({"$date": "1970-01-02T00:00:00.000+0000"}, "timestamp", DAY),
        ({"$date": "1970-01-02T01:30:00.001+01:30"}, "timestamp", DAY + 1000),
        ({"$date": "someday"}, "datetext", "someday"),
        ({"$date": "2020-02-30T00:00:00Z"}, "datetext", "2020-02-30T00:00:00Z"),
        ({"$date": 10**17}, "datetext", str(10**17)),
        ({"$date": {"$numberLong": "1e3"}}, "datetext", "1e3"),
        ({"$date": {"$numberLong": "9" * 5000}}, "datetext", "9" * 5000),
        ({"$date": None}, "null", None),
        ({"$numberLong": None}, "null", None),
    ],
)
def test_a_wrapped_value_becomes_plain(wrapped: dict[str, Any], kind: str, plain: Any) -> None:
    assert kind_and_value(wrapped) == (kind, plain)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": 1},
        {"$oid": 5},
        {"$oid": "5f0", "a": 1},
        {"$numberLong": 5},
        {"$numberLong": "5.0"},
        {"$numberLong": "0x1f"},
        {"$numberInt": ""},
        {"$numberInt": "１"},
        {"$numberDouble": "x"},
        {"$numberDecimal": "1_000"},
        {"$numberDecimal": " 1"},
        {"$numberDouble": "1_000"},
        {"$numberDouble": "1 "},
        {"$numberDecimal": "1E+99999999999999999999"},
        {"$date": True},
        {"$date": 1.5},
        {"$date": []},
        {"$date": {"$numberLong": 5}},
        {"$date": {"$numberLong": "5", "a": 1}},
        {"$timestamp": {"t": 1, "i": 1}},
        {"$regex": "a"},
    ],
)
def test_what_only_looks_wrapped_stays_an_object(value: dict[str, Any]) -> None:
    assert unwrap(value) is None


def test_a_decimal_of_more_than_38_digits_is_text() -> None:
    assert kind_and_value({"$numberDecimal": "9" * 39}) == ("text", Decimal("9" * 39))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-02-29", micros(2020, 2, 29)),
        ("2020-01-01T10", micros(2020, 1, 1, 10)),
        ("2020-01-01T10:30", micros(2020, 1, 1, 10, 30)),
        ("2020-01-01 10:30:05", micros(2020, 1, 1, 10, 30, 5)),
        ("2020-01-01T10:30:05.1Z", micros(2020, 1, 1, 10, 30, 5) + 100_000),
        ("2020-01-01T10:30:05.123456Z", micros(2020, 1, 1, 10, 30, 5) + 123_456),
        ("2020-01-01T00:00:00-03", micros(2020, 1, 1, 3)),
        ("2020-01-01T00:00:00+0530", micros(2019, 12, 31, 18, 30)),
        ("1969-12-31T23:59:59.999999Z", -1),
    ],
)
def test_iso_dates_are_exact_to_the_microsecond(text: str, moment: int) -> None:
    assert iso_micros(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020",
        "2020-1-1",
        "2021-02-29",
        "0000-01-01",
        "2020-01-01T24:00Z",
        "2020-01-01T00:00:60Z",
        "2020-01-01T00:00:00.1234567Z",
        "2020-01-01T00:00:00+24:00",
        "2020-01-01T00:00:00+01:60",
        "2020-01-01T00:00:00Z ",
        "2020-01-01Z",
        "２０２０-01-01",
        "01/02/2020",
    ],
)
def test_what_is_no_iso_date_is_none(text: str) -> None:
    assert iso_micros(text) is None


@pytest.mark.parametrize("value", [None, {"$date": None}, {"$oid": None}])
def test_null_may_be_wrapped(value: Any) -> None:
    assert is_null(value)


@pytest.mark.parametrize("value", [0, "", [], {}, {"a": None}, {"$date": 0}, {"$oid": {}}])
def test_nothing_else_is_null(value: Any) -> None:
    assert not is_null(value)


def column(*values: bytes) -> pa.Array:
    """One field as Arrow's reader gives it."""
    return read(b"".join(b'{"a":%s}\n' % v for v in values), None)["a"].combine_chunks()


def test_a_wrapped_column_becomes_plain_and_its_nulls_stay() -> None:
    array = column(b'{"$oid":"a"}', b"null", b'{"$oid":"b"}')
    assert unwrap_array(array, {}).to_pylist() == ["a", None, "b"]


def test_wrapped_elements_of_lists_become_plain() -> None:
    array = column(b'[{"$date":1}]', b"null", b"[]", b'[{"$date":2},null]')
    assert unwrap_array(array, {}).cast(pa.list_(pa.int64())).to_pylist() == [
        [1000],
        None,
        [],
        [2000, None],
    ]


def test_a_loose_date_keeps_its_text() -> None:
    array = pa.array([{"$date": "2020-01-01T00:00:00Z"}])
    assert unwrap_array(array, {(): "datetext"}).to_pylist() == ["2020-01-01T00:00:00Z"]


def test_loose_integers_and_booleans_become_json_text() -> None:
    assert unwrap_array(pa.array([True, None]), {(): "text"}).to_pylist() == ["true", None]


@pytest.mark.parametrize(
    ("values", "loose"),
    [
        ([{"$oid": "a"}, {"$oid": None}], {}),
        ([{"$oid": "a", "b": 1}], {}),
        ([{"$oid": 1}], {}),
        ([{"$date": "2020-01-01"}], {}),
        ([{"$date": "2020-01-01T00:00:00.1234567Z"}], {}),
        ([{"$date": 10**15}], {}),
        ([{"$date": {"$numberLong": "0" * 19}}], {}),
        ([{"$date": 1}], {(): "datetext"}),
        ([{"$numberLong": "1e3"}], {}),
        ([{"$numberLong": "9223372036854775808"}], {}),
        ([{"$numberDouble": "NaN"}], {}),
        ([{"$numberDecimal": "1"}], {}),
        ([1.5], {(): "text"}),
        (["x"], {(): "text"}),
    ],
)
def test_a_column_that_needs_single_looks_is_left(
    values: list[Any], loose: dict[Path, str]
) -> None:
    with pytest.raises(Undecided):
        unwrap_array(pa.array(values), loose.copy())


def test_the_kind_of_a_null_is_null() -> None:
    assert unwrap({"$oid": None}) == (Node(), None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"$numberDecimal": "1.10"}, "1.10"),
        ({"$numberDecimal": "+.5"}, "0.5"),
        ({"$numberDecimal": "1E+3"}, "1E+3"),
        ({"$numberDecimal": "NaN"}, "NaN"),
        ({"$numberDouble": "-inf"}, "-Infinity"),
        ({"$numberDouble": "0.10"}, "0.10"),
        ({"$numberLong": "5"}, "5"),
        ({"$oid": "5f"}, '"5f"'),
        ({"$date": 1}, '"1970-01-01T00:00:00.001000Z"'),
        ({"$date": "someday"}, '"someday"'),
        ({"$date": 1, "a": None}, '{"$date":1,"a":null}'),
        ([{"$oid": "5f"}, {"a": {"$numberDecimal": "Infinity"}}], '["5f",{"a":"Infinity"}]'),
    ],
)
def test_json_text_has_no_wrappers(value: Any, text: str) -> None:
    assert dump(value) == text
