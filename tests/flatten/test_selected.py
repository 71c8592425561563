"""Nested rows with some paths or without some, and arrays whose elements become fields."""

from typing import Any

import pytest

from support.chain import typed
from workbench.errors import RequestError, UnknownPath
from workbench.flatten import as_columns, flatten, relational, select, verify

pytestmark = pytest.mark.engine
SHAPE = {
    "_id": "int",
    "A": {"x": "int", "": {"z": "double", "y": "timestamp"}},
    "l": [{"n": "int", "m": ["string"], "o": {"p": "int", "q": "string"}}],
    "a": "string",
}


def nested(spark: Any) -> Any:
    rows = [
        (1, (7, None), [(1, ["s", None], (5, "t")), None, (2, None, None)], "one"),
        (2, None, [], None),
        (3, (None, None), None, "three"),
    ]
    return spark.createDataFrame(rows, typed(SHAPE))


def rows(df: Any) -> list[dict[str, Any]]:
    return sorted((row.asDict(recursive=True) for row in df.collect()), key=repr)


@pytest.mark.parametrize(
    ("paths", "first"),
    [
        ({"exclude": ["A", "l"]}, {"_id": 1, "a": "one"}),
        ({"include": ["_id", "A.x"]}, {"_id": 1, "A": {"x": 7}}),
        ({"include": ["l", "_id"], "exclude": ["l[].m", "l[].o"]},
         {"_id": 1, "l": [{"n": 1}, None, {"n": 2}]}),
        ({"exclude": ["A.``", "A.x", "l[].n", "l[].o.p", "l[].m[]", "a"]},
         {"_id": 1, "l": [{"o": {"q": "t"}}, None, {"o": None}]}),
    ],
)  # fmt: skip
def test_the_paths_that_are_left_have_their_values(
    spark: Any, paths: dict[str, list[str]], first: dict[str, Any]
) -> None:
    made = select(nested(spark), **paths)
    found = rows(made)
    assert found[0] == first and [row["_id"] for row in found] == [1, 2, 3]
    assert verify(made, relational(made)) > 0 and verify(made, flatten(made)) > 0


@pytest.mark.parametrize(
    ("paths", "error", "said"),
    [
        ({"exclude": ["l.n"]}, UnknownPath, "exclude: l.n is no path of these .*The nearest: l"),
        ({"include": ["", "a"]}, UnknownPath, "include: '' is no path"),
        ({"exclude": ["_id", "A", "l", "a"]}, RequestError, "no column is left"),
        ({"exclude": "a"}, RequestError, "exclude: 'a' .*a list of paths"),
    ],
)
def test_what_cannot_be_left_out_is_said(
    spark: Any, paths: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        select(nested(spark), **paths)


def test_elements_become_fields_of_their_places(spark: Any) -> None:
    made = as_columns(nested(spark), "l")
    o = {"p": 5, "q": "t"}
    assert [row["l"] for row in rows(made)] == [
        {"0": {"n": 1, "m": ["s", None], "o": o}, "1": None, "2": {"n": 2, "m": None, "o": None}},
        {"0": None, "1": None, "2": None},
        None,
    ]
    assert {"l_0_n", "l_2_o_q"} <= set(flatten(made).columns)
    assert verify(made, flatten(made)) == 11


def test_an_array_inside_of_objects_may_become_fields(spark: Any) -> None:
    df = spark.createDataFrame(
        [(1, (([5, None],),)), (2, ((None,),)), (3, None)],
        typed({"_id": "int", "": {"b": {"": ["int"]}}}),
    )
    assert [row[""] for row in rows(as_columns(df, "``.b.``"))] == [
        {"b": {"": {"0": 5, "1": None}}},
        {"b": {"": None}},
        None,
    ]


def test_arrays_of_which_none_has_an_element_stay_as_they_are(spark: Any) -> None:
    df = spark.createDataFrame([(1, []), (2, None)], "_id int, l array<string>")
    assert as_columns(df, "l").schema == df.schema


@pytest.mark.parametrize("path", ["l[].m", "_id", "gone"])
def test_what_is_no_array_outside_of_others_is_refused(spark: Any, path: str) -> None:
    with pytest.raises(UnknownPath, match=r"is no array of these documents.*Arrays: l"):
        as_columns(nested(spark), path)


def test_arrays_of_too_many_elements_are_refused(spark: Any) -> None:
    df = spark.createDataFrame([(list(range(101)),)], "l array<int>")
    with pytest.raises(RequestError, match="has 101 elements, and 100 are allowed"):
        as_columns(df, "l")
