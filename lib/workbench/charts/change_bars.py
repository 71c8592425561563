"""The change between two ingestions: bars from zero, right for more users, left for fewer."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.charts.chart import Chart
from workbench.charts.drawing import MARGIN, WIDTH, frame, name_rows, row_labels
from workbench.charts.numbers import check_columns, plain_rows, range_names
from workbench.charts.telling import Telling, Words
from workbench.charts.typesetting import chart_style, colour, text_width
from workbench.words import Locale, decimal, integer, label, percent
from workbench.words import date as format_date

_SPACE: Final = 0.06
_LARGEST: Final = 10  # ten times as many and more are not told apart


def change_between(
    change: pd.DataFrame,
    *,
    before: dt.date | str | None,
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
) -> Chart:
    """Draw how the users of each score range changed, the greatest change highlighted.

    `change` has one row per range, in order: `lower` and `upper` (inclusive, null = open, both
    null = no score), `users_before` and `users_after` (null = that ingestion has no such range);
    where it has `score_group`, ranges are named by it too.
    `before` and `date` are the two ingestion dates; `before` is None where there is no earlier
    one. Raises ValueError for an empty table, a missing column, or an unknown locale or style.
    """
    told = Telling(locale, source, date, style)
    check_columns(change, "change", ("lower", "upper", "users_before", "users_after"))
    rows = plain_rows(change)
    ranges, names = [_range(row) for row in rows], range_names(rows, locale)
    texts = [_text(row, locale) for row in ranges]
    top = max(range(len(ranges)), key=lambda place: abs(ranges[place]["change"] or 0))
    most = ranges[top]["change"]
    known = [row for row in ranges if row["change"] is not None]
    finding = "change_gains" if (most or 0) > 0 else "change_loses" if most else "change_even"
    totals = [sum(row[side] or 0 for row in ranges) for side in ("users_before", "users_after")]
    shares = [
        (ranges[top][side] or 0) / (total or 1)
        for side, total in zip(("users_before", "users_after"), totals, strict=True)
    ]
    if most and (shares[1] - shares[0]) * most < 0:  # fewer of all, though more in number
        finding += "_but"
    tied = sum(abs(row["change"] or 0) == abs(most or 0) for row in ranges) if most else 0
    finding = "change_tied" if tied > 1 else finding
    finding = finding if known else "change_unknown" if before else "change_first"
    said = {
        "before": format_date(before, locale) if before else "",
        "n_before": integer(totals[0], locale),
        "n": integer(totals[1], locale),
        "range": names[top],
        "value": integer(abs(most or 0), locale),
        "share": percent(shares[1], locale, decimals=0),
        "count": integer(tied, locale),
        "values": "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True)),
    }
    first = "" if before else "_first"
    words = told.words(finding, f"change_subtitle{first}", f"change_alt{first}", said)
    figure = _draw(names, [row["change"] or 0 for row in ranges], texts,
                   top if most and tied == 1 else None, words, style)  # fmt: skip
    sides = {
        label("before", locale, date=format_date(day, locale)): [
            label("none", locale) if row[side] is None else integer(row[side], locale)
            for row in ranges
        ]
        for side, day in (("users_before", before), ("users_after", date))
        if day
    }
    table = pd.DataFrame({label("range", locale): names} | sides | {label("change", locale): texts})
    numbers = {"users_before": totals[0], "users_after": totals[1], "ranges": ranges}
    return Chart(
        "change_between", **words, table=table, numbers=numbers, figure=figure, style=style
    )


def _range(row: dict[Any, Any]) -> dict[str, Any]:
    names = ("lower", "upper", "users_before", "users_after")
    found = {name: None if row[name] is None else int(row[name]) for name in names}
    before, after = found["users_before"], found["users_after"]
    return found | {"change": None if before is None or after is None else after - before}


def _text(row: dict[str, Any], locale: Locale) -> str:
    """`+1.234 (+12,3%)`; the share is of the users before, where there were any."""
    change, before = row["change"], row["users_before"]
    if change is None:
        return label("none", locale)
    sign = "+" if change > 0 else "−" if change < 0 else ""
    number = f"{sign}{integer(abs(change), locale)}"
    if not before:
        return number
    share = abs(change) / before
    if share >= _LARGEST:
        return f"{number} (>{sign}{integer(100 * _LARGEST - 1, locale)}%)"
    return f"{number} ({sign}{decimal(100 * share, locale)}%)"


def _draw(
    names: Sequence[str],
    changes: Sequence[int],
    texts: Sequence[str],
    highlight: int | None,
    words: Words,
    style: str,
) -> Figure:
    with chart_style(style):
        lines, row, left = row_labels(names)
        figure, axes = frame(words, left, height=row * len(names), below=0)
        colours = [colour("highlight" if n == highlight else "grey") for n in range(len(names))]
        axes.barh(range(len(names)), changes, height=0.68, color=colours)
        name_rows(axes, lines)
        axes.spines["left"].set_visible(False)
        axes.axvline(0, color=rcParams["axes.edgecolor"], linewidth=rcParams["axes.linewidth"])
        weights = ["bold" if n == highlight else "normal" for n in range(len(names))]
        widths = [text_width(t, w) + _SPACE for t, w in zip(texts, weights, strict=True)]
        unit = _scale(axes, changes, widths, room=WIDTH - MARGIN - left)
        for place, (change, text) in enumerate(zip(changes, texts, strict=True)):
            x = max(change, 0) + _SPACE * unit
            axes.text(x, place, text, va="center_baseline", weight=weights[place])
        return figure


def _scale(axes: Axes, changes: Sequence[int], widths: Sequence[float], room: float) -> float:
    """Set the horizontal limits so that every bar has room for its text; returns users an inch.

    All texts are right of zero, where a bar to the left leaves room for its own.
    """
    fewest, free = min(0, *changes), room - 0.04
    pairs = zip(changes, widths, strict=True)
    unit = max((max(change, 0) - fewest) / (free - width) for change, width in pairs) or 1.0
    axes.set_xlim(fewest, fewest + room * unit)
    return unit
