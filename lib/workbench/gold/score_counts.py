"""Users per score and product type, counted once by the engine; ranges of any edges follow."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from workbench.columns import as_number, as_text, small
from workbench.gold.score_ranges import SCHEMA, Counted, ranges, rows_of, stated_rate
from workbench.gold.summaries import names_of, own
from workbench.schema import quote

EVERYONE = ""  # in the place of a product type: all users, each once


@dataclass(frozen=True)
class ScoreCounts:
    """Distinct users by score. Grain of `table`: one row per product type and score.

    Columns: product_type (null: no product; `everyone` is True where it does not matter), score
    (null: none), users, stating (whose text states a rate), percent (the sum of these rates).
    """

    table: pd.DataFrame

    def types(self) -> list[str]:
        """The product types that somebody has, most users first."""
        named = self.table[~self.table["everyone"].astype(bool)].dropna(subset=["product_type"])
        users = named.groupby("product_type")["users"].sum()
        return sorted(users.index, key=lambda kind: (-users[kind], kind))

    def of_type(self, product_type: str = EVERYONE) -> pd.DataFrame:
        """The rows of the users who have a product type, or of all users."""
        everyone = self.table["everyone"].astype(bool)
        if product_type == EVERYONE:
            return self.table[everyone]
        return self.table[~everyone & (self.table["product_type"] == product_type)]

    def ranges(self, edges: Sequence[int], product_type: str = EVERYONE) -> pd.DataFrame:
        """Users per score range, with the columns of gold.user_scores."""
        counted = [Counted()] * len(ranges(edges))
        for row in self.of_type(product_type).to_dict("records"):
            none = row["score"] is None or pd.isna(row["score"])
            place = -1 if none else bisect_left(edges, row["score"])
            counted[place] = plus(counted[place], row["users"], row["stating"], row["percent"])
        counted[-1] = counted[-1]._replace(fractions=self.fractions())
        return pd.DataFrame(rows_of(edges, counted), columns=SCHEMA.names, dtype=object)

    def fractions(self) -> int:
        """How many scores, of all users, are no whole numbers."""
        return sum(not float(score).is_integer() for score in self.table["score"].dropna())

    def bounds(self) -> tuple[int, int]:
        """Whole numbers around all scores; 0 and 1,000 where there are none."""
        scores = self.table["score"].dropna()
        if scores.empty:
            return 0, 1000
        return int(min(scores) // 1), int(-(-max(scores) // 1))


def plus(one: Counted, users: int, stating: int, percent: Decimal | None) -> Counted:
    total = one.percent if percent is None else (one.percent or Decimal(0)) + percent
    return Counted(one.users + int(users), one.stating + int(stating), total, one.fractions)


def count_scores(
    products: DataFrame,
    *,
    key: str | Sequence[str] | None,
    score: str | None,
    score_text: str | None,
    product_type: str | None,
) -> ScoreCounts:
    """Counts gold.user_products. The arguments are names of its columns; None where it has none.

    Two jobs; the result is as small as scores and product types are few.
    """
    kind = F.col(quote(product_type)).cast("string") if product_type else F.lit(None).cast("string")
    users = products.select(
        *own(names_of(key)),
        kind.alias("product_type"),
        as_number(products, quoted(score)).alias("score"),
        stated_rate(as_text(products, quoted(score_text))).alias("rate"),
    )
    everyone = counted(users.drop("product_type"), "score").assign(product_type=None, everyone=True)
    by_type = counted(users, "product_type", "score").assign(everyone=False)
    columns = ["everyone", "product_type", "score", "users", "stating", "percent"]
    rows = [*everyone[columns].to_numpy().tolist(), *by_type[columns].to_numpy().tolist()]
    return ScoreCounts(pd.DataFrame(rows, columns=columns, dtype=object))


def counted(users: DataFrame, *by: str) -> pd.DataFrame:
    return small(
        users.distinct()
        .groupBy(*by)
        .agg(
            F.count(F.lit(1)).alias("users"),
            F.count("rate").alias("stating"),
            F.sum("rate").alias("percent"),
        )
    )


def quoted(name: str | None) -> str:
    """A column's name as a path of one key."""
    return quote(name) if name else ""
