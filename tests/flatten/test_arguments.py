"""Arguments of the wrong type are refused in words that name what is allowed, without an engine."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import pytest

from support.chain import typed
from workbench.errors import NameCollision, RequestError
from workbench.flatten import as_map, flatten, plan, plan_flat, plan_tables, relational, verify

NO_FRAME: Any = None  # its arguments are checked first
SCHEMA = typed({"_id": "int", "l": [{"n": "int"}], "s": {"v": "int"}})
flat, tables = partial(plan_flat, SCHEMA), partial(plan_tables, SCHEMA)


@pytest.mark.parametrize(
    ("call", "name", "value", "allowed"),
    [
        (flat, "explode", 5, "the path of an array.*or a list of paths"),
        (flat, "explode", ["l", 5], "or a list of paths"),
        (flat, "max_depth", "2", "a number of levels, for example 2, or None"),
        (flat, "max_columns", True, "a number of columns"),
        (flat, "known", {"_id": 5}, "a dictionary of paths and names"),
        (tables, "key", ["_id", 5], "the path of one field"),
        (tables, "root", 5, "a name"),
        (tables, "sep", None, "text"),
        (tables, "max_tables", 1.5, "a number of tables"),
        (partial(plan, SCHEMA), "sample", -1, "a number of rows, for example 1000, or 0"),
        (partial(plan, SCHEMA), "key", None, "the path of one field"),
        (partial(as_map, NO_FRAME), "path", ["s"], "a path"),
    ],
)
def test_each_names_its_value_and_what_it_may_be(
    call: Callable[..., Any], name: str, value: Any, allowed: str
) -> None:
    with pytest.raises(RequestError, match=rf"^{name}: .* is not what it may be: .*{allowed}"):
        call(**{name: value})


@pytest.mark.parametrize(
    "call", [flatten, relational, plan, partial(as_map, path="a"), lambda df: verify(df, df)]
)
def test_what_is_no_dataframe_of_spark_is_named(call: Callable[[Any], Any]) -> None:
    with pytest.raises(RequestError, match=r"pandas.*DataFrame is no DataFrame of Spark"):
        call(pd.DataFrame({"a": [1]}))


def test_known_columns_of_a_flat_table_differ_too() -> None:
    with pytest.raises(NameCollision, match=r"known: the columns _id and s\.v are both called X"):
        plan_flat(SCHEMA, known={"_id": "x", "s.v": "X"})
