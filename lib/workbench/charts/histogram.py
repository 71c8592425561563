"""The distribution of the score: a histogram with the edges of the score ranges drawn in it."""

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import ceil, floor, log10
from typing import Final

import numpy as np
import pandas as pd
from matplotlib import rcParams
from matplotlib.figure import Figure

from workbench.charts.chart import Chart
from workbench.charts.drawing import (
    GAP,
    MARGIN,
    TIME_HEIGHT,
    WIDTH,
    add_box,
    frame,
    name_heights,
    whole_marks,
)
from workbench.charts.numbers import check_columns
from workbench.charts.telling import Telling, Words
from workbench.charts.typesetting import chart_style, colour, text_width
from workbench.words import FRACTIONS, Locale, decimal, integer, score_range

_MOST_STEPS: Final = 60
_SKEWED: Final = 20  # times the median: most users would stand in a step or two


def score_distribution(
    scores: pd.DataFrame,
    *,
    edges: Sequence[int],
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
) -> Chart:
    """Draw how many users have which score, the edges of the ranges, the largest one highlighted.

    `scores` has one row per score: `score` (a number, null = users without one), `users`, and
    `fractions`, where some of these have a score that is no whole number.
    `edges` are the upper edges of the ranges, inclusive, rising. Steps are of 1, 2 or 5 times a
    power of ten, at most 60 of them, each with its upper edge; where the greatest score is more
    than 20 times the median, as of amounts of money, they end at 1, 2, 5, 10, 20 and so on. The
    title names the median: half of the users with a score have that much or less. Raises ValueError
    for an empty table, a missing column, or an unknown locale or style.
    """
    told = Telling(locale, source, date, style)
    check_columns(scores, "scores", ("score", "users"))
    pairs = zip(scores["score"], scores["users"], strict=True)
    counted = sorted((float(s), int(n)) for s, n in pairs if not pd.isna(s))
    users = sum(n for _, n in counted)
    everyone = int(scores["users"].sum())
    there = [score for score, n in counted if n] or [0.0]
    skewed = bool(users) and there[0] >= 0 and there[-1] > _SKEWED * (_median(counted) or there[-1])
    steps = _growing(there, edges) if skewed else _steps(there, edges)
    counts = _count([bound for _, bound in steps], counted)
    by_range = _count(edges, counted)
    top = by_range.index(max(by_range))
    lower = edges[top - 1] + 1 if top else None
    group = FRACTIONS if "fractions" in scores and scores["fractions"].sum() else ""
    said = {
        "n": integer(everyone, locale),
        "missing": integer(everyone - users, locale),
        "width": _number(steps[0][1] - steps[0][0], locale),
        "median": _number(_median(counted), locale),
        "range": score_range(lower, edges[top] if top < len(edges) else None, locale, group),
        "value": told.count_and_share(by_range[top], by_range[top] / (everyone or 1)),
    }
    finding = "distribution_title" if users else "distribution_none"
    subtitle = "distribution_subtitle_growing" if skewed else "distribution_subtitle"
    words = told.words(finding, subtitle, "distribution_alt", said)
    columns = [[_number(bound, locale) for bound in side] for side in zip(*steps, strict=True)]
    table = told.table(
        **{"from": columns[0], "to": columns[1]}, users=[integer(n, locale) for n in counts[:-1]]
    )
    inside = (edges[top - 1] if top else None, edges[top] if top < len(edges) else None)
    figure = _draw(steps, counts[:-1], edges, inside if users else None, locale, words, style)
    numbers = {
        "users": everyone,
        "without_score": everyone - users,
        "median": _median(counted) if users else None,
        "edges": list(edges),
        "steps": [
            {"above": low, "to": high, "users": n}
            for (low, high), n in zip(steps, counts[:-1], strict=True)
        ],
    }
    return Chart(
        "score_distribution", **words, table=table, numbers=numbers, figure=figure, style=style
    )


def _steps(scores: Sequence[float], edges: Sequence[int]) -> list[tuple[float, float]]:
    """Steps of equal width over all scores and edges, each open below and closed above."""
    low, high = min([*scores, *edges]), max([*scores, *edges])
    least = max((high - low) / _MOST_STEPS, 1e-9)
    power = 10.0 ** floor(log10(least))
    width = next(w * power for w in (1, 2, 5, 10) if w * power >= least * 0.999999)
    first, last = ceil(low / width) - 1, ceil(high / width)
    return [(round(n * width, 9), round((n + 1) * width, 9)) for n in range(first, last)]


def _growing(scores: Sequence[float], edges: Sequence[int]) -> list[tuple[float, float]]:
    """Steps that end at 1, 2 and 5 times the powers of ten, from the least score above zero."""
    least, high = next(score for score in scores if score > 0), max([*scores, *edges])
    powers = range(floor(log10(least)), ceil(log10(high)) + 1)
    ends = [float(f"{digit}e{power}") for power in powers for digit in (1, 2, 5)]
    first = bisect_left(ends, least)
    used = ends[first : bisect_left(ends, high) + 1]
    zero = [(-ends[first], 0.0)] if min([*scores, *edges]) <= 0 else []
    return [*zero, *pairwise([0.0, *used])]


def _count(bounds: Sequence[float], counted: Sequence[tuple[float, int]]) -> list[int]:
    """Users up to each bound and above the one before; at the end, those above the last."""
    counts = [0] * (len(bounds) + 1)
    for score, users in counted:
        counts[bisect_left(bounds, score)] += users
    return counts


def _median(counted: Sequence[tuple[float, int]]) -> float:
    """The least score that half of the users do not exceed; 0 where nobody has one."""
    sums = list(accumulate(users for _, users in counted))
    if not sums or not sums[-1]:
        return 0.0
    return counted[bisect_left(sums, sums[-1] / 2)][0]


def _number(value: float, locale: Locale) -> str:
    """Whole where it is whole, else with as many decimals as it takes, nine at most."""
    if value == int(value):
        return str(int(value))
    places = len(f"{value:.9f}".rstrip("0").partition(".")[2])
    return decimal(value, locale, places)


def _draw(
    steps: Sequence[tuple[float, float]],
    counts: Sequence[int],
    edges: Sequence[int],
    inside: tuple[int | None, int | None] | None,
    locale: Locale,
    words: Words,
    style: str,
) -> Figure:
    """Columns that touch, a dashed line at each edge, and the edges' numbers below."""
    with chart_style(style):
        top = max([1, *counts]) * 1.08
        marks = whole_marks(top)
        left = MARGIN + GAP + max(text_width(integer(mark, locale)) for mark in marks)
        right = MARGIN + 0.2
        figure, axes = frame(words, left, height=TIME_HEIGHT, below=0.26, right=right)
        bounds = [steps[0][0], *(end for _, end in steps)]
        width = bounds[1] - bounds[0]
        alike = abs(bounds[-1] - bounds[-2] - width) < width / 2
        places = bounds if alike else [width * place for place in range(len(bounds))]
        low, high = places[0], places[-1]
        axes.set(xlim=(low, high), ylim=(0, top))
        lines = {edge: float(np.interp(edge, bounds, places)) for edge in edges}
        colours = [colour("highlight" if _within(step, inside) else "grey") for step in steps]
        line_of = {"edgecolor": rcParams["axes.facecolor"], "linewidth": 0.4}
        for place, count, fill in zip(places[:-1], counts, colours, strict=True):
            add_box(axes, place, 0, width, count, facecolor=fill, **line_of)
        for place in lines.values():
            line = axes.axvline(place, color=rcParams["text.color"], linewidth=0.9)
            line.set(linestyle=(0, (4, 3)), clip_on=False)
        scale = (WIDTH - left - right) / (high - low)
        shown = _apart({edge: left + (place - low) * scale for edge, place in lines.items()})
        axes.set_xticks([lines[edge] for edge in shown], [str(edge) for edge in shown])
        name_heights(axes, marks, lambda mark: integer(mark, locale))
        return figure


def _within(step: tuple[float, float], inside: tuple[int | None, int | None] | None) -> bool:
    """Whether a step lies in a range for its greater part."""
    if inside is None:
        return False
    middle = (step[0] + step[1]) / 2
    below, upper = inside
    return (below is None or middle > below) and (upper is None or middle <= upper)


def _apart(places: Mapping[int, float]) -> list[int]:
    """The edges whose numbers fit beside each other and on the page; places are in inches."""
    shown: list[int] = []
    end, size = 0.0, rcParams["xtick.labelsize"]
    for edge, place in places.items():
        half = text_width(str(edge), size=size) / 2 + 0.04
        if place - half > end and place + half < WIDTH:
            shown.append(edge)
            end = place + half
    return shown
