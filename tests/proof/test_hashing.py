"""Every change of a value, of its place or of whose it is changes the hash of its path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.tampering import CHANGES, KIND, Row, changed, rows
from workbench.proof.arrow import of_array
from workbench.proof.contents import keyed
from workbench.proof.fingerprint import together
from workbench.proof.hashing import LONG, Wider, of_each
from workbench.schema.paths import Path


def leaves(of: list[Row]) -> dict[Path, Any]:
    return keyed([("_id",)], pa.array(of, KIND)).leaves


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name: str) -> None:
    assert leaves(changed(name)) != leaves(rows())


def test_the_order_of_rows_and_their_parts_are_the_same() -> None:
    shuffled = rows()[::-1]
    assert leaves(shuffled) == leaves(rows())
    assert together([leaves(rows()[:3]), leaves(rows()[3:])]) == leaves(rows())


@pytest.mark.parametrize("at", range(3))
def test_a_slice_is_as_its_rows_alone(at: int) -> None:
    assert keyed([("_id",)], pa.array(rows(), KIND)[at:5]).leaves == leaves(rows()[at:5])


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_the_width_of_a_type_does_not_count(kind: pa.DataType) -> None:
    texts = pa.array(["a", "", None, "é" * LONG, "12345678", "123456789"])
    same = np.asarray(texts.is_valid())
    assert (of_each(texts.cast(kind))[same] == of_each(texts)[same]).all()
    assert len(set(of_each(texts)[same].tolist())) == 5


TEXTS = st.one_of(
    st.lists(st.none() | st.text(max_size=40), max_size=20),
    st.integers(1, 20).flatmap(
        lambda size: st.lists(st.none() | st.text("aé", min_size=size, max_size=size), max_size=20)
    ),
)


@given(TEXTS, st.integers(0, 5))
def test_a_text_has_the_same_hash_whatever_stands_beside_it(
    texts: list[str | None], at: int
) -> None:
    array = pa.array(texts, pa.string())[at:]
    there = np.asarray(array.is_valid())
    alone = [int(of_each(pa.array([text]))[0]) for text in texts[at:] if text is not None]
    assert of_each(array)[there].tolist() == alone


@given(TEXTS, st.integers(0, 5), st.integers(0, 3))
def test_values_that_are_stored_once_each_have_the_same_fingerprint(
    texts: list[str | None], at: int, most: int
) -> None:
    array = pa.array(texts, pa.string())
    around = np.arange(len(texts)).astype(np.uint64)
    for weights in (None, around.astype(np.int64) % (most + 1), around.astype(object) << 60):
        own = None if weights is None else weights[at:]
        ways = [of_array(one[at:], (), own, around[at:]) for one in (array, coded(array))]
        assert ways[0] == ways[1]


def coded(array: pa.Array) -> pa.Array:
    """The same, with numbers that name values which nothing else tells apart."""
    found = array.dictionary_encode()
    return pa.DictionaryArray.from_arrays(
        found.indices.cast(pa.int32()), pa.concat_arrays([found.dictionary, pa.array(["unused"])])
    )


def test_hashes_stay_what_manifests_say_that_they_are() -> None:
    texts = of_each(pa.array(["", "a", "12345678", "x" * 20, "y" * 2000]))
    assert [f"{one:016x}" for one in texts.tolist()] == [
        "0000000000000000",
        "5f615173632c1b37",
        "96f54e1393c83cb0",
        "9428eeb231489b43",
        "5efc534fd5959cd0",
    ]
    assert f"{int(of_each(pa.array([-1]))[0]):016x}" == "a937d2123a01043f"


def as_doubles(*numbers: int) -> int | None:
    wider: Wider = {("n",): pa.float64()}
    ints = pa.array([{"n": number} for number in numbers])
    return of_array(ints, around=np.zeros(len(ints), np.uint64), wider=wider)[("n",)].hash


def hash_of(*numbers: float) -> int | None:
    array = pa.array([{"n": number} for number in numbers])
    return of_array(array, around=np.zeros(len(array), np.uint64))[("n",)].hash


def test_integers_are_hashed_as_the_kind_that_they_will_have() -> None:
    assert as_doubles(5, 2**53) == hash_of(5.0, 2.0**53) != hash_of(5, 2**53)


def test_an_integer_that_no_double_holds_is_seen_beside_doubles() -> None:
    number = 12345678901234567
    assert as_doubles(5, number) == hash_of(5, number) != hash_of(5.0, float(number))


def test_a_weight_counts_a_hash_so_often() -> None:
    one = of_array(pa.array(["a"]), weights=np.array([3]), around=np.ones(1, np.uint64))
    three = of_array(pa.array(["a"] * 3), around=np.ones(3, np.uint64))
    assert one == three
