"""Flattening: the values, the rows, the names; nothing lost, nothing doubled, on both engines."""

from datetime import datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from pyspark.sql import types as T

from support.chain import typed
from workbench.errors import BoundExceeded, RequestError, UnknownPath, UnsupportedType
from workbench.flatten import flatten, plan_flat, relational, verify
from workbench.flatten import wide_structs as taking

USERS = {
    "_id": "string",
    "p": [{"type": "string", "n": {"x": "bigint"}, "tags": ["string"]}],
    "s": {"a": "bigint", "b": {"c": "string"}},
    "l": ["bigint"],
}
ROWS = [
    ("two", [("x", (1,), ["t"]), ("y", None, [])], (1, ("c",)), [1, None]),
    ("empty", [], (2, None), []),
    ("null", None, None, None),
    ("of null", [None], (None, (None,)), [None]),
]


def columns(shape: Any, explode: str | None = None, **options: Any) -> list[str]:
    return [c.name for c in plan_flat(typed(shape), explode, **options).columns]


def collect(df: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in df.collect()), key=repr)


# the plan, without an engine


def test_structs_become_columns_in_the_order_of_the_schema() -> None:
    assert columns(USERS) == ["_id", "p", "s_a", "s_b_c", "l"]


def test_the_array_becomes_its_position_and_its_fields() -> None:
    assert columns(USERS, "p") == [
        "_id",
        "p_pos",
        "p_type",
        "p_n_x",
        "p_tags",
        "s_a",
        "s_b_c",
        "l",
    ]


def test_the_position_can_be_left_out() -> None:
    assert "p_pos" not in columns(USERS, "p", position=False)


def test_an_explode_path_may_end_in_brackets() -> None:
    assert columns(USERS, "p[]") == columns(USERS, "p")


def test_brackets_at_the_end_name_the_inner_array_where_there_is_one() -> None:
    steps = plan_flat(typed({"a": [["int"]]}), "a[]").explodes
    assert [step.path for step in steps] == [("a",), ("a", None)]


def test_only_arrays_on_the_way_are_exploded() -> None:
    plan = plan_flat(typed({"a": [{"b": [{"c": ["int"]}], "d": ["int"]}]}), "a[].b")
    assert [step.path for step in plan.explodes] == [("a",), ("a", None, "b")]


def test_two_paths_never_share_a_column() -> None:
    found = columns({"a_b": "int", "a": {"b": "int", "B": "int"}, "aB": "int", "A b": "int"})
    assert found == ["a_b", "a_b_2", "a_b_4", "a_b_5", "a_b_3"]


@pytest.mark.parametrize("fields", list(permutations(["a_b", "a", "aB"])))
def test_names_do_not_depend_on_the_order_of_fields(fields: tuple[str, ...]) -> None:
    plan = plan_flat(typed({key: {"b": "int"} if key == "a" else "int" for key in fields}))
    assert {c.path: c.name for c in plan.columns} == {
        ("a_b",): "a_b",
        ("a", "b"): "a_b_2",
        ("aB",): "a_b_3",
    }


def test_every_rename_is_listed_and_nothing_else() -> None:
    plan = plan_flat(typed({"_id": "int", "a": {"b": "int"}, "aB": "int", "": "int"}))
    assert plan.renames == {"aB": "a_b_2", "``": "_empty"}


def test_source_names_keep_the_keys() -> None:
    assert columns({"aB": {"c d": "int"}}, names="source", sep=".") == ["aB.c d"]


def test_source_names_that_differ_only_in_case_are_told_apart() -> None:
    assert columns({"a": "int", "A": "int"}, names="source") == ["a_2", "A"]


def test_names_given_before_stay(spark: Any) -> None:
    df = spark.createDataFrame([(1, 2)], typed({"aB": "int", "a_b": "int"}))
    assert flatten(df).columns == ["a_b_2", "a_b"]
    assert flatten(df, known={"aB": "a_b"}).columns == ["a_b", "a_b_2"]


def test_a_depth_below_the_document_is_refused() -> None:
    with pytest.raises(RequestError, match="max_depth: 0 is less than 1"):
        plan_flat(typed({"a": "int"}), max_depth=0)


def test_an_unknown_path_names_the_nearest() -> None:
    with pytest.raises(UnknownPath, match=r"alreadyHaveProduct is not an array.*HaveProducts"):
        plan_flat(typed({"alreadyHaveProducts": ["int"], "z": ["int"]}), "alreadyHaveProduct")


def test_an_unknown_path_in_a_table_without_arrays_says_so() -> None:
    with pytest.raises(RequestError, match="It has no arrays"):
        plan_flat(typed({"a": "int"}), "p")


def test_a_struct_is_no_path_to_explode() -> None:
    with pytest.raises(RequestError, match="s is not an array"):
        plan_flat(typed(USERS), "s")


@pytest.mark.parametrize("option", ["names", "other_arrays"])
def test_an_unknown_option_names_the_allowed(option: str) -> None:
    with pytest.raises(RequestError, match=f"{option}: 'x' is not known. Choose .* or "):
        plan_flat(typed({"a": "int"}), **{option: "x"})  # type: ignore[arg-type]


def test_two_thousand_columns_plan_at_once() -> None:
    fields = [T.StructField(f"Field {i}", T.LongType()) for i in range(2000)]
    assert len(plan_flat(T.StructType(fields)).columns) == 2000


def test_arrays_of_different_objects_are_not_paired() -> None:
    shape = typed({"a": [{"b": ["int"]}], "c": ["int"]})
    with pytest.raises(RequestError, match=r"a\[\]\.b and c are not arrays of the same object"):
        plan_flat(shape, ["a[].b", "c"])


def test_an_array_on_the_way_need_not_be_named() -> None:
    shape = typed({"a": [{"b": ["int"]}]})
    assert plan_flat(shape, ["a", "a[].b"]) == plan_flat(shape, "a[].b")


def test_objects_deeper_than_asked_stay_as_text() -> None:
    shape = {"a": {"b": {"c": "int"}}, "l": [{"d": {"e": "int"}}]}
    assert columns(shape, "l", max_depth=2) == ["a_b", "l_pos", "l"]


def test_more_columns_than_allowed_are_refused_with_what_to_do() -> None:
    with pytest.raises(BoundExceeded, match=r"3 columns, and 2 are allowed.*as_map"):
        plan_flat(typed({"a": "int", "b": "int", "c": "int"}), max_columns=2)


def test_maps_are_refused() -> None:
    kind = T.StructType([T.StructField("m", T.MapType(T.StringType(), T.LongType()))])
    with pytest.raises(UnsupportedType, match="m is a map"):
        plan_flat(kind)


# the rows, on both engines


def test_every_row_and_value_is_kept(spark: Any) -> None:
    flat = flatten(spark.createDataFrame(ROWS, typed(USERS)), "p")
    assert collect(flat) == [
        ("empty", None, None, None, None, 2, None, "[]"),
        ("null", None, None, None, None, None, None, None),
        ("of null", 0, None, None, None, None, None, "[null]"),
        ("two", 0, "x", 1, '["t"]', 1, "c", "[1,null]"),
        ("two", 1, "y", None, "[]", 1, "c", "[1,null]"),
    ]


def test_an_inner_explode_is_asked_for_by_name(spark: Any) -> None:
    flat = flatten(spark.createDataFrame(ROWS, typed(USERS)), "p", outer=False, position=False)
    assert collect(flat.select("_id", "p_type")) == [("of null", None), ("two", "x"), ("two", "y")]


def test_without_explode_rows_stay_and_arrays_can_be_kept(spark: Any) -> None:
    flat = flatten(spark.createDataFrame(ROWS, typed(USERS)), other_arrays="keep").select(
        "_id", "l"
    )
    assert collect(flat) == [
        ("empty", []),
        ("null", None),
        ("of null", [None]),
        ("two", [1, None]),
    ]


def test_scalars_in_an_array_become_one_column(spark: Any) -> None:
    flat = flatten(spark.createDataFrame(ROWS, typed(USERS)), "l").select("_id", "l_pos", "l")
    assert collect(flat) == [
        ("empty", None, None),
        ("null", None, None),
        ("of null", 0, None),
        ("two", 0, 1),
        ("two", 1, None),
    ]


def test_a_nested_path_explodes_each_array_on_the_way(spark: Any) -> None:
    shape = {"_id": "string", "a": {"b": [{"c": [{"x": "int"}], "y": "int"}]}}
    documents = [
        ("one", ([([(1,), None], 7), ([], 8), None],)),
        ("two", ([],)),
        ("three", None),
    ]
    flat = flatten(spark.createDataFrame(documents, typed(shape)), "a.b[].c")
    assert flat.columns == ["_id", "a_b_pos", "a_b_c_pos", "a_b_c_x", "a_b_y"]
    assert collect(flat) == [
        ("one", 0, 0, 1, 7),
        ("one", 0, 1, None, 7),
        ("one", 1, None, None, 8),
        ("one", 2, None, None, None),
        ("three", None, None, None, None),
        ("two", None, None, None, None),
    ]


def test_odd_keys_reach_their_values(spark: Any) -> None:
    shape = {
        "": "bigint",
        "a.b": {"c`d": "bigint", "$x": "bigint", "": {"": "bigint", "[]": "string"}},
        "A.B": [{"": "bigint", "X": "bigint", "x": "bigint"}],
    }
    df = spark.createDataFrame([(1, (2, 3, (4, "5")), [(6, 7, 8), None])], typed(shape))
    flat = flatten(df, "`A.B`")
    assert dict(zip(flat.columns, collect(flat)[0], strict=True)) == {
        "_empty": 1,
        "a_b_c_d": 2,
        "a_b__x": 3,
        "a_b__empty__empty": 4,
        "a_b__empty___": "5",
        "a_b_pos": 0,
        "a_b__empty": 6,
        "a_b_x": 7,
        "a_b_x_2": 8,
    }


def test_a_deep_and_wide_row_is_flat(spark: Any) -> None:
    deep: Any = "bigint"
    value: Any = 1
    for _ in range(25):
        deep, value = {"b": deep}, (value,)
    shape = {"a": deep} | {f"f{i}": "bigint" for i in range(200)}
    flat = flatten(spark.createDataFrame([(value, *range(200))], typed(shape)))
    assert collect(flat) == [(1, *range(200))]


WIDE = {
    f"{kind}{at}": kind
    for at in range(2)
    for kind in ("bigint", "timestamp", "decimal(9,2)", "void", "array<struct<x: void, y: int>>")
}


def test_wide_structs_are_opened_whatever_the_kinds_of_their_fields(
    spark: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(taking, "WIDE", 5)
    kinds = ", ".join(f"`{name}`: {kind}" for name, kind in WIDE.items())
    values = [7, datetime(2022, 1, 18, 3), Decimal("1.50"), None, [(None, 1), None]] * 2
    df = spark.createDataFrame(
        [(1, tuple(values), [tuple(values), None]), (2, None, None), (3, (None,) * 10, [])],
        f"_id int, `o.``` struct<{kinds}>, a array<struct<{kinds}>>",
    )
    flat = flatten(df, "a")
    texts = [7, datetime(2022, 1, 18, 3), Decimal("1.50"), None, '[{"y":1},null]'] * 2
    none = [None] * 10
    rows = {(row[0], row[11]): list(row) for row in flat.collect()}
    assert len(flat.columns) == 22
    assert rows == {
        (1, 0): [1, *texts, 0, *texts],
        (1, 1): [1, *texts, 1, *none],
        (2, None): [2, *none, None, *none],
        (3, None): [3, *none, None, *none],
    }
    assert verify(df, flat) == 3 + 2 * 8


@pytest.mark.parametrize("wide", [0, taking.WIDE])
def test_an_object_kept_as_text_keeps_its_keys_beside_an_empty_one(
    spark: Any, monkeypatch: Any, wide: int
) -> None:
    monkeypatch.setattr(taking, "WIDE", wide)
    shape = {"_id": "int", "o": {"p": {"": {"x": "bigint", "": ["bigint"]}, "y": "string"}}}
    df = spark.createDataFrame([(1, (((5, [6]), "t"),)), (2, None)], typed(shape))
    flat = flatten(df, max_depth=2)
    assert collect(flat) == [(1, '{"":{"x":5,"":[6]},"y":"t"}'), (2, None)]
    assert verify(df, flat, max_depth=2) == 5


PAIRS = {"_id": "int", "o": {"a": ["bigint"], "b": [{"x": "string"}]}}
PAIRED: list[Any] = [
    (1, ([5, None], [("p",), ("q",), None])),
    (2, ([], None)),
    (3, None),
    (4, ([7], [])),
]


def test_a_document_is_not_copied_to_each_of_its_elements(spark: Any) -> None:
    entries = "transform(sequence(1, 4000), i -> named_struct('i', i, 's', repeat('x', 2000)))"
    log = f"'version', 1, 'id', 'a', 'entries', {entries}"
    df = spark.sql(f"select named_struct({log}) as log")
    pairs = spark.sql(f"select named_struct({log}, 'marks', sequence(1, 3999)) as log")
    for flat in (flatten(df, "log.entries"), flatten(pairs, ["log.entries", "log.marks"])):
        sums = flat.selectExpr(
            "sum(log_version)", "sum(length(log_entries_s))", "max(log_entries_i)"
        )
        assert tuple(sums.collect()[0]) == (4000, 8_000_000, 4000)
    tables = relational(df, "log.id")
    sums = tables["root_log_entries"].selectExpr("max(log_id)", "sum(length(s))", "max(_pos)")
    assert tuple(sums.collect()[0]) == ("a", 8_000_000, 3999)


def test_siblings_are_paired_each_with_its_own_position(spark: Any) -> None:
    df = spark.createDataFrame(PAIRED, typed(PAIRS))
    flat = flatten(df, ["o.a", "o.b"])
    assert flat.columns == ["_id", "o_a_pos", "o_a", "o_b_pos", "o_b_x"]
    assert collect(flat) == [
        (1, 0, 5, 0, "p"),
        (1, 1, None, 1, "q"),
        (1, None, None, 2, None),
        (2, None, None, None, None),
        (3, None, None, None, None),
        (4, 0, 7, None, None),
    ]
    assert verify(df, flat) == 4 + 4


def test_a_cross_product_is_made_only_when_asked_for(spark: Any) -> None:
    df = spark.createDataFrame(PAIRED, typed(PAIRS))
    flat = flatten(df, ["o.a", "o.b"], how="cross")
    assert collect(flat.where("_id = 1")) == [
        (1, 0, 5, 0, "p"),
        (1, 0, 5, 1, "q"),
        (1, 0, 5, 2, None),
        (1, 1, None, 0, "p"),
        (1, 1, None, 1, "q"),
        (1, 1, None, 2, None),
    ]
    assert flat.count() == 6 + 1 + 1 + 1
    assert verify(df, flat, explode=["o.a", "o.b"], how="cross") == 8
    assert verify(df, flat) == 8  # the rows tell that they were not paired
    few = spark.createDataFrame([(1, ([5, 6], [("p",)]))], typed(PAIRS))
    assert verify(few, flatten(few, ["o.a", "o.b"], how="cross")) == 4  # two rows either way


def test_a_cross_product_is_bounded(spark: Any) -> None:
    df = spark.createDataFrame(PAIRED, typed(PAIRS))
    with pytest.raises(BoundExceeded, match=r"o\.a, o\.b would have 9 rows, and 8 are allowed"):
        flatten(df, ["o.a", "o.b"], how="cross", max_rows=8)


def test_siblings_inside_an_array_are_paired_per_element(spark: Any) -> None:
    shape = {"_id": "int", "l": [{"a": ["int"], "b": ["int"], "n": "int"}]}
    df = spark.createDataFrame([(1, [([1, 2], [3], 8), None, ([], [4], 9)])], typed(shape))
    flat = flatten(df, ["l[].a", "l[].b"])
    assert collect(flat) == [
        (1, 0, 0, 1, 0, 3, 8),
        (1, 0, 1, 2, None, None, 8),
        (1, 1, None, None, None, None, None),
        (1, 2, None, None, 0, 4, 9),
    ]
    assert verify(df, flat) == 1 + 4 + 2


def test_a_separator_and_a_prefix_are_part_of_each_name() -> None:
    shape = {"aB": {"c": "int"}, "l": ["int"]}
    assert columns(shape, sep="__", prefix="raw_") == ["raw_a_b__c", "raw_l"]
    assert columns(shape, names="source", sep="/", prefix="Ö") == ["ÖaB/c", "Öl"]


@pytest.mark.parametrize("option", [{"sep": "."}, {"prefix": "Raw"}])
def test_letters_that_athena_does_not_take_are_refused(option: dict[str, Any]) -> None:
    with pytest.raises(RequestError, match="has other letters"):
        plan_flat(typed({"a": "int"}), **option)


def test_objects_and_arrays_stay_json_text_where_that_is_asked_for() -> None:
    planned = plan_flat(
        typed({"s": {"a": "int"}, "l": [{"m": ["int"]}]}), "l", as_json=["l[].m", "s"]
    )
    assert [(c.name, c.form) for c in planned.columns] == [
        ("s", "json"),
        ("l_pos", "position"),
        ("l_m", "json"),
    ]


@pytest.mark.parametrize("path", ["n", "gone", "l[].n", ""])
def test_what_is_no_object_or_array_cannot_stay_json_text(path: str) -> None:
    with pytest.raises(UnknownPath, match="is no object or array"):
        plan_flat(typed({"n": "int", "l": [{"m": "int"}]}), as_json=[path])


def test_an_array_to_explode_cannot_stay_json_text() -> None:
    with pytest.raises(RequestError, match="as_json: l cannot stay JSON text"):
        plan_flat(typed({"l": ["int"]}), "l", as_json=["l"])
