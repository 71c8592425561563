"""Small tables as charts take them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandas as pd

PT_BR: dict[str, Any] = {"locale": "pt_BR", "source": "users.json", "date": "2022-01-18"}
EN = PT_BR | {"locale": "en"}
USERS = [66, 72, 83, 457, 322, 0]
RATES = [0.983, 0.507, 0.171, 0.095, 0.049, None]
FIRST = dt.date(2021, 11, 2)
LONG = "a product with a name that no one would ever read to its end " * 4


def scores(
    edges: Sequence[int] = (200, 400, 600, 800),
    users: Sequence[int] = USERS,
    rates: Sequence[float | None] = RATES,
) -> pd.DataFrame:
    lowers = [None, *(edge + 1 for edge in edges), None]
    return pd.DataFrame(
        {
            "score_group": [f"G{place}" for place in range(len(users))],
            "range_order": range(1, len(users) + 1),
            "lower": lowers,
            "upper": [*edges, None, None],
            "users": users,
            "share": [count / (sum(users) or 1) for count in users],
            "expected_default_rate": rates,
        }
    )


def products(**users: int) -> pd.DataFrame:
    kinds = [None if kind == "without" else kind for kind in users]
    return pd.DataFrame({"product_type": kinds, "users": list(users.values())})


def days(users: Sequence[int], first: dt.date = FIRST, step: int = 1) -> pd.DataFrame:
    places = range(len(users))
    return pd.DataFrame(
        {"day": [first + dt.timedelta(days=place * step) for place in places], "users": users}
    )
