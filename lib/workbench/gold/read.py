"""The tables of silver and gold as the notebooks read them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from workbench.columns import small
from workbench.errors import RequestError
from workbench.lake import Lake, lake_at
from workbench.proof import ProductsManifest, SilverManifest
from workbench.schema import Path, from_json, key_paths, show
from workbench.silver import TABLE as USERS

PRODUCTS, SCORES = "user_products", "user_scores"


def read_users(spark: SparkSession, lake: str, ingestion_date: str) -> DataFrame:
    """silver.users of one ingestion. Grain: one row per user."""
    return lake_at(lake).read(spark, "silver", USERS, ingestion_date)


def read_scores(spark: SparkSession, lake: str, ingestion_date: str) -> pd.DataFrame:
    """gold.user_scores. Grain: one row per score range, in order."""
    scores = lake_at(lake).read(spark, "gold", SCORES, ingestion_date)
    return small(scores.orderBy("range_order"))


def read_products(spark: SparkSession, lake: str, ingestion_date: str) -> DataFrame:
    """gold.user_products. Grain: one row per user and product."""
    return lake_at(lake).read(spark, "gold", PRODUCTS, ingestion_date)


def column_name(lake: str, ingestion_date: str, path: str) -> str | None:
    """The column of gold.user_products that holds a path; None where the ingestion has none."""
    return (
        lake_at(lake).manifest("gold", PRODUCTS, ingestion_date, ProductsManifest).columns.get(path)
    )


def key_in(place: Lake, ingestion_date: str, key: str | Sequence[str]) -> tuple[Path, ...]:
    """The fields of silver.users that tell users apart: those of the key, or their position.

    Raises RequestError where that is asked for of a table that was made with another key.
    """
    paths = key_paths(key)
    if paths:
        return paths
    manifest = place.manifest("silver", USERS, ingestion_date, SilverManifest)
    if manifest.asked is None or key_paths(manifest.asked.key):
        made = manifest.asked.key if manifest.asked else "another key"
        raise RequestError(
            f"key: silver.users of {ingestion_date} was made with {made}, not with the documents' "
            "position. Name the same key, or run 01_silver_users again."
        )
    return ((next(iter(from_json(manifest.schema).fields)),),)


def key_columns(lake: str, ingestion_date: str, key: str | Sequence[str]) -> list[str]:
    """The columns of gold.user_products that hold the key."""
    paths = key_in(lake_at(lake), ingestion_date, key)
    return [column_name(lake, ingestion_date, show(path)) or show(path) for path in paths]


def source_names(lake: str, ingestion_date: str) -> str:
    """The files that an ingestion came from, by name, for captions."""
    sources = lake_at(lake).manifest("silver", USERS, ingestion_date, SilverManifest).sources
    names = [os.path.basename(source.path) for source in sources]
    return ", ".join(names[:3]) + (f" (+{len(names) - 3})" if len(names) > 3 else "")
