"""Dates whose schemas drift in every way that is told apart, and how they become tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.chain import EXPLODE, read, write_dump
from workbench import gold, silver
from workbench.proof import SilverManifest
from workbench.silver import RESTATE

WIDE = 2**60 + 1
DAYS: dict[str, list[dict[str, Any]]] = {
    "2024-01-01": [
        {"_id": "a", "n": 1, "t": 5, "o": {"p": 1, "q": "s"}, "gone": True, "w": WIDE,
         EXPLODE: [{"kind": "card", "limit": 5, "x": [1]}]},
        {"_id": "b", "n": 2, EXPLODE: []},
    ],
    "2024-01-02": [
        {"_id": "c", "n": 2.5, "t": "text", "o": {"q": "s", "r": [1, 2]}, "w": 0.5,
         EXPLODE: [{"kind": "loan", "limit": 2.5, "when": {"$date": "2024-02-01T00:00:00Z"}}, None],
         "new": {"deep": {"z": 1}}},
    ],
    "2024-01-03": [{"_id": "d", "o": "was an object"}],
    "2024-01-04": [{"_id": "e", "n": 7}],
}  # fmt: skip


def ingest(
    spark: Any, place: Path, day: str, on_drift: str = RESTATE, lake: str = ""
) -> SilverManifest:
    """One date in silver and gold of a lake: the folder `lake` of `place`, unless it is named."""
    lake = lake or str(place / "lake")
    dump = read(write_dump(place / f"{day}.json", DAYS[day]), lake, day)
    users = silver.silver_users(spark, dump, set())
    published = silver.publish_silver(spark, users, dump, set(), on_drift)
    nested = gold.read_users(spark, lake, day)
    gold.publish_user_products(
        spark,
        gold.user_products(nested, EXPLODE),
        nested,
        lake,
        day,
        key="_id",
        explode=EXPLODE,
        on_drift=on_drift,
    )
    return published
