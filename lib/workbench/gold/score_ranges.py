"""Score ranges: labels, edges, and how many users stand in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, pairwise, zip_longest
from typing import Any, NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import as_number, as_text, few_rows
from workbench.errors import LeavesLost

NO_SCORE = "SEM SCORE"
LONG = 1000  # characters of a text that is looked at by itself
WHOLE = 2.0**53  # from here on all doubles are whole numbers
# "De cada 100 pessoas ..., é provável que 7 apresentem débitos": the rate is 7 in 100.
STATED_RATE = r"que ([0-9]{1,3}(?:[.,][0-9]{1,6})?) apresentem"
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
ScoreRow = tuple[Any, ...]  # a row by SCHEMA


@dataclass(frozen=True)
class Range:
    """Whole scores from `lower` to `upper`, both inclusive; None is open. SEM SCORE has neither.

    Where scores have fractions the range begins right above the edge below, `lower` - 1, and its
    label says so.
    """

    label: str
    lower: int | None
    upper: int | None


def ranges(edges: Sequence[int], fractions: bool = False) -> list[Range]:
    """The ranges between the upper edges, in order; the last takes the users without a score.

    Without edges there is no other. `fractions`: some scores are no whole numbers.
    """
    if not edges:
        return [Range(NO_SCORE, None, None)]
    made = [Range(f"ATE {edges[0]}", None, edges[0])]
    for below, upper in pairwise(edges):
        label = f"MAIS DE {below} A {upper}" if fractions else f"DE {below + 1} A {upper}"
        made.append(Range(label, below + 1, upper))
    made.append(Range(f"ACIMA DE {edges[-1]}", edges[-1] + 1, None))
    return [*made, Range(NO_SCORE, None, None)]


def range_order(score: Column, edges: Sequence[float]) -> Column:
    """The place of a score among `ranges`, from 1: the first with an upper edge it fits."""
    if not edges:
        return F.lit(1)
    order = F.when(score.isNull() | F.isnan(score), len(edges) + 2)
    for place, edge in enumerate(edges, 1):
        order = order.when(score <= edge, place)
    return order.otherwise(len(edges) + 1)


def has_fraction(score: Column, scale: int) -> Column:
    """Whether what is ranged, a score times the scale, is a number between two whole ones."""
    ranged = F.round(score * scale, 6) if scale > 1 else score  # 100 times 0.07 is more than 7
    return (F.abs(ranged) < WHOLE) & (ranged % 1 != 0)


def stated_rate(text: Column) -> Column:
    """The rate that a user's score text states, in percent; null where it states none."""
    found = F.regexp_extract(text, STATED_RATE, 1)
    return F.regexp_replace(F.when(found != "", found), ",", ".").cast("decimal(9,6)")


def users_alike(users: DataFrame, score: str, score_text: str) -> DataFrame:
    """Users with one score and one text. Grain: one row per score and text.

    Columns: number (the score), rate (percent, which the text states), users. So each text is
    looked at once, however many have it: for each user it would take longer than all else. Long
    texts are not grouped by, for an engine keeps in memory what is.
    """
    text = as_text(users, score_text)
    long = F.length(text) > LONG
    groups = users.groupBy(
        as_number(users, score).alias("number"),
        F.when(~long, text).alias("text"),
        F.when(long, stated_rate(text)).alias("rate"),
    ).agg(F.count(F.lit(1)).alias("users"))
    rate = F.coalesce(F.col("rate"), stated_rate(F.col("text")))
    return groups.select("number", rate.alias("rate"), "users")


def sums(of: Column) -> list[Column]:
    """What `Counted` has, of those rows of `users_alike` of which it is true."""
    rate, users = F.col("rate"), F.col("users")
    return [
        F.sum(F.when(of, users)),
        F.sum(F.when(of & rate.isNotNull(), users)),
        F.sum(F.when(of, rate * users)),
        F.sum(F.when(of & F.col("odd"), users)),
    ]


def bounds(edges: Sequence[int], scale: int) -> list[float]:
    """The edges of the score itself, where `scale` times the score is what is ranged.

    The score is compared as it is, so that 0.07 fits the edge 7 of a scale of 100: the nearest
    double to 7/100 is that of 0.07, and 100 times that is more than 7.
    """
    return [edge / scale if scale > 1 else edge for edge in edges]


def users_per_range(
    users: DataFrame, edges: Sequence[int], *, score: str, score_text: str, scale: int = 1
) -> DataFrame:
    """gold.user_scores. Grain: one row per score range, empty ones included, in order.

    Columns: score_group, range_order (from 1), lower and upper (inclusive, whole, null = open),
    users, share (0..1), expected_default_rate (0..1, mean of the rate that each user's score text
    states; null where none does). The label of a range (`DE 201 A 400`) is true of all scores in
    it: with fractions it is `MAIS DE 200 A 400`. The edges are of the score times `scale`. Where
    `score` is empty there is one row, of users without one. Starts one job; the result is as small
    as the edges.
    """
    edges, number = edges if score else (), F.col("number")
    place, odd = range_order(number, bounds(edges, scale)), has_fraction(number, scale)
    alike = users_alike(users, score, score_text)
    placed = alike.select(place.alias("place"), odd.alias("odd"), "rate", "users")
    found = placed.groupBy("place").agg(*sums(F.lit(True))).collect()
    by_place = {int(row[0]): counted(row[1:]) for row in found}
    counts = [by_place.get(place, Counted()) for place in range(1, len(ranges(edges)) + 1)]
    rows = rows_of(edges, counts)
    return few_rows(users.sparkSession, rows, SCHEMA)


class Counted(NamedTuple):
    """The users of one range, how many of their texts state a rate, and the sum of these rates.

    `fractions` are those whose score is no whole number.
    """

    users: int = 0
    stating: int = 0
    percent: Decimal | None = None
    fractions: int = 0


def counted(found: Sequence[Any]) -> Counted:
    """What `sums` has found; sums of nothing are null."""
    users, stating, percent, fractions = found
    return Counted(users or 0, stating or 0, percent, fractions or 0)


def rows_of(edges: Sequence[int], counts: Sequence[Counted]) -> list[ScoreRow]:
    """The rows of gold.user_scores, from what was counted per range."""
    total = sum(int(c.users) for c in counts)
    made = ranges(edges, any(c.fractions for c in counts))
    rows = []
    for place, (one, c) in enumerate(zip(made, counts, strict=True), 1):
        rate = float(c.percent / Decimal(int(c.stating) * 100)) if c.percent is not None else None
        share = int(c.users) / total if total else 0.0
        rows.append((one.label, place, one.lower, one.upper, int(c.users), share, rate))
    return rows


def recounted(
    users: DataFrame, edges: Sequence[int], *, score: str, score_text: str, scale: int = 1
) -> list[ScoreRow]:
    """The rows of gold.user_scores once more, each range counted by its own bounds. One job."""
    number = F.col("number")
    known = number.isNotNull() & ~F.isnan(number)
    edges = edges if score else ()
    ends = bounds(edges, scale)
    inside = [known & (number <= end) for end in ends[:1]]
    inside += [known & (number > below) & (number <= upper) for below, upper in pairwise(ends)]
    inside += [*(known & (number > end) for end in ends[-1:]), ~known]
    named = [c.alias(f"c{at}") for at, c in enumerate(chain.from_iterable(map(sums, inside)))]
    alike = users_alike(users, score, score_text).withColumn("odd", has_fraction(number, scale))
    row = alike.agg(*named).collect()[0]
    return rows_of(edges, [counted(row[at : at + 4]) for at in range(0, len(named), 4)])


def check_rows(found: Sequence[ScoreRow], expected: Sequence[ScoreRow]) -> None:
    """Raises LeavesLost, naming each row and column that is not as expected."""
    wrong = []
    for place, (have, want) in enumerate(zip_longest(found, expected), 1):
        if have is None or want is None:
            wrong.append(f"  row {place}: {'missing' if have is None else 'too many'}")
            continue
        wrong += [
            f"  {name} of {want[0]}: expected {w}; found {h}"
            for name, w, h in zip(SCHEMA.names, want, have, strict=True)
            if w != h
        ]
    if wrong:
        raise LeavesLost(
            "gold.user_scores does not hold what it was made from; nothing was published.\n"
            + "\n".join(wrong[:20])
        )
