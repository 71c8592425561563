"""The chart of an answer: by its columns."""

from typing import Any

import pandas as pd
import pytest

from support.readable import assert_readable
from workbench.charts.any_answer import chart_of

WORDS = {"locale": "en", "source": "users.json", "date": "2022-01-18", "before": "2022-01-11"}


def drawn(columns: dict[str, list[Any]], **more: Any) -> Any:
    table = pd.DataFrame(columns, dtype=object)
    return chart_of(table, users_total=10, **WORDS | more)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"day": [pd.Timestamp("2022-01-01")], "users": [3]}, "users_per_day"),
        ({"product_type": ["a", None], "users": [3, 1]}, "product_types"),
        (
            {
                "product_type": ["a"],
                "range_order": [1],
                "lower": [None],
                "upper": [3],
                "users": [1],
            },
            "products_by_range",
        ),
        (
            {"lower": [None], "upper": [3], "users_before": [1], "users_after": [2]},
            "change_between",
        ),
        ({"kind": ["new", "old"], "share": [0.2, 0.8], "users": [1, 4]}, "answer"),
    ],
)
def test_columns_choose_the_chart(columns: dict[str, list[Any]], name: str) -> None:
    chart = drawn(columns)
    assert chart.name == name
    assert_readable(chart)


@pytest.mark.parametrize(
    "columns",
    [
        {"users": [3]},
        {"a": ["x", "x"], "n": [1, 2]},
        {"a": ["x", "y"], "n": [1, -2]},
        {"a": ["x"], "b": ["y"]},
        {"a": [], "n": []},
        {"a": [1], "flag": [True]},
    ],
)
def test_what_suits_no_chart_has_none(columns: dict[str, list[Any]]) -> None:
    assert drawn(columns) is None


def test_without_an_earlier_ingestion_there_is_no_change() -> None:
    columns: dict[str, list[Any]] = {
        "lower": [None],
        "upper": [3],
        "users_before": [None],
        "users_after": [2],
    }
    assert drawn(columns, before=None) is None


def test_users_are_drawn_before_other_numbers() -> None:
    chart = drawn({"kind": ["new", "old"], "share": [0.9, 0.1], "users": [1, 4]})
    assert (chart.title, chart.numbers["rows"]) == ("Old: 4 (users)", [["new", 1.0], ["old", 4.0]])


def test_what_the_rows_are_in_order_of_is_told_and_drawn() -> None:
    rows: dict[str, list[Any]] = {"product_type": ["a", "b", "c"], "users": [1, 9, 4]}
    chart = drawn(rows | {"default_rate": [0.5, 0.25, 0.125]})
    assert chart.title == "A: 0.500 (default_rate)"
    assert drawn(rows | {"share": [0.5, 0.2, 0.1]}).name == "product_types"


def test_a_tie_has_no_winner() -> None:
    chart = drawn({"kind": ["a", "b", "c"], "n": [4, 1, 4]})
    assert chart.title == "2 of 3 rows: 4 (n)"


def test_of_many_rows_the_first_are_drawn_and_it_says_so() -> None:
    chart = drawn({"kind": [f"k{n}" for n in range(60)], "n": list(range(60))})
    assert len(chart.figure.axes[0].patches) == 25 and "25 of 60 rows" in chart.subtitle


def test_nulls_have_a_name_and_no_bar() -> None:
    assert drawn({"kind": ["a", None], "n": [1.5, None]}).numbers["rows"] == [
        ["a", 1.5],
        ["n/a", None],
    ]
