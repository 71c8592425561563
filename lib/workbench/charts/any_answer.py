"""The chart of an answer: the family's own where its columns are known, else plain bars."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import pairwise
from numbers import Real
from typing import Any

import pandas as pd

from workbench.charts.change_bars import change_between
from workbench.charts.chart import Chart
from workbench.charts.drawing import draw_bars
from workbench.charts.heat_map import products_by_range
from workbench.charts.range_bars import score_ranges
from workbench.charts.telling import Telling
from workbench.charts.time_bars import users_per_day
from workbench.charts.type_bars import product_types
from workbench.words import Locale, decimal, integer, label

MOST_BARS = 25
Draw = Callable[..., Chart]
# Of the tables that have charts of their own, all columns that may be in order.
KNOWN = ("range_order", "lower", "upper", "users", "share", "expected_default_rate",
         "users_before", "users_after")  # fmt: skip


def chart_of(
    table: pd.DataFrame,
    *,
    users_total: int,
    before: str | None,
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
) -> Chart | None:
    """The chart of a small table; None where its columns suit none.

    `users_total` is the number of all users, of which product types are shares; `before` is the
    ingestion before this one. Known are the columns of the tables that `workbench.charts` takes.
    Otherwise, or where the rows are in order of another number, the first column names the bars,
    where it has no value twice; their length is that number, else `users`, else the first column of
    numbers after it. 25 are drawn at most.
    """
    words: dict[str, Any] = {"locale": locale, "source": source, "date": date, "style": style}
    has = set(table.columns)
    if table.empty:
        return None
    asked = ordered_by(table)
    if asked and asked not in KNOWN:  # what the rows are in order of is what was asked for
        return plain_bars(table, Telling(**words))
    if {"score_group", "lower", "upper", "share", "expected_default_rate"} <= has:
        return score_ranges(with_order(table), **words)
    if {"product_type", "range_order", "lower", "upper", "users"} <= has:
        return products_by_range(table, users_total=users_total, **words)
    if {"product_type", "users"} <= has and table["product_type"].is_unique:
        return product_types(table, users_total=users_total, **words)
    if {"lower", "upper", "users_before", "users_after"} <= has:
        return change_between(table, before=before, **words) if before else None
    if {"day", "users"} <= has:
        return users_per_day(table, **words)
    return plain_bars(table, Telling(**words))


def with_order(table: pd.DataFrame) -> pd.DataFrame:
    """Score ranges in the order in which they came."""
    return table if "range_order" in table else table.assign(range_order=range(1, len(table) + 1))


def plain_bars(table: pd.DataFrame, told: Telling) -> Chart | None:
    """Bars of numbers by the first column; None where that is not what the table holds."""
    name, values = table.columns[0], [n for n in table.columns[1:] if is_number(table[n])]
    if not values or not table[name].is_unique:
        return None
    value = ordered_by(table) or ("users" if "users" in values else values[0])
    if (table[value].dropna() < 0).any():
        return None
    rows = table.head(MOST_BARS)
    labels = [name_of(v, told) for v in rows[name]]
    lengths = [None if pd.isna(v) else float(v) for v in rows[value]]
    texts = [label("none", told.locale) if v is None else number(v, told.locale) for v in lengths]
    top = max(range(len(lengths)), key=lambda place: lengths[place] or 0.0)
    tied = lengths.count(lengths[top])
    said = {
        "name": str(name),
        "value": str(value),
        "top": labels[top],
        "most": texts[top],
        "count": integer(tied, told.locale),
        "shown": integer(len(rows), told.locale),
        "all": integer(len(table), told.locale),
    }
    title = "answer_tied" if tied > 1 else "answer_title"
    words = told.words(title, "answer_subtitle", "answer_alt", said)
    stressed = top if lengths[top] and tied == 1 else None
    figure = draw_bars(labels, lengths, texts, stressed, words, told.style)
    shown = pd.DataFrame({name: labels, value: texts})
    numbers = {"rows": [[n, v] for n, v in zip(labels, lengths, strict=True)]}
    return Chart("answer", **words, table=shown, numbers=numbers, figure=figure, style=told.style)


def ordered_by(table: pd.DataFrame) -> str | None:
    """The one column of numbers, after the first, that falls from row to row; users before others.

    None where no column does, or the rows are too few to tell.
    """
    falling = [
        str(name)
        for name in table.columns[1:]
        if len(table) > 2 and is_number(table[name]) and falls(table[name])
    ]
    return "users" if "users" in falling else falling[0] if falling else None


def falls(column: pd.Series) -> bool:
    values = [value for value in column if not pd.isna(value)]
    return values[0] > values[-1] and all(one >= other for one, other in pairwise(values))


def name_of(value: Any, told: Telling) -> str:
    if value is None or value is pd.NaT:
        return label("none", told.locale)
    if isinstance(value, Real) and not isinstance(value, bool):
        return number(float(value), told.locale)
    return told.type_name(str(value))


def is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers alone, and at least one; a truth is no number."""
    values = [value for value in column if value is not None and not pd.isna(value)]
    return bool(values) and all(isinstance(v, Real) and not isinstance(v, bool) for v in values)


def number(value: float, locale: Locale) -> str:
    return integer(int(value), locale) if value == int(value) else decimal(value, locale, 3)
