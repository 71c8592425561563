"""`flatten`: nested rows to one flat table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import hidden, needs_guards, reachable
from workbench.errors import BoundExceeded
from workbench.flatten.arguments import check_arguments
from workbench.flatten.flat_table_plan import MAX_COLUMNS, Explode, FlatColumn, FlatPlan, plan_flat
from workbench.flatten.types import schema_of
from workbench.flatten.wide_structs import take
from workbench.schema import quote, show

MAX_ROWS = 10_000_000  # of a cross product
ARRAY, TAKEN = "__workbench_array_", "__workbench_taken_"
PLACE, PAIR, END = "__workbench_place", "__workbench_pair", "__workbench_end_"


def flatten(
    df: DataFrame,
    explode: str | Sequence[str] | None = None,
    *,
    outer: bool = True,
    position: bool = True,
    sep: str = "_",
    names: str = "athena",
    other_arrays: str = "json",
    max_depth: int | None = None,
    how: str = "zip",
    max_rows: int = MAX_ROWS,
    max_columns: int = MAX_COLUMNS,
    known: Mapping[str, str] | None = None,
    prefix: str = "",
    as_json: Sequence[str] = (),
) -> DataFrame:
    """One flat DataFrame: structs become columns, the array `explode` becomes rows.

    Grain: one row per row of `df`, or per element of the array at `explode` (for example
    `alreadyHaveProducts`, or `a.b[].c` through the arrays on the way). With `outer`, a missing,
    null or empty array gives one row whose position and element are null; `[null]` gives
    position 0. Other arrays stay as JSON text ("json", see `workbench.json_text.columns`: fields
    that are null are left out of their object) or as they are ("keep"). Columns stand in the order
    of the schema, named by `names`: "athena" (see `schema.names`) or "source" (keys as they are,
    joined by `sep`). `max_depth` objects and arrays may stand in each other (the document is the
    first); an object that is deeper stays in one column, as JSON text. `known` names stay
    (`plan_flat(...).names` of the day before), whatever fields have come since. `prefix` begins the
    name of each column; `as_json` are objects and arrays that stay one column, as JSON text.

    Several paths in `explode` name siblings, arrays of the same object. `how="zip"` pairs their
    elements: as many rows as the longest has, each array with its own position, null where it has
    ended. `how="cross"` makes a row of each combination, `max_rows` in all at most.

    Starts no job, but one with `how="cross"`, which counts the rows. Raises UnknownPath, naming
    the nearest, for a path that is no array of the schema; BoundExceeded for more than
    `max_columns`, or `max_rows` of a cross product; UnsupportedType for maps and intervals;
    RequestError for an unknown option; EngineError for rows nested deeper than 32 levels, which
    Spark Connect, and so Sail, does not carry.

    >>> from workbench.flatten import flatten
    >>> from workbench.session import session
    >>> spark = session()
    >>> df = spark.createDataFrame(
    ...     [("u1", [("card", 3), None], (1,)), ("u2", [], None)],
    ...     "_id string, myProducts array<struct<type: string, n: int>>, score struct<v: int>",
    ... )
    >>> flatten(df, "myProducts").orderBy("_id", "my_products_pos").show()
    +---+---------------+----------------+-------------+-------+
    |_id|my_products_pos|my_products_type|my_products_n|score_v|
    +---+---------------+----------------+-------------+-------+
    | u1|              0|            card|            3|      1|
    | u1|              1|            NULL|         NULL|      1|
    | u2|           NULL|            NULL|         NULL|   NULL|
    +---+---------------+----------------+-------------+-------+
    <BLANKLINE>
    """
    check_arguments(max_rows=max_rows)
    planned = plan_flat(
        schema_of(df),
        explode,
        position=position,
        sep=sep,
        names=names,
        other_arrays=other_arrays,
        max_depth=max_depth,
        how=how,
        max_columns=max_columns,
        known=known,
        prefix=prefix,
        as_json=as_json,
    )
    if how == "cross" and planned.siblings:
        check_rows_made(df, planned, max_rows)
    return build_flat(df, planned, outer)


def check_rows_made(df: DataFrame, planned: FlatPlan, max_rows: int) -> None:
    """Raises BoundExceeded where the plan makes more rows. Starts one job."""
    from workbench.flatten.expected import expected_flat  # what only plans needs no pyarrow
    from workbench.proof import of_frame

    (expected,) = of_frame(df, partial(expected_flat, replace(planned, columns=[])))
    if expected.rows[()] > max_rows:
        raise BoundExceeded(
            f"max_rows: the cross product of {', '.join(show(s.path) for s in planned.siblings)} "
            f"would have {expected.rows[()]} rows, and {max_rows} are allowed. "
            'Pair them (how="zip"), use relational(), or raise max_rows.'
        )


def build_flat(df: DataFrame, planned: FlatPlan, outer: bool = True) -> DataFrame:
    """The rows and columns of a plan. Starts no job.

    Each explode copies what stands beside the array, once per element. So a level's own columns
    are taken before it, and what they come from, which holds the array itself, is left behind.
    """
    generate = F.posexplode_outer if outer else F.posexplode
    guarded = needs_guards(df, made=bool(planned.siblings))
    df = reachable(df)
    taken: dict[str, FlatColumn] = {}
    together = [planned.siblings] if planned.siblings else []
    for level, steps in enumerate([*([step] for step in planned.explodes), *together]):
        own = [c for c in planned.columns if c.level == level]
        held = [replace(c, name=f"{TAKEN}{len(taken) + at}") for at, c in enumerate(own)]
        arrays = [
            FlatColumn(step.path, f"{ARRAY}{at}", step.reference, (), "value", level, step.array)
            for at, step in enumerate(steps)
        ]
        df = take(df, [*map(as_taken, taken.values()), *held, *arrays], guarded)
        taken |= {c.name: h for c, h in zip(own, held, strict=True)}
        beside = [c.name for c in taken.values()]
        waiting = [array.name for array in arrays]
        if len(steps) > 1 and planned.how == "zip":
            df = paired(df, beside, dict(zip(waiting, steps, strict=True)), generate)
        else:
            for step in steps:
                array, *waiting = waiting
                df = df.select(*beside, *waiting, generate(array).alias(*step.names))
                beside += step.names
        df = reachable_elements(df, steps)
    left = [
        replace(as_taken(taken[c.name]), name=c.name) if c.name in taken else c
        for c in planned.columns
    ]
    return take(df, left, guarded)


def as_taken(column: FlatColumn) -> FlatColumn:
    """A column that was taken before, as it is found then."""
    text = column.form == "json" or isinstance(column.kind, T.NullType)
    kind = T.StringType() if text else column.kind
    return replace(column, reference=quote(column.name), parents=(), form="value", kind=kind)


def paired(
    df: DataFrame,
    beside: Sequence[str],
    arrays: Mapping[str, Explode],
    generate: Callable[[Column], Column],
) -> DataFrame:
    """One row per position of the longest of the arrays, with the element of each."""
    ends = {array: f"{END}{at}" for at, array in enumerate(arrays)}
    df = df.select(
        *beside,
        *[F.size(array).alias(end) for array, end in ends.items()],
        *[F.coalesce(F.col(array), F.array()).alias(array) for array in arrays],
    )
    df = df.select(*beside, *ends.values(), generate(F.arrays_zip(*arrays)).alias(PLACE, PAIR))
    columns = []
    for array, step in arrays.items():
        inside, (at, element) = F.col(PLACE) < F.col(ends[array]), step.names
        columns += [F.when(inside, F.col(PLACE)).alias(at)]
        columns += [F.when(inside, F.col(f"{PAIR}.{array}")).alias(element)]
    return df.select(*beside, *columns)


def reachable_elements(df: DataFrame, steps: Sequence[Explode]) -> DataFrame:
    """The rows with the elements of arrays, each of whose fields can be reached.

    Asking Connect for the schema of thousands of columns takes seconds, and most need nothing.
    """
    return reachable(df) if any(hidden(step.kind) for step in steps) else df
