"""Fingerprints are exact: what they count, add up and bound."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from workbench.proof.arrow import exact_sum, of_array, positions
from workbench.proof.fingerprint import (
    Fingerprint,
    Fingerprints,
    as_json,
    as_kind,
    from_json,
    leaves,
    together,
    told,
)
from workbench.schema.paths import ITEM

LEAST, GREATEST = -(2**63), 2**63 - 1


def of(values: list[Any], kind: pa.DataType | None = None) -> Fingerprint:
    array = pa.array(values, kind)
    return of_array(array)[()]


@pytest.mark.parametrize("stretch", [1, 2, 7, 40])
def test_many_values_are_looked_at_in_parts_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch, stretch: int
) -> None:
    rows = pa.array(
        [
            {"l": [[at], None, [], [1, at, 3] * at], "o": [{"t": "x" * at}] * (at % 3), "n": at}
            if at % 5
            else None
            for at in range(40)
        ]
    )
    around, weights = np.arange(40).astype(np.uint64), np.arange(40) % 4
    ways: list[tuple[Any, Any]] = [(None, around), (weights, around), (weights, None)]
    whole = [of_array(rows, (), *way) for way in ways]
    counts = np.array([0, 3, 0, 9, 1])
    places = positions(counts).tolist()
    monkeypatch.setattr("workbench.proof.arrow.STRETCH", stretch)
    assert [of_array(rows, (), *way) for way in ways] == whole
    assert positions(counts).tolist() == places == [*range(3), *range(9), 0]


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([GREATEST] * 5, 5 * GREATEST),
        ([LEAST] * 5, 5 * LEAST),
        ([LEAST, GREATEST, None], -1),
        ([-1, -(2**32), 2**32 - 1], -2),
    ],
)
def test_sums_of_integers_are_exact_beyond_64_bits(values: list[Any], total: int) -> None:
    assert of(values).total == total


def test_texts_are_measured_in_code_points() -> None:
    assert of(["é", "\U0001f600", "ab", "", None]) == Fingerprint(4, 4)


def test_trues_are_counted() -> None:
    assert of([True, False, True, None]) == Fingerprint(3, 2)


def test_times_are_added_up_in_microseconds() -> None:
    moments = [datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)]
    assert of(moments, pa.timestamp("us", "UTC")) == Fingerprint(2, -86_400_000_000 + 1_000_005)


def test_numbers_with_a_fraction_are_counted_for_no_sum_of_them_is_exact() -> None:
    assert of([float("nan"), 1.5, -2.5, None]) == Fingerprint(3)
    assert of([Decimal("1.50")], pa.decimal128(38, 2)) == Fingerprint(1)


def test_values_under_a_null_parent_are_not_counted() -> None:
    child = pa.array([1, 2])
    rows = pa.StructArray.from_arrays([child], ["a"], mask=pa.array([False, True]))
    assert of_array(rows)[("a",)] == Fingerprint(1, 1)


def test_elements_of_arrays_are_leaves_and_null_ones_are_not() -> None:
    array = pa.array([[1, None], [], None, [2]])
    assert of_array(array)[(ITEM,)].count == 2


def test_an_empty_object_is_a_leaf_of_two_characters() -> None:
    assert of_array(pa.array([{}, None], pa.struct([])))[()] == Fingerprint(1, 2)


def test_no_value_has_no_total() -> None:
    assert of([None, None], pa.int64()) == Fingerprint()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["ab"], ["ab", ""]),
        (["ab"], ["abc"]),
        ([1], [2]),
        ([True], [False]),
        ([[1]], [[1, 1]]),
    ],
)
def test_a_value_lost_changed_or_doubled_shows(before: list[Any], after: list[Any]) -> None:
    assert of_array(pa.array(before)) != of_array(pa.array(after))


@pytest.mark.parametrize("cut", range(6))
def test_the_parts_together_are_the_whole(cut: int) -> None:
    array = pa.array([{"a": 1, "b": ["x"]}, {"a": None, "b": []}, None, {"a": 7, "b": ["yz"]}] * 2)
    parts = [of_array(array[:cut]), of_array(array[cut:])]
    assert together(parts) == of_array(array)


@pytest.mark.parametrize(
    "values",
    [
        [2**62, None, -7, 3],
        ["a", "", None, "bcd"],
        [True, None, True, False],
        [1.5, float("nan"), None, -1.0],
        [[1, None], None, [], [2**62, 2, 3]],
        [{"a": "x", "b": [True]}, None, {"a": None, "b": []}, {"a": "yz", "b": None}],
    ],
)
@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [3, 2, 1, 5], [2**40, 1, 1, 2]])
def test_a_weight_counts_each_value_so_often(values: list[Any], weights: list[int]) -> None:
    array = pa.array(values)
    found = of_array(array, (), np.array(weights))
    each = [(of_array(array[at : at + 1]), times) for at, times in enumerate(weights)]
    for path, f in found.items():
        assert f.count == sum(one[path].count * times for one, times in each)
        if f.total is not None:
            assert f.total == sum((one[path].total or 0) * times for one, times in each)


def test_leaves_are_counted_over_all_paths() -> None:
    assert leaves({("a",): Fingerprint(2), ("b",): Fingerprint(3)}) == 5


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("int", Fingerprint(2, 5, 7)),
        ("decimal", Fingerprint(2, None, 7)),
        ("double", Fingerprint(2, None, 7)),
        ("timestamp", Fingerprint(2, 5, 7)),
    ],
)
def test_integers_are_known_as_the_kind_of_their_column(kind: str, known: Fingerprint) -> None:
    assert as_kind(Fingerprint(2, 5, 7), kind) == known


def test_fingerprints_are_kept_as_plain_json() -> None:
    found = {("a", ITEM): Fingerprint(1, None, 255), ("b",): Fingerprint(0, 0)}
    assert as_json(found) == {
        "a[]": {"count": 1, "hash": "00000000000000ff"},
        "b": {"count": 0, "total": 0},
    }
    assert from_json(as_json(found)) == {"a[]": Fingerprint(1, None, 255), "b": Fingerprint(0, 0)}


def test_a_record_keeps_no_total_and_a_manifest_none_of_a_few() -> None:
    found: Fingerprints = {("few",): Fingerprint(4, 700, 255), ("many",): Fingerprint(5, 700, 255)}
    kept = as_json(found)
    assert [set(of) for of in kept.values()] == [{"count", "hash"}, {"count", "total", "hash"}]
    assert told({"table": kept}) == {"table": {"few": {"count": 4}, "many": {"count": 5}}}


@pytest.mark.parametrize(
    "numbers", [[2**63 - 1, 2**63 - 1, None, 5], [-(2**63), -(2**63), -1, None], [None, 3, -7, 0]]
)
@pytest.mark.parametrize("weights", [None, [3, 2**20, 1, 7], [2**33, 1, 1, 1]])
def test_sums_are_exact_beyond_64_bits(
    numbers: list[int | None], weights: list[int] | None
) -> None:
    times = weights or [1] * 4
    expected = sum((n or 0) * t for n, t in zip(numbers, times, strict=True))
    given = None if weights is None else np.array(weights)
    assert exact_sum(pa.array(numbers, pa.int64()), given) == expected


def test_sums_of_the_largest_unsigned_numbers_are_exact() -> None:
    assert exact_sum(pa.array([2**64 - 1] * 3, pa.uint64())) == 3 * (2**64 - 1)
