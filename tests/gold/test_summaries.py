"""Small tables out of gold: each user counted once, whatever the shape of the dump."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.chain import DAY, EDGES, EXPLODE, partition, rows, typed
from workbench.errors import RequestError
from workbench.gold.change import read_change
from workbench.gold.read import column_name, read_products, read_scores, source_names
from workbench.gold.score_counts import count_scores
from workbench.gold.summaries import (
    users_per_day,
    users_per_product_type,
    users_per_score,
    users_per_type_and_range,
)


def counts(table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table.itertuples(index=False)]


def test_scores_come_in_the_order_of_their_ranges(spark: Any, lake: Path) -> None:
    found = read_scores(spark, str(lake), DAY)
    assert list(found["range_order"]) == [1, 2, 3, 4, 5, 6]
    assert found["users"].sum() == 1000


def test_product_types_count_distinct_users_by_range(spark: Any, lake: Path) -> None:
    found = users_per_type_and_range(
        read_products(spark, str(lake), DAY),
        key=column_name(str(lake), DAY, "_id"),
        product_type=column_name(str(lake), DAY, f"{EXPLODE}[].productType"),
        score=column_name(str(lake), DAY, "score.score"),
        edges=EDGES,
    )
    owners: dict[Any, set[str]] = {}
    cells: dict[Any, set[str]] = {}
    for user in rows(partition(lake, "silver.users")):
        number = user["score"]["score"] if user["score"] else None
        place = 6 if number is None else 1 + sum(number > edge for edge in EDGES)
        for product in user[EXPLODE] or [{"productType": None}]:
            owners.setdefault(product["productType"], set()).add(user["_id"])
            cells.setdefault((product["productType"], place), set()).add(user["_id"])
    assert {tuple(r[:2]): r[4] for r in counts(found) if r[4]} == {
        cell: len(users) for cell, users in cells.items()
    }
    assert len(found) == 6 * len(owners)
    types = users_per_product_type(found)
    assert dict(counts(types)) == {kind: len(users) for kind, users in owners.items()}
    assert list(types["users"]) == sorted(types["users"], reverse=True)


def test_types_of_a_dump_without_a_score_are_counted(spark: Any) -> None:
    shape = {"sensor": "string", "room": "string"}
    products = spark.createDataFrame([("a", "x"), ("b", "x"), ("c", "y")], typed(shape))
    names: dict[str, Any] = {"key": "sensor", "product_type": "room", "score": None}
    types = users_per_product_type(users_per_type_and_range(products, **names, edges=[]))
    assert counts(types) == [("x", 2), ("y", 1)]
    scores = count_scores(products, **names, score_text=None)
    assert list(scores.ranges([])["users"]) == [3]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([700.0, 0.5, 700.0, 3.0, None], [(0.5, 1), (3.0, 1), (700.0, 2), (None, 1)]),
        ([1e12, 1e6, float("nan"), float("inf")], [(1e7, 1), (1e12, 1), (None, 2)]),
        ([0.3, 0.1, 1.1], [(0.1, 1), (0.3, 1), (1.1, 1)]),
        ([5.0, 5.0], [(5.0, 2)]),
        ([None], [(None, 1)]),
    ],
)
def test_scores_are_counted_each_user_once(
    spark: Any, scores: list[float | None], expected: list[tuple[float | None, int]]
) -> None:
    """Whole numbers stay what they are; of a great span the finest differences go, rounded up."""
    shape = {"p_pos": "int", "score": "double"}
    firsts, others = [(0, s) for s in scores], [(1, s) for s in scores]
    products = spark.createDataFrame([*firsts, *others], typed(shape))
    found = users_per_score(products, explode="p", score="score")
    assert sorted(counts(found[["score", "users"]]), key=str) == sorted(expected, key=str)
    assert sum(found["fractions"]) == sum(s in (0.5, 0.3, 0.1, 1.1) for s in scores)


def test_an_ingestion_is_set_beside_the_one_before(spark: Any, lake: Path, tmp_path: Path) -> None:
    assert read_change(spark, str(lake), DAY)[0] is None
    for layer in ("silver", "gold"):
        shutil.copytree(lake / layer, tmp_path / layer)
    scores = tmp_path / "gold/user_scores"
    shutil.copytree(scores / f"ingestion_date={DAY}", scores / "ingestion_date=2022-02-01")
    before, both = read_change(spark, str(tmp_path), "2022-02-01")
    assert before == DAY and list(both["users_before"]) == [62, 80, 103, 418, 316, 21]
    assert list(both["users_after"]) == list(both["users_before"])


def test_days_count_each_user_once(spark: Any, lake: Path) -> None:
    products = read_products(spark, str(lake), DAY)
    name = column_name(str(lake), DAY, "createdAt")
    found = users_per_day(products, explode=EXPLODE, created_at=name)
    assert found["users"].sum() == 1000
    assert list(found["day"]) == sorted(found["day"])


def test_a_nested_explode_counts_each_user_once(spark: Any) -> None:
    shape = {"a_b_pos": "int", "a_b_c_pos": "int", "day": "string"}
    places = [(0, 0), (0, 1), (1, 0), (2, None), (None, None), (0, None), (1, 0)]
    products = spark.createDataFrame([(*p, '"2022-01-01T09"') for p in places], typed(shape))
    found = users_per_day(products, explode="a.b[].c", created_at="day")
    assert counts(found) == [(dt.date(2022, 1, 1), 3)]


def test_a_field_named_like_the_position_is_not_taken_for_it(spark: Any) -> None:
    shape = {"p_pos": "bigint", "p_pos_2": "int"}
    products = spark.createDataFrame([(7, 0), (7, 1), (8, None)], typed(shape))
    found = users_per_day(products, explode="p", created_at=None)
    assert counts(found) == [(None, 2)]


def test_an_array_that_was_not_exploded_is_refused(spark: Any) -> None:
    products = spark.createDataFrame([(0,)], typed({"p_pos": "int"}))
    with pytest.raises(RequestError, match="no position of q"):
        users_per_day(products, explode="q", created_at=None)


def test_days_are_read_from_texts_and_missing_where_there_are_none(spark: Any) -> None:
    shape = {"p_pos": "int", "day": "string"}
    texts = ["2022-01-02T23:59:59.000-0300", '"2022-01-01"', "yesterday", None]
    products = spark.createDataFrame([(0, text) for text in texts], typed(shape))
    found = users_per_day(products, explode="p", created_at="day")
    days = [(dt.date(2022, 1, 1), 1), (dt.date(2022, 1, 2), 1), (None, 2)]
    assert sorted(counts(found), key=repr) == sorted(days, key=repr)


def test_days_are_read_from_seconds_and_milliseconds_since_1970(spark: Any) -> None:
    numbers = [1700000000, 1700000000000, 0, -1, None]
    products = spark.createDataFrame(
        [(0, n) for n in numbers], typed({"p_pos": "int", "day": "bigint"})
    )
    found = users_per_day(products, explode="p", created_at="day")
    days = {dt.date(2023, 11, 14): 2, dt.date(1970, 1, 1): 1, dt.date(1969, 12, 31): 1, None: 1}
    assert dict(counts(found)) == days


def test_a_path_that_the_ingestion_lacks_has_no_column(lake: Path) -> None:
    assert column_name(str(lake), DAY, "nowhere") is None


def test_sources_are_named_by_their_files(lake: Path) -> None:
    assert source_names(str(lake), DAY) == "users_dump.json"
