"""What the panels of explore.ipynb show, as HTML: charts with alt texts, tables beside them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from numbers import Real
from typing import Any

import pandas as pd

from workbench.charts import Chart
from workbench.words import Locale, number

LIKE_A_NUMBER = re.compile(r"[-+−<>]?[0-9][0-9.,]*(%| \(|$)|n/[da]$")


def picture(chart: Chart) -> str:
    """A chart as HTML, with its alt text, at the size that it is drawn for, or smaller."""
    content = b64encode(chart.png).decode("ascii")
    width = round(chart.figure.get_figwidth() * 100)
    alt, style = escape(chart.alt, quote=True), f"width: {width}px; max-width: 100%"
    return f'<img src="data:image/png;base64,{content}" alt="{alt}" style="{style}">'


def rows(table: pd.DataFrame, locale: Locale) -> str:
    """A table as HTML: numbers to the right, null as a dash; a wide one scrolls by itself."""
    sides = [side(table.iloc[:, at]) for at in range(len(table.columns))]
    names = zip(sides, table.columns, strict=True)
    heads = "".join(f'<th scope="col"{style}>{escape(str(name))}</th>' for style, name in names)
    lines = [
        "".join(f"<td{s}>{shown(v, locale)}</td>" for s, v in zip(sides, row, strict=True))
        for row in table.itertuples(index=False, name=None)
    ]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    made = f'<table class="dataframe"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div style="overflow-x: auto; line-height: 1.4">{made}</div>'


def side(column: pd.Series) -> str:
    """The style of a column's cells: what looks like numbers stands to the right."""
    texts = [str(v) for v in column if not missing(v)]
    number = texts and all(LIKE_A_NUMBER.match(text) for text in texts)
    return f' style="text-align: {"right" if number else "left"}"'


def shown(value: Any, locale: Locale) -> str:
    """A value as text, numbers whole and in the locale's form, null as a dash."""
    if missing(value):
        return "–"
    counts = isinstance(value, Real | Decimal) and not isinstance(value, bool)
    return number(value, locale) if counts else escape(str(value))


def missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def beside(parts: Sequence[str]) -> str:
    """Parts side by side where there is room."""
    style = "flex: 1 1 24rem; min-width: 0; overflow-x: auto"
    made = "".join(f'<div style="{style}">{part}</div>' for part in parts)
    return f'<div style="display: flex; flex-wrap: wrap; gap: 1rem 2rem">{made}</div>'
