"""Bars of days, months or years, with the mean of seven days."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from support.chart_tables import EN, PT_BR, days
from support.readable import shown
from workbench import charts


# users per day
def test_users_per_day_title_states_the_peak() -> None:
    titles = [charts.users_per_day(days([3, 50, 9]), **words).title for words in (PT_BR, EN)]
    assert titles == [
        "Usuários novos: pico de 50 em 03/11/2021",
        "New users peaked at 50 (3 Nov 2021)",
    ]


def test_users_per_day_show_days_without_users_as_zero() -> None:
    chart = charts.users_per_day(days([5, 7], step=3), **EN)
    assert [row["users"] for row in chart.numbers["periods"]] == [5, 0, 0, 7]
    assert list(chart.table["New users"]) == ["5", "0", "0", "7"]


def test_users_per_day_count_users_without_a_date_as_missing() -> None:
    table = pd.concat([days([5, 7]), pd.DataFrame({"day": [None], "users": [4]})])
    chart = charts.users_per_day(table, **EN)
    assert "2 Nov 2021 to 3 Nov 2021; N = 12; no date: 4" in chart.subtitle


def test_users_per_day_accept_that_no_one_has_a_date() -> None:
    chart = charts.users_per_day(pd.DataFrame({"day": [None], "users": [4]}), **EN)
    assert chart.title == "No new users in the period"
    assert chart.numbers["without_date"] == 4


def test_users_per_day_accept_timestamps_in_any_order() -> None:
    table = days([5, 7, 9]).iloc[::-1].assign(day=lambda t: pd.to_datetime(t["day"]))
    assert [row["users"] for row in charts.users_per_day(table, **EN).numbers["periods"]] == [
        5,
        7,
        9,
    ]


def test_users_per_day_mean_is_of_a_day_and_the_six_before_it() -> None:
    chart = charts.users_per_day(days([7, 0, 0, 0, 0, 0, 0, 14]), **EN)
    assert chart.numbers["mean_of_7_days"] == [None] * 6 + [1.0, 2.0]
    assert list(chart.table["7-day mean"]) == ["n/a"] * 6 + ["1.0", "2.0"]
    (line,) = chart.figure.axes[0].lines
    assert np.ravel(line.get_ydata()).tolist() == [1.0, 2.0] and "7-day\nmean" in shown(chart)


@pytest.mark.parametrize("table", [days([1] * 6), days([0] * 70), days([1] * 1101)])
def test_users_per_day_without_seven_days_of_users_have_no_mean(table: pd.DataFrame) -> None:
    chart = charts.users_per_day(table, **EN)
    assert chart.numbers["mean_of_7_days"] == [] and not chart.figure.axes[0].lines


@pytest.mark.parametrize(
    ("table", "grain", "periods"),
    [
        (days([1] * 1100), "day", 1100),
        (days([1] * 1101), "month", 37),
        (days([1, 2], first=dt.date(1900, 3, 1), step=40_000), "year", 110),
    ],
)
def test_users_per_day_widen_the_grain_of_long_periods(
    table: pd.DataFrame, grain: str, periods: int
) -> None:
    numbers = charts.users_per_day(table, **EN).numbers
    assert (numbers["grain"], len(numbers["periods"])) == (grain, periods)
    assert sum(row["users"] for row in numbers["periods"]) == table["users"].sum()


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (1, ["02/11\n2021"]),
        (70, ["02/11\n2021", "16/11", "30/11", "14/12", "28/12"]),
        (1096, ["jan\n2022", "jul", "jan\n2023", "jul", "jan\n2024", "jul"]),
    ],
)
def test_users_per_day_label_few_days_of_any_period(length: int, labels: list[str]) -> None:
    axes = charts.users_per_day(days([3] * length), **PT_BR).figure.axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == labels
