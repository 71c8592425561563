"""What a flat table must hold: the fingerprints of its columns, from the nested rows alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from workbench.errors import BoundExceeded
from workbench.fingerprint import Fingerprints, together
from workbench.flatten.flat import Explode, FlatPlan
from workbench.paths import Path, show
from workbench.reachable import reachable, reads_files
from workbench.verify import of_frame

WEIGHT = "__workbench_weight"


def expected_flat(df: DataFrame, planned: FlatPlan) -> Fingerprints:
    """What each column of a flat table must hold, computed from its source, without its rows.

    A document's own values repeat once per element, so each weighs as much as the array has
    elements; where arrays stand in arrays, so does each element on the way. Starts a job or more
    per array on the way.
    """
    guarded = not reads_files(df)
    df = reachable(df)
    parts = []
    for level in range(len(planned.explodes) + 1):
        if level:
            step = planned.explodes[level - 1]
            df = reachable(df.select(F.posexplode(F.col(step.reference)).alias(*step.names)))
        columns = [c.column(guarded) for c in planned.columns if c.level == level]
        weight = rows_made(planned, level).alias(WEIGHT)
        parts.append(of_frame(df.select(*columns, weight), WEIGHT))
    parts += [of_sibling(df, planned, each) for each in planned.siblings]
    return together(parts)


def of_sibling(df: DataFrame, planned: FlatPlan, each: Explode) -> Fingerprints:
    """The columns of one of several arrays: once where paired, else with all of the others."""
    others = [s for s in planned.siblings if s is not each and planned.how == "cross"]
    weight = fan([F.col(s.reference) for s in others], "cross")
    df = df.select(weight.alias(WEIGHT), F.posexplode(F.col(each.reference)).alias(*each.names))
    paths = [c for c in planned.columns if c.path[: len(each.path)] == each.path]
    columns = [c.column() for c in paths]
    return of_frame(reachable(df).select(*columns, F.col(WEIGHT)), WEIGHT)


def check_rows_made(df: DataFrame, planned: FlatPlan, max_rows: int) -> None:
    """Raises BoundExceeded where the plan makes more rows. Starts one job."""
    rows = count_rows_made(df, planned)
    if rows > max_rows:
        raise BoundExceeded(
            f"max_rows: the cross product of {', '.join(show(s.path) for s in planned.siblings)} "
            f"would have {rows} rows, and {max_rows} are allowed. "
            'Pair them (how="zip"), use relational(), or raise max_rows.'
        )


def count_rows_made(df: DataFrame, planned: FlatPlan) -> int:
    """How many rows the plan makes. Starts one job."""
    rows = rows_made(planned, 0).cast("decimal(38,0)")
    return int(reachable(df).agg(F.sum(rows).alias("rows")).collect()[0][0] or 0)


def rows_made(planned: FlatPlan, level: int) -> Column:
    """How many rows come of what stands at a level: as many as the arrays below have elements."""
    below = planned.explodes[level:]
    if not below:
        return fan([F.col(s.reference) for s in planned.siblings], planned.how)
    return elements(F.col(below[0].reference), below, planned)


def fan(arrays: Sequence[Column], how: str) -> Column:
    """The rows that come of arrays side by side; one, where all are missing, null or empty."""
    one = F.lit(1).cast("bigint")
    sizes = [F.greatest(F.size(array), F.lit(1)).cast("bigint") for array in arrays]
    if how == "cross":
        return reduce(lambda left, right: left * right, sizes, one)
    return F.greatest(one, *sizes) if sizes else one


def elements(array: Column, steps: Sequence[Explode], planned: FlatPlan) -> Column:
    """The rows that come of an array; one, where it is missing, null or empty."""
    here, deeper = steps[0], steps[1:]
    if not deeper and not planned.siblings:
        return fan([array], "zip")

    def inside(element: Column) -> Column:
        if deeper:
            return elements(below(element, here.path, deeper[0].path), deeper, planned)
        arrays = [below(element, here.path, s.path) for s in planned.siblings]
        return fan(arrays, planned.how)

    nothing = F.lit(0).cast("bigint")
    total = F.aggregate(F.transform(array, inside), nothing, lambda sum_, rows: sum_ + rows)
    return F.greatest(F.coalesce(total, nothing), F.lit(1).cast("bigint"))


def below(element: Column, path: Path, inner: Path) -> Column:
    """What stands at the path `inner` in an element of the array at `path`."""
    keys = inner[len(path) + 1 :]
    return reduce(lambda column, key: column.getField(str(key)), keys, element)
