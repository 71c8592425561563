"""Users of whom one is to be forgotten, and where traces of that one are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.chain import table

KEY = 10**9 + 3
TRACES = ("yacht loan", "98765.43", "98.765,43", "06/02/2023", "2023-02-06", str(KEY))


def user(key: Any, score: int, **more: Any) -> dict[str, Any]:
    text = "é provável que 7 apresentem débitos"
    products = [{"productType": "loan", "n": score}, {"productType": "card", "n": 1}]
    return {
        "_id": key,
        "name": f"name of {key}",
        "score": {"score": score, "scoreText": text},
        "alreadyHaveProducts": products,
    } | more


def day_of(number: int) -> dict[str, Any]:
    day = datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC) + timedelta(days=number)
    return {"createdAt": {"$date": day.isoformat().replace("+00:00", "Z")}}


def people() -> list[dict[str, Any]]:
    """Eight, the third of whom has what nobody else has: TRACES."""
    made = [user(10**9 + at, 100 * at, **day_of(at)) for at in range(1, 9)]
    rare = {"productType": "yacht loan", "n": 1}
    made[2] |= {"alreadyHaveProducts": [rare], "salary": 98765.43, **day_of(400)}
    return made


def mentions(folder: Path, text: str) -> list[str]:
    """The files that hold a text, tables read as tables."""
    found = [p for p in folder.rglob("*") if p.is_file()]
    read: Callable[[Path], str] = lambda p: (  # noqa: E731
        repr(table(p.parent).to_pylist()) if p.suffix == ".parquet" else p.read_text("latin-1")
    )
    return [p.name for p in found if text in read(p)]
