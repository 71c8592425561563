"""The heat map of product types by score ranges: who has what, and how well they score."""

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import pandas as pd
from matplotlib import rcParams
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from workbench.charts.chart import Chart
from workbench.charts.drawing import MARGIN, ROW, WIDTH, add_box, frame, name_rows, row_labels
from workbench.charts.numbers import check_columns, plain_rows, range_names
from workbench.charts.telling import Telling, Words
from workbench.charts.typesetting import chart_style, colour, text_width, wrap
from workbench.words import Locale, integer, label, percent

_COLUMNS: Final = ("product_type", "range_order", "lower", "upper", "users")
_MOST_TYPES: Final = 4
_MOST_LINES: Final = 3
_FAINTEST: Final = 0.06
_LEAST: Final = 0.5  # inches; a share of 100,0%
_AROUND: Final = 0.08


def products_by_range(
    cells: pd.DataFrame,
    *,
    users_total: int,
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
) -> Chart:
    """Draw the distinct users of each score range and product type, as shares of all users.

    `cells` has one row per product type (null = users without products) and score range that
    have users: `product_type`, `range_order`, `lower` and `upper` (inclusive, null = open, both
    null = no score), `users` (distinct), and maybe its label `score_group`. The four types with
    the most users are drawn, and those without products; `numbers` has all. Raises ValueError for
    an empty table, a missing column, or an unknown locale or style.
    """
    told = Telling(locale, source, date, style)
    check_columns(cells, "cells", _COLUMNS)
    ranges, types, counts = _sorted(cells)
    named = [kind for kind in types if kind is not None]
    drawn = named[:_MOST_TYPES] + types[len(named) :]
    names = range_names(list(ranges.values()), locale)
    top = max(counts, key=lambda cell: (counts[cell], cell[1] is not None))
    share = counts[top] / users_total if users_total else 0.0
    most = list(counts.values())
    said = {
        "n": integer(users_total, locale),
        "type": told.type_name(top[1]),
        "range": names[list(ranges).index(top[0])],
        "share": percent(share, locale, decimals=0),
        "value": told.count_and_share(counts[top], share),
        "count": integer(most.count(counts[top]), locale),
    }
    sizes = {"shown": integer(_MOST_TYPES, locale), "all": integer(len(named), locale)}
    said["cut"] = label("types_cut", locale, **sizes) if len(named) > _MOST_TYPES else ""
    said["several"] = label("types_several", locale) if sum(most) > users_total else ""
    finding = "heat_tied" if most.count(counts[top]) > 1 else "heat_title"
    finding = finding if named else "types_none"
    finding = finding if counts[top] else "no_users"
    words = told.words(finding, "heat_subtitle", "heat_alt", said)
    rows = [[counts.get((order, kind), 0) for kind in types] for order in ranges]
    table = pd.DataFrame({label("range", locale): names})
    for place, kind in enumerate(drawn, 1):
        # Two types may be shown alike (an empty name, a space), so names do not serve as keys.
        texts = [integer(counts.get((order, kind), 0), locale) for order in ranges]
        table.insert(place, told.type_name(kind), texts, allow_duplicates=True)
    shares = [
        [counts.get((order, kind), 0) / (users_total or 1) for kind in drawn] for order in ranges
    ]
    heads = [told.type_name(kind) for kind in drawn]
    figure = _draw(names, heads, shares, locale, words, style)
    numbers = {"users": users_total, "types": types, "ranges": names, "cells": rows}
    return Chart(
        "products_by_range", **words, table=table, numbers=numbers, figure=figure, style=style
    )


Cell = tuple[int, str | None]


def _sorted(
    cells: pd.DataFrame,
) -> tuple[dict[int, dict[Any, Any]], list[str | None], dict[Cell, int]]:
    """A row of each range, in order; types by their users, null last; the users of each pair."""
    ranges: dict[int, dict[Any, Any]] = {}
    counts: dict[Cell, int] = {}
    totals: dict[str | None, int] = {}
    for row in plain_rows(cells):
        order, kind = int(row["range_order"]), row["product_type"]
        kind = None if kind is None else str(kind)
        ranges[order] = row
        counts[order, kind] = counts.get((order, kind), 0) + int(row["users"])
        totals[kind] = totals.get(kind, 0) + int(row["users"])
    types = sorted(totals, key=lambda kind: (kind is None, -totals[kind], str(kind)))
    return {order: ranges[order] for order in sorted(ranges)}, types, counts


def _draw(
    rows: Sequence[str],
    heads: Sequence[str],
    shares: Sequence[Sequence[float]],
    locale: Locale,
    words: Words,
    style: str,
) -> Figure:
    """One rectangle a cell, deeper for more users, each with its share."""
    with chart_style(style):
        lines, _, left = row_labels(rows)
        size = rcParams["xtick.labelsize"]
        ends = list(accumulate(_widths(heads, WIDTH - MARGIN - left, size), initial=0.0))
        columns = list(pairwise(ends))
        titles = [
            wrap(head, end - start - _AROUND, size, most=_MOST_LINES)
            for head, (start, end) in zip(heads, columns, strict=True)
        ]
        above = (max(t.count("\n") for t in titles) + 1) * size * 1.25 / 72 + 0.06
        figure, axes = frame(words, left, height=ROW * len(rows), below=0, above=above)
        name_rows(axes, lines)
        axes.set(xlim=(0, ends[-1]))
        axes.spines["left"].set_visible(False)
        most = max(max(row) for row in shares)
        for place, row in enumerate(shares):
            for (start, end), share in zip(columns, row, strict=True):
                fill = _deeper(share / (most or 1))
                add_box(axes, start + 0.015, place - 0.46, end - start - 0.03, 0.92, facecolor=fill)
                text = axes.text((start + end) / 2, place, percent(share, locale), fontsize=size)
                text.set(ha="center", va="center_baseline", color=_readable(fill))
                text.set_fontweight("bold" if share == most > 0 else "normal")
        for (start, end), title in zip(columns, titles, strict=True):
            text = axes.text((start + end) / 2, -0.6, title, fontsize=size, linespacing=1.15)
            text.set(ha="center", va="bottom")
        return figure


def _widths(heads: Sequence[str], room: float, size: float) -> list[float]:
    """The widths of the columns: as their titles need where there is room, else all alike."""
    needed = [max(text_width(head, size=size), _LEAST) + _AROUND for head in heads]
    spare = (room - sum(needed)) / len(heads)
    return [n + spare for n in needed] if spare >= 0 else [room / len(heads)] * len(heads)


def _deeper(depth: float) -> str:
    """A colour from the background to the highlight; none at all stays nearly the background."""
    background, full = to_rgb(rcParams["axes.facecolor"]), to_rgb(colour("highlight"))
    part = _FAINTEST + (1 - _FAINTEST) * depth
    red, green, blue = (b + (f - b) * part for b, f in zip(background, full, strict=True))
    return str(to_hex((red, green, blue)))


def _readable(fill: str) -> str:
    """Black or white, whichever stands out more on a fill (WCAG 2.1, relative luminance)."""
    return "white" if 1.05 / (luminance(fill) + 0.05) > (luminance(fill) + 0.05) / 0.05 else "black"


def luminance(shade: Any) -> float:
    """Relative luminance by WCAG 2.1, from 0 (black) to 1 (white)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(shade)]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
