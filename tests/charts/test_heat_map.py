"""The heat map of product types by score ranges."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from support.readable import assert_readable, contrast, texts
from workbench import charts
from workbench.charts.typesetting import STYLES

WORDS: dict[str, Any] = {"locale": "en", "source": "users.json", "date": "2022-01-18"}
RANGES = [(None, 200), (201, 400), (401, None), (None, None)]
TWENTY = [(None, 50), *((edge + 1, edge + 50) for edge in range(50, 950, 50)), (951, None)]
LONG = "a product with a name that no one would ever read to its end " * 4


def cells(
    types: Sequence[str | None],
    users: Callable[[int, int], int] = lambda kind, place: 10 * kind + place,
    ranges: Sequence[tuple[int | None, int | None]] = RANGES,
) -> pd.DataFrame:
    rows = [
        (name, place + 1, lower, upper, users(kind, place))
        for kind, name in enumerate(types)
        for place, (lower, upper) in enumerate(ranges)
    ]
    return pd.DataFrame(
        rows, columns=["product_type", "range_order", "lower", "upper", "users"], dtype=object
    )


def test_the_title_names_the_largest_cell() -> None:
    chart = charts.products_by_range(cells(["card", "loan"]), users_total=50, **WORDS)
    assert chart.title == "Loan, no score: 26% of users"
    assert chart.alt.endswith("loan, no score has the most: 13 (26.0%) of 50.")


@pytest.mark.parametrize(("total", "several"), [(50, True), (52, False)])
def test_shares_are_said_not_to_add_up_where_users_have_several_types(
    total: int, several: bool
) -> None:
    chart = charts.products_by_range(cells(["card", "loan"]), users_total=total, **WORDS)
    assert ("do not add up to 100%" in chart.subtitle) is several


def test_cells_that_tie_have_no_winner() -> None:
    tied = cells(["card", "loan"], lambda kind, place: 5)
    chart = charts.products_by_range(tied, users_total=20, **WORDS)
    assert chart.title == "8 cells hold 25% of users each"


def test_ranges_are_rows_in_order_and_types_columns_by_their_users() -> None:
    mixed = cells(["card", "loan", None]).sample(frac=1, random_state=1)
    table = charts.products_by_range(mixed, users_total=99, **WORDS).table
    assert list(table.columns) == ["Score range", "loan", "card", "no product"]
    assert list(table["Score range"]) == ["up to 200", "201 to 400", "above 400", "no score"]
    assert list(table["loan"]) == ["10", "11", "12", "13"]


def test_a_pair_without_users_is_zero() -> None:
    few = cells(["card", "loan"]).drop(index=0)
    numbers = charts.products_by_range(few, users_total=99, **WORDS).numbers
    assert numbers["cells"][0] == [10, 0]


def test_beyond_four_types_the_numbers_have_them_all() -> None:
    chart = charts.products_by_range(cells(list("abcdef")), users_total=99, **WORDS)
    assert "the 4 largest of 6" in chart.subtitle and len(chart.table.columns) == 5
    assert chart.numbers["types"] == list("fedcba") and len(chart.numbers["cells"][0]) == 6
    assert len(chart.figure.axes[0].patches) == 16


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "table",
    [
        cells(["creditcard", "digitalaccount", "loan", None]),
        cells([LONG, "W" * 90, " ", "$x^2$", "e", None], lambda kind, place: 10**9 - kind),
        cells(["a", None], ranges=TWENTY),
        cells(["a"], ranges=RANGES[:1]),
        cells(["a", None], lambda kind, place: 0),
    ],
    ids=["usual", "long", "twenty", "one", "zero"],
)
def test_every_text_can_be_read(table: pd.DataFrame, style: str) -> None:
    chart = charts.products_by_range(table, users_total=10**9, **WORDS, style=style)
    assert_readable(chart)
    fills = [p for p in chart.figure.axes[0].patches if isinstance(p, Rectangle)]
    shares = [text for text in texts(chart) if text.get_text().endswith("%")]
    for fill, share in zip(fills, shares, strict=True):
        assert contrast(fill.get_facecolor(), share.get_color()) >= 4.5
