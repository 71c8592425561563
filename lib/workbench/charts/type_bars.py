"""Users per type of product, as bars from the greatest to the least."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pandas as pd

from workbench.charts.chart import Chart
from workbench.charts.drawing import draw_bars
from workbench.charts.numbers import type_numbers
from workbench.charts.telling import Telling
from workbench.words import Locale, integer, label, percent

_MOST_TYPES: Final = 20
_LONGEST_NAME: Final = 40


def product_types(
    products: pd.DataFrame,
    *,
    users_total: int,
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
    scale: float = 0,
) -> Chart:
    """Draw the distinct users per product type, most first; users without a product come last.

    `products` has one row per type: `product_type` (null = users without products) and `users`
    (distinct). A user may have several types, so the shares are of `users_total` (all users)
    and do not add up to 1. At most 20 types are drawn; the table has all of them. Arguments and
    errors otherwise as in `score_ranges`.
    """
    told = Telling(locale, source, date, style)
    types = type_numbers(products, users_total)
    counts = [row["users"] for row in types]
    names = [told.type_name(row["product_type"]) for row in types]
    texts = [told.count_and_share(row["users"], row["share"]) for row in types]
    top = counts.index(max(counts))
    named = sum(row["product_type"] is not None for row in types)
    said = {
        "n": integer(users_total, locale),
        "missing": integer(sum(counts[named:]), locale),
        "type": _shorten(names[top]),
        "value": texts[top],
        "share": percent(types[top]["share"], locale, decimals=0),
        "count": integer(counts[:named].count(counts[top]), locale),
    }
    tied = counts.count(counts[top]) > 1
    sizes = {"shown": integer(_MOST_TYPES, locale), "all": integer(named, locale)}
    said["cut"] = label("types_cut", locale, **sizes) if named > _MOST_TYPES else ""
    said["several"] = label("types_several", locale) if sum(counts) > users_total else ""
    finding = "types_title" if top < named else "types_no_product"
    finding = "types_tied" if counts[:named].count(counts[top]) > 1 else finding
    finding = finding if named else "types_none"
    finding = finding if counts[top] else "no_users"
    words = told.words(finding, "types_subtitle", "types_alt", said)
    users = [integer(count, locale) for count in counts]
    shares = [percent(row["share"], locale) for row in types]
    table = told.table(product_type=names, users=users, share=shares)
    drawn = [place for place in range(len(types)) if place < _MOST_TYPES or place >= named]
    figure = draw_bars(
        [names[place] for place in drawn],
        [counts[place] for place in drawn],
        [texts[place] for place in drawn],
        drawn.index(top) if counts[top] and not tied else None,
        words,
        style,
        scale,
    )
    numbers = {"users": users_total, "without_product": sum(counts[named:]), "types": types}
    return Chart("product_types", **words, table=table, numbers=numbers, figure=figure, style=style)


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"
