"""The plan: a tree that one can show in a meeting, and what stands below it."""

from typing import Any

import pytest

from support.chain import typed
from workbench.errors import RequestError
from workbench.flatten import plan

USERS = {
    "_id": "string",
    "firstName": "string",
    "p": [{"_pos": "bigint", "tags": ["string"]}],
    "mix": "string",
    "s": {"a": "bigint"},
}
ROWS: list[Any] = [
    ("a", "x", [(1, ["t", None]), None, (None, [])], '{"k":1}', (1,)),
    ("b", None, [], '"text"', None),
    ("c", None, None, None, (None,)),
    ("d", "y", [(2, ["u"])], "[1]", (2,)),
]


@pytest.fixture
def planned(spark: Any) -> Any:
    return plan(spark.createDataFrame(ROWS, typed(USERS)), root="users")


def test_the_tree_shows_paths_types_shares_lengths_and_what_comes_of_them(planned: Any) -> None:
    tree = str(planned).split("\n\n")[0]
    assert [line.split() for line in tree.splitlines()] == [
        ["path", "type", "there", "length", "becomes"],
        ["(documents)", "object", "table", "users,", "4", "rows"],
        ["_id", "string", "100%", "_id"],
        ["firstName", "string", "50%", "first_name"],
        ["p", "array", "75%", "0/1/3", "table", "users_p,", "4", "rows"],
        ["_pos", "bigint", "50%", "_pos_2", "(_pos", "is", "taken)"],
        ["tags", "array", "75%", "0/1/2", "table", "users_p_tags,", "3", "rows"],
        ["[]", "string", "67%", "value"],
        ["mix", "mixed", "75%", "mix"],
        ["s", "object", "75%"],
        ["a", "bigint", "50%", "s_a"],
    ]  # fmt: skip


def test_what_was_renamed_and_what_has_several_kinds_is_listed(planned: Any) -> None:
    assert planned.renames == {"firstName": "users.first_name", "p[]._pos": "users_p._pos_2"}
    assert planned.conflicts == ["mix"]
    below = str(planned).split("\n\n")[1]
    assert "  p[]._pos -> users_p._pos_2  (_pos is taken)" in below
    assert "in snake_case: 1 column" in below
    assert below.endswith("mixed, values of several kinds kept as JSON text:\n  mix")


# without an engine


def test_a_schema_alone_has_names_and_no_counts() -> None:
    planned = plan(typed(USERS))
    assert planned.tables["root_p"] == ["_id", "_parent", "_pos", "_pos_2"]
    assert "100%" not in str(planned)


def test_a_map_is_shown_once_and_named() -> None:
    planned = plan(typed({"_id": "int", "m": {f"{n:024x}": {"v": "int"} for n in range(457)}}))
    assert planned.maps == ["m"]
    assert "... 456 more of this shape" in str(planned)
    assert len(str(planned).splitlines()) < 15


def test_a_key_of_any_length_is_shown_short() -> None:
    planned = plan(typed({"_id": "int", "x" * 300: "int"}))
    assert max(map(len, str(planned).split("\n\n")[0].splitlines())) <= 100
    assert planned.made.reasons["x" * 300] == "over 255 bytes"


def test_few_of_many_names_in_each_object_are_keys(spark: Any) -> None:
    names = [f"lib-{chr(97 + n)}" for n in range(24)]
    df = spark.createDataFrame(
        [(n, tuple("1" if at == n else None for at in range(24))) for n in range(10)],
        typed({"_id": "int", "uses": dict.fromkeys(names, "string")}),
    )
    assert plan(df).maps == ["uses"]
    assert plan(df, sample=0).maps == []


@pytest.mark.parametrize(("has", "maps"), [(8, ["labels"]), (20, [])])
def test_objects_of_one_shape_are_keyed_where_each_document_has_others(
    spark: Any, has: int, maps: list[str]
) -> None:
    names = [f"lang{chr(97 + n)}" for n in range(24)]
    rows = [[("x", 1) if (at + n) % 24 < has else None for at in range(24)] for n in range(9)]
    df = spark.createDataFrame(
        [(n, tuple(row)) for n, row in enumerate(rows)],
        typed({"_id": "int", "labels": {name: {"a": "string", "b": "int"} for name in names}}),
    )
    assert plan(df).maps == maps


def test_a_key_that_is_not_there_is_a_note() -> None:
    planned = plan(typed({"a": ["int"]}))
    assert planned.tables["root_a"] == ["_document", "_parent", "_pos", "value"]
    assert "there is no _id" in str(planned)


def test_what_is_deeper_than_asked_is_one_column() -> None:
    planned = plan(typed({"_id": "int", "a": {"b": {"c": "int"}}}), max_depth=2)
    assert planned.tables == {"root": ["_id", "a_b"]}
    assert "c " not in str(planned).split("\n\n")[0].splitlines()[-1]


def test_more_than_can_be_made_is_a_note_and_no_error() -> None:
    planned = plan(typed({"_id": "int"} | {f"f{n}": "int" for n in range(5001)}))
    assert "more than relational makes unless told" in str(planned)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(RequestError, match="names: 'x' is not known"):
        plan(typed(USERS), names="x")
