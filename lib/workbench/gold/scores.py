"""Silver to gold: users per score range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from workbench.columns import type_at
from workbench.engines import read_folder, write_folder
from workbench.errors import LeavesLost
from workbench.gold.read import SCORES
from workbench.gold.score_ranges import SCHEMA, check_rows, recounted, users_per_range
from workbench.lake import lake_at
from workbench.proof import (
    ScoreParameters,
    ScoreRange,
    ScoresManifest,
    as_json,
    as_they_are,
    compare,
    leaves,
    of_folder,
    told,
)
from workbench.silver import TABLE as USERS
from workbench.storage import relay


def user_scores(
    users: DataFrame, edges: Sequence[int], *, score: str, score_text: str, scale: int = 1
) -> DataFrame:
    """gold.user_scores; see `workbench.gold.score_ranges.users_per_range`."""
    return users_per_range(users, edges, score=score, score_text=score_text, scale=scale)


def publish_user_scores(
    spark: SparkSession,
    scores: DataFrame,
    lake: str,
    ingestion_date: str,
    *,
    users: DataFrame,
    edges: Sequence[int],
    score: str,
    score_text: str,
    scale: int = 1,
) -> ScoresManifest:
    """Writes gold.user_scores, proves it, and publishes it.

    The proof: each user of silver is counted once, and a second count, of each range by its own
    bounds, gives the same rows. Raises LeavesLost where they differ. Returns the manifest.
    """
    place = lake_at(lake)
    staging = place.staging()
    write_folder(scores, staging / "table")
    written = read_folder(spark, staging / "table")
    counted = pa.array([row.asDict() for row in scores.collect()])
    expected = as_they_are(counted).leaves
    found = of_folder(staging / "table", as_they_are)[0].leaves
    compare(expected, found, "gold.user_scores")
    rows = [tuple(row) for row in written.orderBy("range_order").collect()]
    paths = {"score": score, "score_text": score_text}
    check_rows(rows, recounted(users, edges, **paths, scale=scale))
    there = place.manifest("silver", USERS, ingestion_date).rows
    users_counted = found[("users",)].total
    if users_counted != there:
        raise LeavesLost(
            f"gold.user_scores counts {users_counted} users, and silver.users has {there}; "
            "nothing was published."
        )
    manifest = ScoresManifest(
        table="gold.user_scores",
        rows_in=there,
        rows=found[("range_order",)].count,
        users=there,
        leaves=leaves(found),
        notes=[
            f"{path}: no such field in this ingestion"
            for path in (score, score_text)
            if path and type_at(users.schema, path) is None
        ],
        fingerprints={"expected": as_json(expected), "table": as_json(found)},
        parameters=ScoreParameters(
            score_edges=list(edges), score=score, score_text=score_text, score_scale=scale
        ),
        ranges=[cast(ScoreRange, dict(zip(SCHEMA.names, row, strict=True))) for row in rows],
    )
    with place.lock():
        target = place.publish(staging / "table", "gold", SCORES, ingestion_date, manifest)
    relay.end(staging)
    shown = told(manifest.fingerprints or {})
    return replace(manifest, output=str(target), fingerprints=shown)
