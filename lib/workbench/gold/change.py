"""What changed in the score ranges between two ingestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession

from workbench.gold.read import SCORES, read_scores
from workbench.lake import lake_at

Ranges = Sequence[Mapping[Any, Any]]


def ranges_beside(before: Ranges, after: Ranges) -> pd.DataFrame:
    """Users per score range in both, in order, as `charts.change_between` takes them.

    Each side is rows of gold.user_scores. A range that one of them lacks has None there. Its label,
    `score_group`, is true of the scores of both.
    """
    sides = [{(r["lower"], r["upper"]): r["users"] for r in ranges} for ranges in (before, after)]
    every = [*sides[0], *(bounds for bounds in sides[1] if bounds not in sides[0])]
    labels: dict[Any, str] = {}
    for row in (*before, *after):  # one with fractions has the greater word: MAIS DE
        at = row["lower"], row["upper"]
        labels[at] = max(labels.get(at, ""), row["score_group"])
    rows = [(*at, *(side.get(at) for side in sides), labels[at]) for at in every]
    rows.sort(key=lambda row: order(row[0], row[1]))
    columns = ["lower", "upper", "users_before", "users_after", "score_group"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def order(lower: int | None, upper: int | None) -> tuple[bool, float, float]:
    """The place of a range: by its lower edge, then its upper one; no score comes last."""
    low = float("-inf") if lower is None else lower
    return lower is None and upper is None, low, float("inf") if upper is None else upper


def same_ranges(ranges: pd.DataFrame) -> bool:
    """Whether both runs have the same ranges, so that their users can be subtracted."""
    return not ranges.empty and not ranges[["users_before", "users_after"]].isna().any(axis=None)


def read_change(
    spark: SparkSession, lake: str, ingestion_date: str
) -> tuple[str | None, pd.DataFrame]:
    """The date of the ingestion before, if there is one, and users per score range in both.

    Grain: one row per score range, with the columns that `charts.change_between` takes.
    """
    before = max(
        (d for d in lake_at(lake).dates("gold", SCORES) if d < ingestion_date), default=None
    )
    days = [before, ingestion_date]
    sides = [read_scores(spark, lake, day).to_dict("records") if day else [] for day in days]
    return before, ranges_beside(*sides)
