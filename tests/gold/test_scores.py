"""Gold: one row per score range; proved, and alike on every engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from support.chain import (
    DAY,
    EDGES,
    bytes_of,
    partition,
    rows,
    swap,
    table,
)
from workbench import gold
from workbench.errors import LeavesLost
from workbench.lake.lake import Lake

SCORES = "gold.user_scores"
PATHS: dict[str, Any] = {"score": "score.score", "score_text": "score.scoreText"}
RATE = "expected_default_rate"


def test_scores_count_every_user_once(lake: Path) -> None:
    found = sorted(rows(partition(lake, SCORES)), key=lambda row: row["range_order"])
    assert sum(row["users"] for row in found) == 1000
    assert sum(row["share"] for row in found) == pytest.approx(1)
    scores = [
        user["score"] and user["score"]["score"] for user in rows(partition(lake, "silver.users"))
    ]
    assert found[-1]["users"] == sum(score is None for score in scores) > 0
    assert found[0]["users"] == sum(score is not None and score <= 200 for score in scores)


@pytest.mark.parametrize("name", ["input", "odd"])
def test_every_engine_writes_the_same_rows(
    lakes: dict[str, dict[str, Path]], other_engine: str, name: str
) -> None:
    engines = ("sail", other_engine)
    sail, spark = (table(partition(lakes[engine][name], SCORES)) for engine in engines)
    assert [(f.name, f.type) for f in sail.schema] == [(f.name, f.type) for f in spark.schema]
    assert sorted(map(repr, sail.to_pylist())) == sorted(map(repr, spark.to_pylist()))


SCORE_BREAKS: list[tuple[str, Callable[[Any], Any]]] = [
    ("users of ATE 200: expected 1; found None", lambda df: nulled(df, "users")),
    ("expected_default_rate of ATE 200: expected 0.07", lambda df: nulled(df, RATE)),
    ("users of ATE 200", lambda df: df.withColumn("users", F.col("users") - 2**32)),
    ("row 7: too many", lambda df: df.union(df.where("range_order = 6"))),
    ("upper of DE 201 A 400: expected 400", swap("lower", "upper")),
]


def nulled(df: Any, column: str) -> Any:
    return df.withColumn(column, F.when(F.col("range_order") > 1, F.col(column)))


def test_broken_scores_are_not_published(spark: Any, published: Path) -> None:
    lake = str(published)
    users = gold.read_users(spark, lake, DAY)
    good = gold.user_scores(users, EDGES, **PATHS)
    again: dict[str, Any] = {"users": users, "edges": EDGES} | PATHS
    gold.publish_user_scores(spark, good, lake, DAY, **again)
    before = bytes_of(partition(published, SCORES))
    for named, broken in SCORE_BREAKS:
        with pytest.raises(LeavesLost) as error:
            gold.publish_user_scores(spark, broken(good), lake, DAY, **again)
        error.match(named)
    again["users"] = users.where("_id != 'a'")
    fewer = gold.user_scores(again["users"], EDGES, **PATHS)
    with pytest.raises(LeavesLost, match=r"counts 2 users, and silver\.users has 3"):
        gold.publish_user_scores(spark, fewer, lake, DAY, **again)
    assert bytes_of(partition(published, SCORES)) == before
    assert Lake(lake).dates("gold", "user_scores") == [DAY]
