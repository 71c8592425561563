"""Silver to gold: users and their products as one flat table, users per score range as another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from workbench import silver
from workbench.errors import LeavesLost
from workbench.fingerprint import Fingerprints, as_json, leaves, together
from workbench.flatten import FlatPlan, array_paths, flatten, plan_flat
from workbench.lake import Lake
from workbench.naming import clean_name, quote
from workbench.schema import parse_path, show
from workbench.scores import users_per_range
from workbench.verify import compare, of_frame

PRODUCTS, SCORES = "user_products", "user_scores"
WEIGHT = "__workbench_weight"


def read_users(spark: SparkSession, lake: str, ingestion_date: str) -> DataFrame:
    """silver.users of one ingestion. Grain: one row per user."""
    return Lake(lake).read(spark, "silver", silver.TABLE, ingestion_date)


def exploded(users: DataFrame, explode: str) -> str | None:
    """The array path, or None where no user has one in this ingestion."""
    there = any(show(p) == show(parse_path(explode)) for p in array_paths(users.schema, ()))
    return explode if there else None


def user_products(users: DataFrame, explode: str) -> DataFrame:
    """gold.user_products. Grain: one row per user and product; a user without products has one.

    Where the dump has no such array at all, each user has one row and the position is null.
    """
    path = exploded(users, explode)
    if path:
        return flatten(users, path)
    position = clean_name((*parse_path(explode), "pos"))
    return flatten(users).withColumn(position, F.lit(None).cast("int"))


def expected_products(users: DataFrame, explode: str, planned: FlatPlan) -> Fingerprints:
    """What user_products must hold, computed from silver alone: without its rows, without explode.

    A user's own values repeat once per product, so each weighs as much as the user has products.
    """
    path = exploded(users, explode)
    own = [c for c in planned.columns if c.repeated]
    if path is None:
        return of_frame(users.select(*[c.column() for c in own]))
    array = F.col(planned.explodes[0][0])
    weight = F.greatest(F.size(array), F.lit(1)).cast("bigint").alias(WEIGHT)
    user_part = of_frame(users.select(*[c.column() for c in own], weight), WEIGHT)
    name = "product"
    products = users.select(F.posexplode(array).alias("pos", name))
    inside = [c for c in planned.columns if not c.repeated]
    columns = [
        (
            F.col("pos")
            if c.form == "position"
            else F.col(c.reference.replace(element(planned), name, 1))
        )
        for c in inside
    ]
    shown = [
        (F.to_json(v) if c.form == "json" else v).alias(c.name)
        for c, v in zip(inside, columns, strict=True)
    ]
    return together([user_part, of_frame(products.select(*shown))])


def element(planned: FlatPlan) -> str:
    return quote(planned.explodes[0][1] + "element")


def publish_user_products(
    spark: SparkSession,
    products: DataFrame,
    users: DataFrame,
    lake: str,
    ingestion_date: str,
    *,
    key: str,
    explode: str,
) -> dict[str, Any]:
    """Writes gold.user_products, proves it against silver, and publishes it.

    Raises LeavesLost where rows or leaves differ from what silver says. Returns the record.
    """
    place = Lake(lake)
    planned = plan_flat(users.schema, exploded(users, explode))
    staging = place.staging()
    products.write.parquet(str(staging / "table"), compression="zstd")
    written = spark.read.parquet(str(staging / "table"))
    expected, found = expected_products(users, explode, planned), of_frame(written)
    compare(expected, found, "gold.user_products")
    rows = rows_of(staging / "table")
    should = expected[(clean_name(parse_path(key)),)].count
    if rows != should:
        raise LeavesLost(f"gold.user_products has {rows} rows, and silver says {should}.")
    columns = {show(c.path): c.name for c in planned.columns}
    record = {
        "table": "gold.user_products",
        "rows_in": place.manifest("silver", silver.TABLE, ingestion_date)["rows"],
        "rows": rows,
        "leaves": leaves(found),
        "columns": columns,
        "renames": planned.renames,
        "fingerprints": {"expected": as_json(expected), "table": as_json(found)},
    }
    with place.lock():
        target = place.publish(staging / "table", "gold", PRODUCTS, ingestion_date, record)
    place.discard(staging)
    return record | {"output": str(target)}


def rows_of(folder: FilePath) -> int:
    """The rows of a folder of Parquet files, as their footers say."""
    return sum(pq.read_metadata(path).num_rows for path in folder.glob("*.parquet"))


def user_scores(
    users: DataFrame, edges: Sequence[int], *, score: str, score_text: str
) -> DataFrame:
    """gold.user_scores; see `workbench.scores.users_per_range`."""
    return users_per_range(users, edges, score=score, score_text=score_text)


def publish_user_scores(
    spark: SparkSession, scores: DataFrame, lake: str, ingestion_date: str
) -> dict[str, Any]:
    """Writes gold.user_scores, checks that it counts each user of silver once, and publishes it."""
    place = Lake(lake)
    staging = place.staging()
    scores.write.parquet(str(staging / "table"), compression="zstd")
    written = spark.read.parquet(str(staging / "table"))
    expected, found = of_frame(scores), of_frame(written)
    compare(expected, found, "gold.user_scores")
    users = place.manifest("silver", silver.TABLE, ingestion_date)["rows"]
    counted = found[("users",)].total
    if counted != users:
        raise LeavesLost(
            f"gold.user_scores counts {counted} users, and silver.users has {users}; "
            "nothing was published."
        )
    record = {
        "table": "gold.user_scores",
        "rows_in": users,
        "rows": found[("range_order",)].count,
        "users": counted,
        "leaves": leaves(found),
        "fingerprints": {"expected": as_json(expected), "table": as_json(found)},
        "ranges": small(written.orderBy("range_order")).to_dict("records"),
    }
    with place.lock():
        target = place.publish(staging / "table", "gold", SCORES, ingestion_date, record)
    place.discard(staging)
    return record | {"output": str(target)}


def small(df: DataFrame) -> pd.DataFrame:
    """A small result as pandas, with None where a value is null."""
    rows = [tuple(row) for row in df.collect()]
    return pd.DataFrame(rows, columns=df.columns, dtype=object)
