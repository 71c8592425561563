"""What pages share: their templates, drawings as addresses, and how they are written."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from workbench.charts.chart import Chart
from workbench.words import locales

DASH = "–"


def as_address(chart: Chart) -> str:
    return "data:image/svg+xml;base64," + b64encode(chart.svg()).decode("ascii")


def shown(value: Any, locale: str) -> str:
    """A value as a person would write it."""
    if value is None:
        return DASH
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return locales.integer(value, locale)
    return locales.decimal(value, locale)
