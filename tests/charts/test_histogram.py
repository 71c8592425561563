"""The distribution of the score, with the edges of its ranges."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from support.readable import assert_readable, bars_of, shown
from workbench import charts
from workbench.charts.chart import Chart

WORDS: dict[str, Any] = {"locale": "en", "source": "users.json", "date": "2022-01-18"}


def drawn(
    scores: Sequence[tuple[float | None, int]], edges: Sequence[int] = (200, 400), **more: str
) -> Chart:
    table = pd.DataFrame(scores, columns=["score", "users"], dtype=object)
    return charts.score_distribution(table, edges=edges, **WORDS | more)


def test_the_title_is_the_median_of_users_with_a_score() -> None:
    chart = drawn([(100, 1), (300, 1), (900, 2), (None, 50)])
    assert chart.title == "Half of users with a score have up to 300"
    assert (chart.numbers["users"], chart.numbers["without_score"]) == (54, 50)


def test_a_score_on_an_edge_is_in_the_step_to_its_left() -> None:
    steps = drawn([(0, 0), (200, 3), (201, 5), (1000, 0)]).numbers["steps"]
    counted = {(step["above"], step["to"]): step["users"] for step in steps if step["users"]}
    assert counted == {(195, 200): 3, (200, 205): 5}


def test_the_steps_hold_every_user_with_a_score() -> None:
    steps = drawn([(-7.5, 2), (0.25, 3), (12, 4), (999.5, 1), (None, 9)]).numbers["steps"]
    assert sum(step["users"] for step in steps) == 10 and len(steps) <= 62
    assert all(left["to"] == right["above"] for left, right in pairwise(steps))


MONEY = [(0.0, 5), *((n * 0.5, 10) for n in range(1, 60)), (800.0, 2), (90_000.0, 1)]


def test_the_steps_of_skewed_amounts_grow() -> None:
    chart = drawn(MONEY, edges=(10, 100))
    steps = [(step["above"], step["to"]) for step in chart.numbers["steps"]]
    assert steps[:5] == [(-0.5, 0.0), (0.0, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 5.0)]
    counts = [step["users"] for step in chart.numbers["steps"]]
    assert sum(counts) == 598 and max(counts) < 300 and steps[-1][1] == 100_000
    assert "steps that grow" in chart.subtitle
    places = [np.ravel(line.get_xdata())[0] for line in chart.figure.axes[0].lines]
    bars = bars_of(chart)
    assert [round(bar.get_x() + bar.get_width(), 6) for bar in bars][5] == pytest.approx(places[0])


def test_every_edge_is_a_line() -> None:
    axes = drawn([(100, 5), (900, 1)], edges=[150, 333, 800]).figure.axes[0]
    assert [np.ravel(line.get_xdata())[0] for line in axes.lines] == [150, 333, 800]


def test_the_range_with_most_users_is_highlighted() -> None:
    bars = bars_of(drawn([(100, 5), (390, 9), (900, 1)], edges=[200, 400]))
    colours = {round(bar.get_x()): bar.get_facecolor() for bar in bars}
    inside = {left for left, colour in colours.items() if colour != colours[400]}
    assert (min(inside), max(inside)) == (200, 380)


def test_edges_too_close_to_be_told_apart_share_a_number() -> None:
    marks = [text for text in shown(drawn([(500, 1)], edges=range(50, 1000, 50))) if text.isdigit()]
    assert "50" in marks and "100" not in marks and "150" in marks


@pytest.mark.parametrize(
    ("scores", "edges"),
    [
        ([(place * 10, place) for place in range(100)], (200, 400, 600, 800)),
        ([(place * 10, 10**9) for place in range(100)], range(50, 1000, 50)),
        ([(5, 10**9)], (333,)),
        ([(None, 0)], (200, 400)),
        (MONEY, (10, 100)),
        ([(None, 7)], (0,)),
        ([(0.01, 1), (0.999, 2)], (1,)),
        ([(-(2.0**31), 1), (2.0**31, 1)], (-(2**31), 0, 10**6, 2**31 - 2)),
    ],
)
def test_every_text_can_be_read(
    scores: list[tuple[float | None, int]], edges: Sequence[int]
) -> None:
    for style in ("light", "dark"):
        assert_readable(drawn(scores, edges, style=style))
