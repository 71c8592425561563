"""`verify`: a result that has lost, doubled or changed a leaf or a row is named by its path."""

from typing import Any

import pytest
from pyspark.sql import functions as F

from support.chain import typed
from workbench.errors import LeavesLost
from workbench.flatten import flatten, relational, verify

SHAPE = {
    "_id": "string",
    "p": [{"type": "string", "n": {"x": "bigint"}, "tags": ["string"]}],
    "s": {"a": "bigint", "day": "date", "small": "double"},
    "grid": [["int"]],
}
ROWS = [
    ("two", [("x", (1,), ["t", None]), ("y", None, [])], (1, None, 0.5), [[1, None], [], None]),
    ("empty", [], (2, None, None), []),
    ("null", None, None, None),
    ("of null", [None], (None, None, None), [None, [2]]),
]
LEAVES = 4 + 3 + 1 + 2 + 1 + 2


@pytest.fixture
def df(spark: Any) -> Any:
    return spark.createDataFrame(ROWS, typed(SHAPE))


def test_the_relational_form_holds_every_leaf(df: Any) -> None:
    assert verify(df, relational(df, root="users")) == LEAVES


def test_tables_that_were_read_back_can_be_verified(df: Any) -> None:
    assert verify(df, dict(relational(df, root="users"))) == LEAVES


def test_objects_kept_as_text_are_compared_as_text(df: Any) -> None:
    assert verify(df, relational(df, max_depth=2)) == LEAVES


@pytest.mark.parametrize("explode", [None, "p", "p[].tags", "grid[]"])
@pytest.mark.parametrize("other_arrays", ["json", "keep"])
def test_the_flat_form_holds_every_leaf(df: Any, explode: str | None, other_arrays: str) -> None:
    assert verify(df, flatten(df, explode, other_arrays=other_arrays)) == LEAVES


def test_options_can_be_given_again(df: Any) -> None:
    flat = flatten(df, "p", names="source", sep="/", position=False)
    assert verify(df, flat, explode="p", names="source", sep="/") == LEAVES


def test_an_inner_explode_has_lost_rows(df: Any) -> None:
    with pytest.raises(LeavesLost, match=r"s\.a: expected 3 values; found 2 values"):
        verify(df, flatten(df, "p", outer=False))


def test_a_column_that_is_gone_is_named_by_its_path(df: Any) -> None:
    with pytest.raises(LeavesLost, match=r"p\[\]\.type: expected 2 values.*found 0"):
        verify(df, flatten(df, "p").drop("p_type"))


def test_a_changed_value_is_seen(df: Any) -> None:
    with pytest.raises(LeavesLost, match=r"p\[\]\.n\.x: expected 1 values; found others"):
        verify(df, flatten(df, "p").withColumn("p_n_x", F.col("p_n_x") + 1))


def test_a_row_of_nulls_that_is_gone_is_seen(df: Any) -> None:
    tables = relational(df)
    tables["root_grid"] = tables["root_grid"].where("_pos < 2")
    with pytest.raises(LeavesLost, match="grid: expected 5 rows in root_grid; found 4"):
        verify(df, tables)


def test_a_table_that_is_gone_is_named(df: Any) -> None:
    tables = relational(df)
    del tables["root_p_tags"]
    with pytest.raises(LeavesLost, match=r"p\[\]\.tags: no table root_p_tags"):
        verify(df, tables)


def test_what_stays_json_text_under_other_names_is_verified(df: Any) -> None:
    options: Any = {"as_json": ["p[].tags", "s"], "prefix": "x_", "sep": "__"}
    tables = relational(df, **options)
    assert verify(df, tables) == LEAVES
    assert tables["root__p"].columns == ["x__id", "_parent", "_pos", "x_type", "x_n__x", "x_tags"]
    assert verify(df, flatten(df, "p", **options), explode="p", **options) == LEAVES
