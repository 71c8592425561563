"""The numbers behind the charts: checked, plain, in the order in which they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict

from workbench.words import Locale, score_range

if TYPE_CHECKING:
    import pandas as pd

_RANGE_COLUMNS: Final = ("score_group", "range_order", "lower", "upper", "users", "share")


class ChartNumbers(TypedDict, total=False):
    """What charts are drawn from; which of these, each chart's own function says."""

    users: int
    without_score: int
    users_with_rate: int
    mean_default_rate: float | None
    ranges: list[Any]
    types: list[Any]
    cells: list[list[int]]
    periods: list[Any]
    without_date: int


def check_columns(table: pd.DataFrame, name: str, columns: Sequence[str]) -> None:
    """Raise ValueError when the table lacks a column, or has no rows; `name` is what it is."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise ValueError(f"{name} lacks {', '.join(missing)}; it needs {', '.join(columns)}")
    if table.empty:
        raise ValueError(f"{name} has no rows; a chart needs at least one")


def range_numbers(scores: pd.DataFrame) -> dict[str, Any]:
    """Return gold.user_scores in natural order under `ranges`, and what follows from it.

    `users` is everyone, `without_score` of them in no range, `users_with_rate` in a range that
    states an expected default rate, `mean_default_rate` the mean of those weighted by users.
    """
    check_columns(scores, "scores", (*_RANGE_COLUMNS, "expected_default_rate"))
    ranges = [_range(row) for row in plain_rows(scores.sort_values("range_order"))]
    rated = [row for row in ranges if row["expected_default_rate"] is not None]
    with_rate = sum(row["users"] for row in rated)
    expected = sum(row["users"] * row["expected_default_rate"] for row in rated)
    return {
        "users": sum(row["users"] for row in ranges),
        "without_score": sum(row["users"] for row in ranges if has_no_score(row)),
        "users_with_rate": with_rate,
        "mean_default_rate": expected / with_rate if with_rate else None,
        "ranges": ranges,
    }


def type_numbers(products: pd.DataFrame, users_total: int) -> list[dict[str, Any]]:
    """Return the product types, most users first and null last, with shares of all users."""
    check_columns(products, "products", ("product_type", "users"))
    types: list[dict[str, Any]] = [
        {
            "product_type": None if row["product_type"] is None else str(row["product_type"]),
            "users": int(row["users"]),
            "share": int(row["users"]) / users_total if users_total else 0.0,
        }
        for row in plain_rows(products)
    ]
    return sorted(
        types,
        key=lambda row: (row["product_type"] is None, -row["users"], str(row["product_type"])),
    )


def has_no_score(row: dict[str, Any]) -> bool:
    """Tell whether a range is the one of the users without a score: open at both ends."""
    return row["lower"] is None and row["upper"] is None


def plain_rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    """The rows of a table of plain values; null is None, whatever pandas calls it."""
    return [
        {
            name: value if known else None
            for (name, value), known in zip(row.items(), there, strict=True)
        }
        for row, there in zip(table.to_dict("records"), table.notna().to_numpy(), strict=True)
    ]


def range_names(rows: Sequence[dict[Any, Any]], locale: Locale) -> list[str]:
    """What ranges are called: by `lower` and `upper`, and by `score_group` where they have it."""
    names = []
    for row in rows:
        lower, upper = (None if row[e] is None else int(row[e]) for e in ("lower", "upper"))
        names.append(score_range(lower, upper, locale, row.get("score_group") or ""))
    return names


def tells(chart: str, numbers: ChartNumbers) -> bool:
    """Tell whether a chart has anything to show: a dump need not have scores, types or dates."""
    if chart in ("score_ranges", "score_distribution"):
        return bool(numbers["without_score"] < numbers["users"] or not numbers["users"])
    if chart == "default_rates":
        return bool(numbers["users_with_rate"])
    if chart == "product_types":
        return any(row["product_type"] is not None for row in numbers["types"])
    if chart == "products_by_range":
        scored = any(any(row) for row in numbers["cells"][:-1])
        return scored and any(kind is not None for kind in numbers["types"])
    if chart == "answer":
        return True
    if chart == "change_between":
        return any(row["users_after"] and not has_no_score(row) for row in numbers["ranges"])
    return bool(numbers["users"])


def _range(row: dict[Any, Any]) -> dict[str, Any]:
    lower, upper, rate = row["lower"], row["upper"], row["expected_default_rate"]
    return {
        "score_group": str(row["score_group"]),
        "range_order": int(row["range_order"]),
        "lower": None if lower is None else int(lower),
        "upper": None if upper is None else int(upper),
        "users": int(row["users"]),
        "share": float(row["share"] or 0),
        "expected_default_rate": None if rate is None else float(rate),
    }
