"""The change in users per score range between two ingestions."""

from collections.abc import Sequence

import pandas as pd
import pytest

from support.readable import assert_readable, bars_of, shown
from workbench import charts
from workbench.charts.chart import Chart

WORDS = {"locale": "en", "source": "users.json", "date": "2022-01-18", "before": "2022-01-11"}
EDGES = [(None, 200), (201, 400), (401, None), (None, None)]


def drawn(users: Sequence[tuple[int | None, int | None]], **more: str) -> Chart:
    edges = [*EDGES, *((place, place + 1) for place in range(500, 520))]
    rows = [(*edge, *pair) for edge, pair in zip(edges, users, strict=False)]
    columns = ["lower", "upper", "users_before", "users_after"]
    return charts.change_between(pd.DataFrame(rows, columns=columns, dtype=object), **WORDS | more)


@pytest.mark.parametrize(
    ("users", "title"),
    [
        ([(10, 14), (5, 2)], "Up to 200 gains 4 users"),
        ([(10, 14), (9, 2)], "201 to 400 loses 7 users"),
        ([(100, 140), (100, 300)], "201 to 400 gains 200 users"),
        ([(1000, 1400), (1, 300)], "Up to 200 gains 400 users; share falls to 82%"),
        ([(1000, 600), (700, 650)], "Up to 200 loses 400 users"),
        ([(1000, 600), (500, 200)], "Up to 200 loses 400 users; share rises to 75%"),
        ([(10, 14), (14, 10)], "2 score ranges change by 4 users"),
        ([(10, 10), (9, 9)], "No score range changed in size"),
        ([(None, 10), (None, 9)], "No earlier ingestion with the same ranges"),
    ],
)
def test_the_title_states_the_greatest_change(
    users: list[tuple[int | None, int | None]], title: str
) -> None:
    assert drawn(users).title == title


def test_labels_are_the_change_and_its_share_of_before() -> None:
    texts = list(drawn([(10, 14), (200, 150), (0, 7), (3, 3)]).table["Change"])
    assert texts == ["+4 (+40.0%)", "−50 (−25.0%)", "+7", "0 (0.0%)"]


def test_a_range_that_one_ingestion_lacks_has_no_change() -> None:
    chart = drawn([(10, None), (None, 9), (1, 1)])
    assert [row["change"] for row in chart.numbers["ranges"]] == [None, None, 0]
    assert shown(chart).count("n/a") == 2


def test_more_than_ten_times_as_many_is_not_told_apart() -> None:
    assert list(drawn([(1, 10**9)]).table["Change"]) == ["+999,999,999 (>+999%)"]


def test_bars_go_from_zero_to_either_side() -> None:
    bars = bars_of(drawn([(10, 14), (9, 2)]))
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 4), (0, -7)]


def test_the_subtitle_states_both_dates_and_populations() -> None:
    said = drawn([(10, 14), (9, 2)]).subtitle
    assert "11 Jan 2022 to 18 Jan 2022; N = 19 before, 16 after" in said


@pytest.mark.parametrize(
    "users",
    [
        [(50, 62), (90, 80), (103, 103), (400, 418)],
        [(10**9, 5), (90, 10**9), (0, 103), (None, 418)],
        [(62, 50), (90, 80), (10**9, 0)],
        [(place * 7, place * 13 % 90) for place in range(21)],
        [(0, 7)],
        [(0, 0)] * 4,
    ],
)
def test_every_text_can_be_read(users: list[tuple[int | None, int | None]]) -> None:
    for style in ("light", "dark"):
        assert_readable(drawn(users, style=style, locale="pt_BR"))
