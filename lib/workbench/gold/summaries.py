"""Small tables out of gold, as the charts take them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil, log10

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import as_number, key_parts, small
from workbench.engines import on_a_cluster
from workbench.errors import RequestError
from workbench.gold.score_ranges import bounds, has_fraction, range_order, ranges
from workbench.schema import ITEM, clean_name, parse_path, quote

DIGITS = 5  # that tell scores apart
LARGEST = 1e300


def users_per_type_and_range(
    products: DataFrame,
    *,
    key: str | Sequence[str] | None,
    product_type: str | None,
    score: str | None,
    edges: Sequence[int],
    scale: int = 1,
) -> pd.DataFrame:
    """Users of each product type by score range. Grain: one row per type and range, empty too.

    Columns: product_type (null: users without products), range_order, lower, upper, users
    (distinct), score_group (the label of the range). A user with two types counts in both, and in
    one range of each. The edges are of the score times `scale`.
    """
    kind = F.col(quote(product_type)).cast("string") if product_type else F.lit(None).cast("string")
    number = as_number(products, quote(score) if score else "")
    place = range_order(number, bounds(edges, scale))
    keys = names_of(key)
    odd = F.when(has_fraction(number, scale), 1).alias("odd")
    each = products.select(kind.alias("product_type"), place.alias("place"), odd, *own(keys))
    users, fractions = Counter[tuple[str | None, int]](), 0
    parts = [each] if on_a_cluster() else key_parts(each, [*keys], int(products.count()))
    for part in parts:
        sums = F.countDistinct(*keys), F.count("odd")
        counted = small(part.groupBy("product_type", "place").agg(*sums))
        for owned, at, count, odd_ones in counted.to_numpy():
            users[owned, int(at)] += int(count)
            fractions += int(odd_ones)
    rows = [
        (kind, place, one.lower, one.upper, users[kind, place], one.label)
        for kind in dict.fromkeys(kind for kind, _ in users)
        for place, one in enumerate(ranges(edges, fractions > 0), 1)
    ]
    columns = ["product_type", "range_order", "lower", "upper", "users", "score_group"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def names_of(key: str | Sequence[str] | None) -> dict[str, str]:
    """The columns of a key, by the names that they are counted under."""
    names = [key or "_id"] if key is None or isinstance(key, str) else key
    return {f"key_{at}": name for at, name in enumerate(names)}


def own(keys: Mapping[str, str]) -> list[Column]:
    return [F.col(quote(name)).alias(new) for new, name in keys.items()]


def users_per_product_type(cells: pd.DataFrame) -> pd.DataFrame:
    """Users who own each product type. Grain: one row per type, most users first.

    `cells` is what `users_per_type_and_range` gives: a user stands in one range, so that ranges
    add up. Columns: product_type (null: users without products), users (distinct).
    """
    users: dict[str | None, int] = {}
    for kind, count in zip(cells["product_type"], cells["users"], strict=True):
        users[kind] = users.get(kind, 0) + count
    rows = sorted(users.items(), key=lambda row: (-row[1], row[0] is None, str(row[0])))
    return pd.DataFrame(rows, columns=["product_type", "users"], dtype=object)


def users_per_score(
    products: DataFrame, *, explode: str, score: str | None, scale: int = 1
) -> pd.DataFrame:
    """Users per score, times `scale`. Grain: one row per score, rounded up where they are many.

    Columns: score (null: users without one), users, fractions (how many of them have a score that
    is no whole number). Scores that differ by less than 100,000th of
    the span become one, so that the result stays small. Two jobs.
    """
    own_number = as_number(products, quote(score) if score else "")
    number = own_number * scale
    finite = F.when(F.abs(number) < LARGEST, number)  # neither infinite nor NaN
    odd = F.when(has_fraction(own_number, scale), 1).alias("odd")
    scores = each_user_once(products, explode).select(finite.alias("score"), odd)
    low, high = scores.agg(F.min("score"), F.max("score")).collect()[0]
    digits = DIGITS - ceil(log10(max(high - low, 1e-9))) if high is not None else 0
    place = F.ceil(F.round(F.col("score") * 10.0**digits, 6))
    sums = F.count(F.lit(1)).alias("users"), F.count("odd").alias("fractions")
    counted = small(scores.groupBy(place.alias("score")).agg(*sums))
    read = [None if pd.isna(n) else float(f"{int(n)}e{-digits}") for n in counted["score"]]
    return counted.assign(score=pd.Series(read, dtype=object))


def users_per_day(products: DataFrame, *, explode: str, created_at: str | None) -> pd.DataFrame:
    """New users per day (UTC). Grain: one row per day that has users, in order.

    Columns: day (null: users without a date), users.
    """
    users, day = each_user_once(products, explode), day_of(products, created_at)
    table = small(users.groupBy(day.alias("day")).agg(F.count(F.lit(1)).alias("users")))
    return table.sort_values("day", ignore_index=True)


def each_user_once(products: DataFrame, explode: str) -> DataFrame:
    """The first row of each user; each row, where none has become several."""
    for name in positions(products, explode) if explode else []:
        products = products.where(f"coalesce({quote(name)}, 0) = 0")
    return products


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
