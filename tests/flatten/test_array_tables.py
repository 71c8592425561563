"""The relational form: one table per array; every value once; keys that agree between runs."""

import random
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from pyspark.sql import types as T

from support.chain import typed
from workbench.errors import (
    BoundExceeded,
    KeyNotUnique,
    NameCollision,
    RequestError,
    UnknownPath,
    UnsupportedType,
)
from workbench.flatten import plan_tables, relational

USERS = {
    "_id": "string",
    "p": [{"type": "string", "n": {"x": "bigint"}, "tags": ["string"]}],
    "s": {"a": "bigint", "l": ["bigint"]},
    "grid": [["int"]],
}
ROWS = [
    ("two", [("x", (1,), ["t", None]), ("y", None, [])], (1, [7]), [[1, None], [], None]),
    ("empty", [], (2, []), []),
    ("null", None, None, None),
    ("of null", [None], (None, None), [None, [2]]),
]


def rows(df: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in df.collect()), key=repr)


def columns(shape: Any, **options: Any) -> dict[str, list[str]]:
    planned = plan_tables(typed(shape), **options)
    return {t.name: [*t.own, *(c.name for c in t.columns)] for t in planned.tables}


# the plan, without an engine


def test_each_array_is_a_table_with_key_parent_and_position() -> None:
    assert columns(USERS, root="users") == {
        "users": ["_id", "s_a"],
        "users_p": ["_id", "_parent", "_pos", "type", "n_x"],
        "users_p_tags": ["_id", "_parent", "_pos", "value"],
        "users_s_l": ["_id", "_parent", "_pos", "value"],
        "users_grid": ["_id", "_parent", "_pos"],
        "users_grid_value": ["_id", "_parent", "_pos", "value"],
    }


def test_arrays_of_arrays_of_arrays_are_values_of_values() -> None:
    assert list(columns({"_id": "int", "a": [[[{"b": ["int"]}]]]})) == [
        "root",
        "root_a",
        "root_a_value",
        "root_a_value_value",
        "root_a_value_value_b",
    ]


def test_a_field_named_like_a_key_column_gives_way_and_is_listed() -> None:
    shape = {"_id": "int", "p": [{"_id": "int", "_pos": "int", "_parent": "int", "_ID": "int"}]}
    planned = plan_tables(typed(shape))
    assert [c.name for c in planned.tables[1].columns] == ["_id_2", "_pos_2", "_parent_2", "_id_3"]
    assert planned.renames["p[]._pos"] == "root_p._pos_2"


def test_a_table_whose_name_was_taken_is_listed_with_its_reason() -> None:
    schema = typed({"_id": "bigint", "order": {"lines": ["bigint"]}, "order_lines": ["bigint"]})
    planned = plan_tables(schema)
    assert planned.renames == {"order.lines": "root_order_lines_2"}
    assert planned.reasons == {"order.lines": "root_order_lines is taken"}
    plain = plan_tables(typed({"_id": "bigint", "aB": {"cD": [["bigint"]]}}))
    assert plain.renames == {} and [t.name for t in plain.tables][1:] == [
        "root_a_b_c_d",
        "root_a_b_c_d_value",
    ]


@pytest.mark.parametrize("key", ["_parent", "_pos", "_POS"])
def test_a_key_named_like_a_key_column_gives_way_in_the_other_tables(key: str) -> None:
    found = columns({key: "int", "p": [{key: "int"}]}, key=key, names="source")
    assert found == {"root": [key], "root_p": [f"{key}_2", "_parent", "_pos", f"{key}_3"]}


def test_a_known_column_gives_way_to_a_new_key() -> None:
    shape = {"k": "int", "_document": "int", "p": [{"k": "int"}]}
    before = plan_tables(typed(shape), "_document").names
    planned = plan_tables(typed(shape), "k", known=before)
    assert [*planned.tables[1].own, planned.tables[1].columns[0].name] == [
        "k",
        "_parent",
        "_pos",
        "k_2",
    ]


def test_two_arrays_never_share_a_table() -> None:
    shape = {"_id": "int", "a_b": ["int"], "a": {"b": ["int"], "B": ["int"]}, "A_b": ["int"]}
    assert len({name.lower() for name in columns(shape)}) == 5


@pytest.mark.parametrize("order", list(permutations(["a", "a_b", "aB", "_id"])))
def test_names_do_not_depend_on_the_order_of_fields(order: tuple[str, ...]) -> None:
    kinds = {"a": {"b": ["int"]}, "a_b": ["int"], "aB": ["int"], "_id": "int"}
    names = plan_tables(typed({name: kinds[name] for name in order})).names
    assert names == {
        "": "root",
        "_id": "_id",
        "a.b": "root_a_b_2",
        "a_b": "root_a_b",
        "aB": "root_a_b_3",
        "a.b[]": "value",
        "a_b[]": "value",
        "aB[]": "value",
    }


def test_names_given_before_stay() -> None:
    before = plan_tables(typed({"_id": "int", "p": [{"aB": "int"}], "P": ["int"]})).names
    after = typed({"_id": "int", "p": [{"aB": "int", "a_b": "int"}], "P": ["int"], "p_": ["int"]})
    names = plan_tables(after, known=before).names
    assert {path: names[path] for path in before} == before


def test_the_name_of_a_field_that_is_gone_is_not_given_to_another() -> None:
    before = plan_tables(typed({"_id": "int", "p": [{"aB": "int"}]})).names
    names = plan_tables(typed({"_id": "int", "p": [{"a_b": "int"}]}), known=before).names
    assert names["p[].a_b"] == "a_b_2"


def test_names_given_before_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(NameCollision, match="a and b are both called x"):
        plan_tables(typed({"_id": "int", "a": "int", "b": "int"}), known={"a": "x", "b": "x"})


def test_source_names_keep_the_keys() -> None:
    assert columns({"_id": "int", "aB": [{"c D": {"e": "int"}}]}, names="source", sep=".") == {
        "root": ["_id"],
        "root.aB": ["_id", "_parent", "_pos", "c D.e"],
    }


def test_a_key_inside_an_object_is_named_like_its_column() -> None:
    assert columns({"k": {"id": "int"}, "l": ["int"]}, key="k.id") == {
        "root": ["k_id"],
        "root_l": ["k_id", "_parent", "_pos", "value"],
    }


def test_what_is_deeper_than_asked_stays_as_text() -> None:
    assert columns({"_id": "int", "a": {"b": {"c": "int"}}, "l": [["int"]]}, max_depth=2) == {
        "root": ["_id", "a_b"],
        "root_l": ["_id", "_parent", "_pos", "value"],
    }


@pytest.mark.parametrize("key", ["_ids", "s", "p", "p[].type", ""])
def test_a_key_that_is_no_single_value_names_the_nearest(key: str) -> None:
    with pytest.raises(UnknownPath, match=r"key: .* is not a single value.*There are: (_id|s\.a)"):
        plan_tables(typed(USERS), key)


def test_too_many_columns_are_refused_with_what_to_do() -> None:
    wide = typed({"_id": "int"} | {f"f{i}": "int" for i in range(20)})
    with pytest.raises(BoundExceeded, match=r"21 columns, and 20 are allowed.*as_map"):
        plan_tables(wide, max_columns=20)


def test_too_many_tables_are_refused_with_what_to_do() -> None:
    many = typed({"_id": "int"} | {f"f{i}": ["int"] for i in range(5)})
    with pytest.raises(BoundExceeded, match=r"6 tables, and 5 are allowed.*as_map"):
        plan_tables(many, max_tables=5)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (T.MapType(T.StringType(), T.LongType()), "m is a map .*map_entries"),
        (T.ArrayType(T.DayTimeIntervalType()), "m.* is of type interval.*Cast it"),
    ],
)
def test_a_type_that_json_does_not_have_is_refused(kind: T.DataType, said: str) -> None:
    schema = T.StructType([T.StructField("_id", T.LongType()), T.StructField("m", kind)])
    with pytest.raises(UnsupportedType, match=said):
        plan_tables(schema)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(RequestError, match="names: 'x' is not known"):
        plan_tables(typed(USERS), names="x")


# the rows, on both engines


def test_every_value_stands_once(spark: Any) -> None:
    tables = relational(spark.createDataFrame(ROWS, typed(USERS)), root="users")
    assert {name: rows(df) for name, df in tables.items()} == {
        "users": [("empty", 2), ("null", None), ("of null", None), ("two", 1)],
        "users_p": [
            ("of null", "of null", 0, None, None),
            ("two", "two", 0, "x", 1),
            ("two", "two", 1, "y", None),
        ],
        "users_p_tags": [("two", "two/p/0", 0, "t"), ("two", "two/p/0", 1, None)],
        "users_s_l": [("two", "two", 0, 7)],
        "users_grid": [
            ("of null", "of null", 0),
            ("of null", "of null", 1),
            ("two", "two", 0),
            ("two", "two", 1),
            ("two", "two", 2),
        ],
        "users_grid_value": [
            ("of null", "of null/grid/1", 0, 2),
            ("two", "two/grid/0", 0, 1),
            ("two", "two/grid/0", 1, None),
        ],
    }


def test_every_row_names_a_row_of_its_parent(spark: Any) -> None:
    tables = relational(spark.createDataFrame(ROWS, typed(USERS)), root="users")
    inner = {row[1] for row in rows(tables["users_grid_value"])}
    outer = {f"{row[1]}/grid/{row[2]}" for row in rows(tables["users_grid"])}
    assert inner < outer


def test_the_order_of_documents_changes_nothing(spark: Any) -> None:
    shuffled = random.Random(1).sample(ROWS, len(ROWS))
    one, other = (
        relational(spark.createDataFrame(some, typed(USERS))) for some in (ROWS, shuffled)
    )
    assert [(n, rows(df)) for n, df in one.items()] == [(n, rows(df)) for n, df in other.items()]


def test_odd_keys_reach_their_values(spark: Any) -> None:
    shape = {
        "_id": "bigint",
        "": {"": "bigint", "a`b": {"": ["bigint"]}},
        "a.b": [{"": "bigint", "$x": [{"": "string", "é 1": "string"}], "X": "int", "x": "int"}],
    }
    df = spark.createDataFrame([(1, (2, ([3],)), [(4, [("5", "6")], 7, 8), None])], typed(shape))
    tables = relational(df)
    found = {n: (df.columns, rows(df)) for n, df in tables.items()}
    assert found == {
        "root": (["_id", "_empty__empty"], [(1, 2)]),
        "root__empty_a_b__empty": (["_id", "_parent", "_pos", "value"], [(1, "1", 0, 3)]),
        "root_a_b": (
            ["_id", "_parent", "_pos", "_empty", "x_2", "x"],
            [(1, "1", 0, 4, 7, 8), (1, "1", 1, None, None, None)],
        ),
        "root_a_b__x": (
            ["_id", "_parent", "_pos", "_empty", "e_1"],
            [(1, "1/`a.b`/0", 0, "5", "6")],
        ),
    }


@pytest.mark.parametrize(
    ("kind", "key", "text"),
    [
        ("double", 1e10, "10000000000.0"),
        ("double", float("inf"), "Infinity"),
        ("boolean", True, "true"),
        ("bigint", -5, "-5"),
        ("fine decimal", Decimal("1E-10"), "0.0000000001"),
    ],
)
def test_a_key_of_any_kind_is_spelled_alike(spark: Any, kind: str, key: Any, text: str) -> None:
    df = spark.createDataFrame([(key, [1])], typed({"k": kind, "l": ["int"]}))
    assert rows(relational(df, "k")["root_l"]) == [(key, text, 0, 1)]


def test_a_key_that_comes_twice_is_refused_with_an_example(spark: Any) -> None:
    df = spark.createDataFrame([("a",), ("b",), ("a",)], typed({"_id": "string"}))
    with pytest.raises(KeyNotUnique, match="_id is not unique: 'a' stands in 2 rows"):
        relational(df)


def test_a_long_key_is_cut_in_the_message(spark: Any) -> None:
    df = spark.createDataFrame([("a" * 999,)] * 2, typed({"_id": "string"}))
    with pytest.raises(KeyNotUnique) as error:
        relational(df)
    assert len(str(error.value)) < 250


def test_a_key_that_is_null_is_refused(spark: Any) -> None:
    df = spark.createDataFrame([("a",), (None,)], typed({"_id": "string"}))
    with pytest.raises(KeyNotUnique, match="_id is null in 1 row"):
        relational(df)


def test_a_column_that_is_null_everywhere_stays(spark: Any) -> None:
    schema = T.StructType([T.StructField("_id", T.LongType()), T.StructField("n", T.NullType())])
    tables = relational(spark.createDataFrame([(1, None)], schema))
    assert rows(tables["root"]) == [(1, None)]


def test_deep_objects_stay_as_exact_text(spark: Any) -> None:
    df = spark.createDataFrame(
        [(1, ((2.5, "é"),), [[1, None], None])],
        typed({"_id": "bigint", "a": {"b": {"c": "double", "d": "string"}}, "l": [["int"]]}),
    )
    tables = relational(df, max_depth=2)
    assert rows(tables["root"]) == [(1, '{"c":2.5,"d":"é"}')]
    assert rows(tables["root_l"]) == [(1, "1", 0, "[1,null]"), (1, "1", 1, None)]
