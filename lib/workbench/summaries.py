"""Small tables out of gold, as the charts take them."""

from __future__ import annotations

import os
import re

import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.errors import RequestError
from workbench.gold import PRODUCTS, SCORES, small
from workbench.lake import Lake
from workbench.naming import clean_name, quote
from workbench.schema import ITEM, parse_path


def read_scores(spark: SparkSession, lake: str, ingestion_date: str) -> pd.DataFrame:
    """gold.user_scores. Grain: one row per score range, in order."""
    scores = Lake(lake).read(spark, "gold", SCORES, ingestion_date)
    return small(scores.orderBy("range_order"))


def read_products(spark: SparkSession, lake: str, ingestion_date: str) -> DataFrame:
    """gold.user_products. Grain: one row per user and product."""
    return Lake(lake).read(spark, "gold", PRODUCTS, ingestion_date)


def column_name(lake: str, ingestion_date: str, path: str) -> str | None:
    """The column of gold.user_products that holds a path; None where the ingestion has none."""
    columns = Lake(lake).manifest("gold", PRODUCTS, ingestion_date)["columns"]
    name = columns.get(path)
    return str(name) if name is not None else None


def users_per_product_type(
    products: DataFrame, *, key: str | None, product_type: str | None
) -> pd.DataFrame:
    """Users who own each product type. Grain: one row per type, most users first.

    Columns: product_type (null: users without products), users (distinct). A user with two types
    counts in both.
    """
    kind = F.col(quote(product_type)).cast("string") if product_type else F.lit(None).cast("string")
    counted = (
        products.select(kind.alias("product_type"), F.col(quote(key or "_id")).alias("key"))
        .groupBy("product_type")
        .agg(F.countDistinct("key").alias("users"))
    )
    table = small(counted)
    return table.sort_values(["users", "product_type"], ascending=[False, True], ignore_index=True)


def users_per_day(products: DataFrame, *, explode: str, created_at: str | None) -> pd.DataFrame:
    """New users per day (UTC). Grain: one row per day that has users, in order.

    Columns: day (null: users without a date), users.
    """
    each_user_once = products
    for name in positions(products, explode):
        each_user_once = each_user_once.where(f"coalesce({quote(name)}, 0) = 0")
    day = day_of(products, created_at)
    table = small(each_user_once.groupBy(day.alias("day")).agg(F.count(F.lit(1)).alias("users")))
    return table.sort_values("day", ignore_index=True)


def positions(products: DataFrame, explode: str) -> list[str]:
    """The columns that hold the position of a row in each array on the way to `explode`.

    Positions are the only 32-bit integers of the table, so a field that has taken the usual name
    is not mistaken for one.
    """
    path = parse_path(explode)
    arrays = [path[:at] for at, key in enumerate(path) if key is ITEM] + [path]
    usual = {clean_name((*array, "pos")) for array in arrays}
    found = [
        field.name
        for field in products.schema.fields
        if isinstance(field.dataType, T.IntegerType) and re.sub(r"_\d+$", "", field.name) in usual
    ]
    if not found:
        raise RequestError(
            f"explode: gold.user_products has no position of {explode}. "
            "Name the array that step 02_gold_user_products made rows of."
        )
    return found


def day_of(products: DataFrame, created_at: str | None) -> Column:
    """The calendar day of a timestamp, or of a date kept as text; null where there is none.

    Whole numbers are seconds since 1970, or milliseconds where they would be after the year 5138.
    """
    kind = products.schema[created_at].dataType if created_at else None
    if isinstance(kind, T.TimestampType):
        return F.col(quote(str(created_at))).cast("date")
    if isinstance(kind, T.StringType):
        text = quote(str(created_at))
        return F.expr(f"""try_cast(substring(trim(BOTH '"' FROM {text}), 1, 10) AS date)""")
    if isinstance(kind, T.LongType):
        number = quote(str(created_at))
        seconds = f"CASE WHEN abs({number}) >= 100000000000 THEN {number} / 1000 ELSE {number} END"
        days = f"CAST(floor(({seconds}) / 86400) AS INT)"
        return F.expr(f"date_add(DATE '1970-01-01', {days})")
    return F.lit(None).cast("date")


def source_names(lake: str, ingestion_date: str) -> str:
    """The files that an ingestion came from, by name, for captions."""
    sources = Lake(lake).manifest("silver", "users", ingestion_date)["sources"]
    names = [os.path.basename(s["path"]) for s in sources]
    return ", ".join(names[:3]) + (f" (+{len(names) - 3})" if len(names) > 3 else "")
