"""Objects used as maps become rows: key and value; and which objects look like maps."""

from datetime import datetime
from typing import Any

import pytest

from support.chain import typed
from workbench.errors import UnknownPath, UnsupportedType
from workbench.flatten import as_map, flatten, relational, verify
from workbench.flatten.maps import map_like

HEX = [f"{n:032x}" for n in range(2**100, 2**100 + 12)]


def rows(df: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in df.collect()), key=repr)


def test_the_fields_become_rows_with_their_name_as_key(spark: Any) -> None:
    shape = {"_id": "int", "m": {"a1": {"t": "string", "l": ["int"]}, "b2": {"t": "string"}}}
    df = spark.createDataFrame(
        [(1, (("x", [5, None]), ("y",))), (2, (None, ("z",))), (3, None)], typed(shape)
    )
    tables = relational(as_map(df, "m"))
    assert {name: rows(table) for name, table in tables.items()} == {
        "root": [(1,), (2,), (3,)],
        "root_m": [(1, "1", 0, "a1", "x"), (1, "1", 1, "b2", "y"), (2, "2", 0, "b2", "z")],
        "root_m_l": [(1, "1/m/0", 0, 5), (1, "1/m/0", 1, None)],
    }  # fmt: skip
    assert verify(as_map(df, "m"), tables) > 0


def test_bare_values_stand_in_value_in_the_widest_type(spark: Any) -> None:
    df = spark.createDataFrame([(1, (2, 0.5, None))], typed({"_id": "int", "m": NUMBERS}))
    assert rows(relational(as_map(df, "m"))["root_m"]) == [
        (1, "1", 0, "1", 2.0),
        (1, "1", 1, "2", 0.5),
    ]


NUMBERS = {"1": "bigint", "2": "double", "3": "int"}


def test_times_and_bytes_are_values_too(spark: Any) -> None:
    moment = datetime(2021, 11, 2, 3, 4, 5, 296000)
    df = spark.createDataFrame(
        [(1, ((moment, b"x", None), (None, b"", moment)))],
        "_id int, m struct<a1: struct<t: timestamp, x: binary, z: timestamp_ntz>, "
        "b2: struct<t: timestamp, x: binary, z: timestamp_ntz>>",
    )
    made = as_map(df, "m")
    assert rows(flatten(made, "m")) == [
        (1, 0, "a1", moment, bytearray(b"x"), None),
        (1, 1, "b2", None, bytearray(b""), moment),
    ]
    assert verify(made, relational(made)) == verify(made, flatten(made)) == 7


def test_values_with_a_key_of_their_own_keep_it(spark: Any) -> None:
    shape = {"_id": "int", "m": {"a": {"key": "string", "n": "int"}}}
    df = spark.createDataFrame([(1, (("mine", 2),))], typed(shape))
    table = relational(as_map(df, "m"))["root_m"]
    assert dict(zip(table.columns[3:], rows(table)[0][3:], strict=True)) == {
        "key": "a",
        "value_key": "mine",
        "value_n": 2,
    }


def test_a_field_called_value_stands_beside_the_key(spark: Any) -> None:
    shape = {"_id": "int", "m": {"a1": {"value": "int"}, "a2": {"value": "int"}}}
    df = spark.createDataFrame([(1, ((5,), (None,)))], typed(shape))
    (row,) = as_map(df, "m").collect()
    assert [tuple(entry) for entry in row["m"]] == [("a1", 5), ("a2", None)]


def test_what_is_of_several_kinds_inside_the_values_is_json_text(spark: Any) -> None:
    inside = {"a1": {"v": "string"}, "b2": {"v": ["double"]}, "c3": {"v": "timestamp", "n": "int"}}
    moment = datetime(2021, 11, 2, 3, 4, 5, 296000)
    values = (('say "é"',), ([0.5, None],), (moment, 1))
    df = spark.createDataFrame([(1, values), (2, None)], typed({"_id": "int", "m": inside}))
    made = as_map(df, "m")
    assert rows(flatten(made, "m")) == [
        (1, 0, "a1", '"say \\"é\\""', None),
        (1, 1, "b2", "[0.5,null]", None),
        (1, 2, "c3", '"2021-11-02T03:04:05.296000Z"', 1),
        (2, None, None, None, None),
    ]
    assert verify(made, relational(made)) == 9


def test_maps_inside_arrays_and_objects_with_odd_keys(spark: Any) -> None:
    shape = {"_id": "int", "a.b": [{"": {"x y": "int", "": "int"}, "n": "int"}]}
    df = spark.createDataFrame([(1, [((5, 6), 7), None, (None, 8)])], typed(shape))
    tables = relational(as_map(df, "`a.b`[].``"))
    assert rows(tables["root_a_b"]) == [
        (1, "1", 0, 7),
        (1, "1", 1, None),
        (1, "1", 2, 8),
    ]
    assert [row[3:] for row in rows(tables["root_a_b__empty"])] == [("x y", 5), ("", 6)]


def test_no_object_at_the_path_names_those_that_look_like_maps(spark: Any) -> None:
    shape = {"_id": "int", "m": dict.fromkeys(HEX, "int")}
    df = spark.createDataFrame([(1, (1,) * 12)], typed(shape))
    with pytest.raises(UnknownPath, match=r"as_map: _id is not an object.*There are: m"):
        as_map(df, "_id")


def test_values_that_no_column_holds_together_are_refused(spark: Any) -> None:
    shape = {"_id": "int", "m": {"a": "int", "b": {"c": "int"}}}
    df = spark.createDataFrame([(1, (1, (2,)))], typed(shape))
    with pytest.raises(UnsupportedType, match=r"m\.b is struct.* are int: no column holds both"):
        as_map(df, "m")


@pytest.mark.parametrize(
    ("names", "like"),
    [
        (HEX, True),
        (map(str, range(100, 120)), True),
        ([f"2021-01-{day:02}" for day in range(1, 20)], True),
        ([f"item_{n}" for n in range(60)], True),
        ([f"q{n}" for n in range(20)], False),
        (["id", "name", "email", "phone", "street", "city", "country", "zip", "born"], False),
        (HEX[:5], False),
        ([f"spent_{word}_in_last_{n}_days" for word in "abc" for n in (30, 60, 90)], False),
        ([f"cus_9s6XKzkNRLz8i{n}" for n in range(9)], True),
    ],
)
def test_many_fields_of_one_shape_under_ids_look_like_a_map(names: Any, like: bool) -> None:
    assert map_like(typed({name: {"x": "int"} for name in names})) is like


@pytest.mark.parametrize(
    ("name", "fields", "like"),
    [
        ("node_modules/{}", 20, True),
        ("{}@example.com", 20, True),
        ("section-{}", 99, False),
        ("{}Settings", 30, False),
        ("{}", 100, True),
    ],
)
def test_objects_with_much_the_same_fields_look_like_a_map_unless_one_would_call_fields_so(
    name: str, fields: int, like: bool
) -> None:
    words = [name.format(chr(97 + n // 26) + chr(97 + n % 26)) for n in range(fields)]
    objects = {word: {"a": "int", "b": "int", "c": "int"} for word in words}
    assert map_like(typed(objects)) is like
    assert map_like(typed(objects | {words[0]: {"a": "int"}})) is like
    assert not map_like(typed(objects | {"other": "int"}))


def test_ids_of_several_shapes_are_no_map() -> None:
    assert not map_like(typed({name: {"x": "int"} for name in HEX} | {"9" * 9: "string"}))
