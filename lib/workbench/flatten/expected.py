"""What a flat table must hold: the fingerprints of its columns, from the nested rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from workbench.fingerprint import Fingerprints, together
from workbench.flatten.flat import Explode, FlatPlan
from workbench.reachable import reachable
from workbench.verify import of_frame

WEIGHT = "__workbench_weight"


def expected_flat(df: DataFrame, planned: FlatPlan) -> Fingerprints:
    """What each column of a flat table must hold, computed from its source, without its rows.

    A document's own values repeat once per element, so each weighs as much as the array has
    elements; where arrays stand in arrays, so does each element on the way. Starts a job or more
    per array on the way.
    """
    df = reachable(df)
    parts = []
    for level in range(len(planned.explodes) + 1):
        if level:
            step = planned.explodes[level - 1]
            df = reachable(df.select(F.posexplode(F.col(step.reference)).alias(*step.names)))
        columns = [c.column() for c in planned.columns if c.level == level]
        weight = rows_made(planned, level).alias(WEIGHT)
        parts.append(of_frame(df.select(*columns, weight), WEIGHT))
    return together(parts)


def rows_made(planned: FlatPlan, level: int) -> Column:
    """How many rows come of what stands at a level: as many as the arrays below have elements."""
    below = planned.explodes[level:]
    if not below:
        return F.lit(1).cast("bigint")
    return elements(F.col(below[0].reference), below)


def elements(array: Column, steps: Sequence[Explode]) -> Column:
    """The rows that come of an array; one, where it is missing, null or empty."""
    if len(steps) == 1:
        return F.greatest(F.size(array), F.lit(1)).cast("bigint")
    keys = steps[1].path[len(steps[0].path) + 1 :]

    def inside(element: Column) -> Column:
        return elements(reduce(lambda c, key: c.getField(str(key)), keys, element), steps[1:])

    nothing = F.lit(0).cast("bigint")
    total = F.aggregate(F.transform(array, inside), nothing, lambda sum_, rows: sum_ + rows)
    return F.greatest(F.coalesce(total, nothing), F.lit(1).cast("bigint"))
