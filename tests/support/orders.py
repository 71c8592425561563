"""A dump of orders, which is not the one that the chain was made for, and its lake."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.chain import DAY
from workbench import gold, silver

ORDERS = [
    {
        "country": c,
        "no": n,
        "placed": {"$date": f"2024-01-0{n % 3 + 1}T10:00:00Z"} if n else None,
        "amount": n * 1.5,
        "lines": [{"type": "ab"[at % 2]} for at in range(n % 4)],
    }
    for c in ("BR", "AR")
    for n in range(12)
]
VALUES = {
    "key": ["country", "no"],
    "explode": "lines",
    "created_at": "placed",
    "product_type": "lines[].type",
    "score": "amount",
    "entity": "orders",
}


def lake_of(spark: Any, source: Path, lake: str) -> str:
    key = "country,no"
    dump = silver.read_dump([str(source)], lake, DAY, key=key, pii=[])
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    users = gold.read_users(spark, lake, DAY)
    products = gold.user_products(users, "lines")
    gold.publish_user_products(spark, products, users, lake, DAY, key=key, explode="lines")
    paths: dict[str, Any] = {"score": "amount", "score_text": "", "edges": [5, 10]}
    scores = gold.user_scores(users, paths["edges"], score="amount", score_text="")
    gold.publish_user_scores(spark, scores, lake, DAY, users=users, **paths)
    return lake
