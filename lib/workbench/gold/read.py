"""The tables of silver and gold as the notebooks read them."""

from __future__ import annotations

import os

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from workbench.columns import small
from workbench.lake import lake_at
from workbench.proof import ProductsManifest, SilverManifest
from workbench.silver import dump

PRODUCTS, SCORES = "user_products", "user_scores"


def read_users(spark: SparkSession, lake: str, ingestion_date: str) -> DataFrame:
    """silver.users of one ingestion. Grain: one row per user."""
    return lake_at(lake).read(spark, "silver", dump.TABLE, ingestion_date)


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


def source_names(lake: str, ingestion_date: str) -> str:
    """The files that an ingestion came from, by name, for captions."""
    sources = lake_at(lake).manifest("silver", dump.TABLE, ingestion_date, SilverManifest).sources
    names = [os.path.basename(source.path) for source in sources]
    return ", ".join(names[:3]) + (f" (+{len(names) - 3})" if len(names) > 3 else "")
