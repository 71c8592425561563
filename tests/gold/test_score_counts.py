"""Users per score and product type: counted once, ranges of any edges."""

from pathlib import Path
from typing import Any

import pytest

from support.chain import DAY, EXPLODE, partition, rows, typed
from workbench.gold.read import column_name, read_products, read_scores
from workbench.gold.score_counts import count_scores
from workbench.gold.score_ranges import SCHEMA

SHAPE = {"_id": "bigint", "kind": "string", "score": "double", "text": "string"}
COLUMNS = {"key": "_id", "score": "score", "score_text": "text", "product_type": "kind"}
SEVEN, NINE = "é provável que 7 apresentem débitos", "é provável que 9 apresentem débitos"
OWNERS = [
    (1, "card", 100.0, SEVEN),
    (1, "card", 100.0, SEVEN),
    (1, "loan", 100.0, SEVEN),
    (2, "card", 200.5, NINE),
    (3, None, None, None),
]


def users(counts: Any, edges: list[int], kind: str = "") -> list[int]:
    return list(counts.ranges(edges, kind)["users"])


def test_everyone_counts_once_whatever_they_own(spark: Any) -> None:
    counts = count_scores(spark.createDataFrame(OWNERS, typed(SHAPE)), **COLUMNS)
    assert users(counts, [100, 200]) == [1, 0, 1, 1]
    assert users(counts, [200, 201]) == [1, 1, 0, 1]


def test_a_product_type_counts_its_users(spark: Any) -> None:
    counts = count_scores(spark.createDataFrame(OWNERS, typed(SHAPE)), **COLUMNS)
    assert counts.types() == ["card", "loan"]
    assert (users(counts, [100], "card"), users(counts, [100], "loan")) == ([1, 1, 0], [1, 0, 0])


def test_the_rate_is_the_mean_of_what_is_stated(spark: Any) -> None:
    counts = count_scores(spark.createDataFrame(OWNERS, typed(SHAPE)), **COLUMNS)
    assert list(counts.ranges([1000])["expected_default_rate"]) == [pytest.approx(0.08), None, None]


def test_they_are_the_ranges_of_gold(spark: Any, lake: Path) -> None:
    paths = ["_id", "score.score", "score.scoreText", f"{EXPLODE}[].productType"]
    names = [column_name(str(lake), DAY, path) for path in paths]
    counts = count_scores(
        read_products(spark, str(lake), DAY), **dict(zip(COLUMNS, names, strict=True))
    )
    found = counts.ranges([200, 400, 600, 800]).to_numpy().tolist()
    assert found == read_scores(spark, str(lake), DAY)[SCHEMA.names].to_numpy().tolist()
    scores = [u["score"]["score"] for u in rows(partition(lake, "silver.users")) if u["score"]]
    known = [score for score in scores if score is not None]
    assert counts.bounds() == (min(known), max(known))


def test_a_dump_without_these_fields_has_users_without_a_score(spark: Any) -> None:
    nothing = {"key": "_id", "score": None, "score_text": None, "product_type": None}
    counts = count_scores(spark.createDataFrame(OWNERS, typed(SHAPE)), **nothing)
    assert (users(counts, [500]), counts.types(), counts.bounds()) == ([0, 0, 3], [], (0, 1000))
