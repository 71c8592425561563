"""Score ranges: labels, edges, and how many users stand in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.naming import quote
from workbench.schema import parse_path

NO_SCORE = "SEM SCORE"
# "De cada 100 pessoas ..., é provável que 7 apresentem débitos": the rate is 7 in 100.
STATED_RATE = r"que (\d+(?:[.,]\d+)?) apresentem"
SCHEMA = T.StructType(
    [
        T.StructField("score_group", T.StringType()),
        T.StructField("range_order", T.IntegerType()),
        T.StructField("lower", T.IntegerType()),
        T.StructField("upper", T.IntegerType()),
        T.StructField("users", T.LongType()),
        T.StructField("share", T.DoubleType()),
        T.StructField("expected_default_rate", T.DoubleType()),
    ]
)


@dataclass(frozen=True)
class Range:
    """Scores from `lower` to `upper`, both inclusive; None is open. SEM SCORE has neither."""

    label: str
    lower: int | None
    upper: int | None


def ranges(edges: Sequence[int]) -> list[Range]:
    """The ranges between the upper edges, in order; the last takes the users without a score."""
    made = [Range(f"ATE {edges[0]}", None, edges[0])]
    for below, upper in pairwise(edges):
        made.append(Range(f"DE {below + 1} A {upper}", below + 1, upper))
    made.append(Range(f"ACIMA DE {edges[-1]}", edges[-1] + 1, None))
    return [*made, Range(NO_SCORE, None, None)]


def range_order(score: Column, edges: Sequence[int]) -> Column:
    """The place of a score among `ranges`, from 1: the first with an upper edge it fits."""
    order = F.when(score.isNull() | F.isnan(score), len(edges) + 2)
    for place, edge in enumerate(edges, 1):
        order = order.when(score <= edge, place)
    return order.otherwise(len(edges) + 1)


def as_number(df: DataFrame, path: str) -> Column:
    """The values at a path as doubles; null where the path is missing or holds no number."""
    kind = type_at(df.schema, path)
    if not isinstance(kind, T.NumericType | T.StringType):
        return F.lit(None).cast("double")
    name = ".".join(quote(str(key)) for key in parse_path(path))
    if isinstance(kind, T.NumericType):
        return F.col(name).cast("double")
    # A column of several kinds holds JSON text, in which strings have quotes.
    return F.expr(f"""try_cast(trim(BOTH '"' FROM {name}) AS double)""")


def as_text(df: DataFrame, path: str) -> Column:
    """The values at a path as strings; null where the path is missing or no single value."""
    kind = type_at(df.schema, path)
    if kind is None or isinstance(kind, T.StructType | T.ArrayType):
        return F.lit(None).cast("string")
    return F.col(".".join(quote(str(key)) for key in parse_path(path))).cast("string")


def type_at(schema: T.StructType, path: str) -> T.DataType | None:
    """The type at a path of structs, or None where there is none."""
    kind: T.DataType = schema
    for key in parse_path(path):
        if not isinstance(kind, T.StructType) or key not in kind.names:
            return None
        kind = kind[str(key)].dataType
    return kind


def users_per_range(
    users: DataFrame, edges: Sequence[int], *, score: str, score_text: str
) -> DataFrame:
    """gold.user_scores. Grain: one row per score range, empty ones included, in order.

    Columns: score_group, range_order (from 1), lower and upper (inclusive, null = open), users,
    share (0..1), expected_default_rate (0..1, mean of the rate that each user's score text
    states; null where none does). Starts one job; the result is as small as the edges.
    """
    stated = F.regexp_extract(as_text(users, score_text), STATED_RATE, 1)
    percent = F.regexp_replace(F.when(stated != "", stated), ",", ".").cast("decimal(9,4)")
    counted = (
        users.select(range_order(as_number(users, score), edges).alias("place"), percent.alias("p"))
        .groupBy("place")
        .agg(
            F.count(F.lit(1)).alias("users"), F.count("p").alias("stated"), F.sum("p").alias("sum")
        )
        .collect()
    )
    by_place = {int(row["place"]): row for row in counted}
    total = sum(int(row["users"]) for row in counted)
    rows = []
    for place, one in enumerate(ranges(edges), 1):
        row = by_place.get(place)
        count = int(row["users"]) if row else 0
        stating = int(row["stated"]) if row else 0
        rate = float(row["sum"] / Decimal(stating * 100)) if row and stating else None
        rows.append((one.label, place, one.lower, one.upper, count, count / total, rate))
    return users.sparkSession.createDataFrame(rows, SCHEMA)
