"""The charts of a run drawn again from its record, as small multiples: alike in style and scale."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

from workbench import charts
from workbench.charts import Chart, ChartNumbers
from workbench.records import RunRecord, numbers, source_of
from workbench.words import Locale, language, wording_of


def small_multiples(
    records: Sequence[RunRecord], name: str, locale: Locale, style: str
) -> list[Chart | None]:
    """One chart of each run, None where the run drew none. Horizontal bars share one scale."""
    drawn = [numbers(record, name) for record in records]
    most = max((length for one in drawn if one for length in lengths(one, name)), default=0)
    return [
        redrawn(record, name, one, most, locale, style) if one else None
        for record, one in zip(records, drawn, strict=True)
    ]


def lengths(chart: ChartNumbers, name: str) -> list[float]:
    """The lengths of a chart's bars; of bars over time none, which have a scale of their own."""
    length = "expected_default_rate" if name == "default_rates" else "users"
    return [row[length] or 0 for row in chart.get("ranges") or chart.get("types") or []]


def redrawn(
    record: RunRecord, name: str, chart: ChartNumbers, most: float, locale: Locale, style: str
) -> Chart:
    said: dict[str, Any] = {
        "locale": wording_of({**record.parameters, "locale": language(locale)}),
        "source": source_of(record),
        "date": record.parameters["ingestion_date"],
        "style": style,
    }
    if name == "score_ranges":
        return charts.score_ranges(table_of(chart["ranges"]), **said, scale=most)
    if name == "default_rates":
        return charts.default_rates(table_of(chart["ranges"]), **said, scale=most)
    if name == "product_types":
        total = chart["users"]
        return charts.product_types(table_of(chart["types"]), users_total=total, **said, scale=most)
    days = [(dt.date.fromisoformat(p["start"]), p["users"]) for p in chart["periods"]]
    days += [(None, chart["without_date"])] if chart["without_date"] else []  # type: ignore[list-item]
    return charts.users_per_day(pd.DataFrame(days, columns=["day", "users"], dtype=object), **said)


def table_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, dtype=object)
