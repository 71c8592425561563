"""What the panels of explore.ipynb show, as HTML: charts with alt texts, tables beside them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from workbench.charts.chart import Chart

LIKE_A_NUMBER = re.compile(r"[-+−<>]?[0-9][0-9.,]*(%| \(|$)|n/[da]$")


def picture(chart: Chart) -> str:
    """A chart as HTML, with its alt text, at the size that it is drawn for, or smaller."""
    content = b64encode(chart.png).decode("ascii")
    width = round(chart.figure.get_figwidth() * 100)
    alt, style = escape(chart.alt, quote=True), f"width: {width}px; max-width: 100%"
    return f'<img src="data:image/png;base64,{content}" alt="{alt}" style="{style}">'


def rows(table: pd.DataFrame) -> str:
    """A table as HTML: numbers to the right, null as a dash; a wide one scrolls by itself."""
    heads = "".join(f'<th scope="col"{side(table[n])}>{escape(str(n))}</th>' for n in table.columns)
    lines = [
        "".join(f"<td{side(table[n])}>{shown(v)}</td>" for n, v in zip(table, row, strict=True))
        for row in table.itertuples(index=False)
    ]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    made = f'<table class="dataframe"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div style="overflow-x: auto; line-height: 1.4">{made}</div>'


def side(column: pd.Series) -> str:
    """The style of a column's cells: what looks like numbers stands to the right."""
    texts = [str(v) for v in column if not missing(v)]
    number = texts and all(LIKE_A_NUMBER.match(text) for text in texts)
    return f' style="text-align: {"right" if number else "left"}"'


def shown(value: Any) -> str:
    """A value as text; of fractions six digits, null as a dash."""
    if missing(value):
        return "–"
    return escape(f"{value:.6g}" if isinstance(value, float) else str(value))


def missing(value: Any) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def beside(parts: Sequence[str]) -> str:
    """Parts side by side where there is room."""
    style = "flex: 1 1 24rem; min-width: 0; overflow-x: auto"
    made = "".join(f'<div style="{style}">{part}</div>' for part in parts)
    return f'<div style="display: flex; flex-wrap: wrap; gap: 1rem 2rem">{made}</div>'
