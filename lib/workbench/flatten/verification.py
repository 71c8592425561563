"""`verify`: whether flat tables hold every leaf of the nested rows that they were made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.errors import LeavesLost, RequestError
from workbench.flatten.array_tables import Tables
from workbench.flatten.array_tables_plan import plan_tables
from workbench.flatten.flat_table_plan import NAMES, FlatPlan, array_paths, plan_flat
from workbench.flatten.types import check_handed, check_leaf, schema_of
from workbench.proof import Fingerprints, differing, leaves
from workbench.schema import clean_name, show, source_name


def verify(df: DataFrame, result: DataFrame | Mapping[str, DataFrame], **options: Any) -> int:
    """Proves that `result`, of `flatten` or `relational`, holds every non-null leaf of `df`.

    Per path a hash of each value where it stands must agree, added up over all rows, and with it
    the number of leaves, the sum of integers and times, the total length of strings; and per table
    the number of rows.
    In the result of `flatten`, what stands once per document repeats on each of its rows, and is
    expected so often. Returns the number of leaves in `df`.

    How the result was made is seen from its columns. Where that is ambiguous (names of
    one's own separator, `position=False`), or the tables were read back from files, give the same
    `options` again: `explode`, `how`, `names`, `sep`, `max_depth`; `key`, `root`, `known`.

    Starts a job over `df`, and one over each table, in the engine's Python workers. Raises
    LeavesLost, naming each path that differs; UnsupportedType for maps and intervals; EngineError
    for rows nested deeper than 64 levels (32 on Spark Connect and Sail).

    >>> from workbench.flatten import flatten, relational, verify
    >>> from workbench.session import session
    >>> spark = session()
    >>> df = spark.createDataFrame(
    ...     [("u1", [("card", [3, 5]), None]), ("u2", [])],
    ...     "_id string, products array<struct<type: string, limits: array<int>>>",
    ... )
    >>> verify(df, relational(df))
    5
    >>> verify(df, flatten(df, "products").drop("products_type"))
    Traceback (most recent call last):
    ...
    workbench.errors.LeavesLost: The result does not hold what it was made from: 1 path(s) differ.
      products[].type: expected 1 values, total 4; found 0 values
    Flatten again without what changed the result in between; see the paths above.
    """
    schema = schema_of(df)
    check_leaf(schema, ())
    check_handed(schema, "verify")
    if isinstance(result, Mapping):
        count, wrong = wrong_tables(df, result, options)
    else:
        schema_of(result, "result")
        count, wrong = wrong_frame(df, result, options)
    if wrong:
        shown = "\n".join(wrong[:20]) + (f"\n  and {len(wrong) - 20} more" if wrong[20:] else "")
        raise LeavesLost(
            f"The result does not hold what it was made from: {len(wrong)} path(s) differ.\n{shown}"
            "\nFlatten again without what changed the result in between; see the paths above."
        )
    return count


def wrong_tables(
    df: DataFrame, result: Mapping[str, DataFrame], options: Mapping[str, Any]
) -> tuple[int, list[str]]:
    """The leaves of the source, and the paths and tables that differ, in words."""
    from workbench.flatten.expected import expected_tables  # what only plans needs no pyarrow
    from workbench.flatten.places import found_table
    from workbench.proof import as_they_are, of_frame

    planned = (
        result.plan
        if isinstance(result, Tables)
        else plan_tables(df.schema, **{"root": next(iter(result), "root"), **options})
    )
    source, expected = of_frame(df, as_they_are, partial(expected_tables, planned))
    found: Fingerprints = {}
    wrong = []
    for table in planned.tables:
        what = show(table.path) or "the documents"
        if table.name not in result:
            wrong.append(f"  {what}: no table {table.name}")
            continue
        (inside,) = of_frame(result[table.name], partial(found_table, planned, table))
        found |= inside.leaves
        if inside.rows[()] != expected.rows[table.path]:
            wrong.append(
                f"  {what}: expected {expected.rows[table.path]} rows in {table.name}; "
                f"found {inside.rows[()]}"
            )
    return leaves(source.leaves), [*differing(expected.leaves, found), *wrong]


def wrong_frame(
    df: DataFrame, result: DataFrame, options: Mapping[str, Any]
) -> tuple[int, list[str]]:
    """The leaves of the source, and the paths that differ, in words; and the number of rows."""
    from workbench.flatten.expected import expected_flat
    from workbench.flatten.places import Identity, found_flat
    from workbench.proof import Contents, as_they_are, of_frame

    planned = plan_flat(df.schema, **options) if options else likely_plan(df.schema, result.schema)
    paths = {c.name: c.path for c in planned.columns}
    # Paired and crossed siblings have the same columns: the values tell which it was.
    ways = (
        [planned] if options or not planned.siblings else [planned, replace(planned, how="cross")]
    )
    there = set(result.columns)
    own = [c for c in planned.columns if c.level == 0 and c.form == "value" and c.name in there]
    whole = Identity([c.path for c in own if not isinstance(c.kind, T.ArrayType)])
    looks = [partial(expected_flat, way, identity=whole) for way in ways]
    source, *all_made = of_frame(df, as_they_are, *looks)
    (inside,) = of_frame(result, partial(found_flat, planned, identity=whole))

    def by_path(found: Fingerprints) -> Fingerprints:
        return {
            (*paths[str(p[0])], *p[1:]) if p else p: f
            for p, f in found.items()
            if not p or p[0] in paths
        }

    found = by_path(inside.leaves)
    # `position=False` leaves these out.
    absent = {c.path for c in planned.columns if c.form == "position"} - found.keys()

    def differences(made: Contents) -> list[str]:
        expected = {p: f for p, f in by_path(made.leaves).items() if p not in absent}
        same = inside.rows == made.rows
        rows = f"  rows: expected {made.rows[()]}; found {inside.rows[()]}"
        return [*differing(expected, found), *([] if same else [rows])]

    return leaves(source.leaves), min(map(differences, all_made), key=len)


def likely_plan(schema: T.StructType, made: T.StructType) -> FlatPlan:
    """The plan of `flatten` whose columns are most like those of a result."""
    there = {(f.name, f.dataType.simpleString()) for f in made.fields}

    def distance(planned: FlatPlan) -> int:
        wanted = {(c.name, type_name(c.form, c.kind)) for c in planned.columns}
        return len(wanted ^ there)

    best: FlatPlan | None = None
    for planned in candidates(schema, there):
        if best is None or distance(planned) < distance(best):
            best = planned
        if distance(best) == 0:
            break
    assert best is not None
    return best


def candidates(schema: T.StructType, there: set[tuple[str, str]]) -> Iterator[FlatPlan]:
    """The ways to flatten a schema that a result may have come by."""
    others = "keep" if any(kind.startswith("array<") for _, kind in there) else "json"
    for names in NAMES:
        arrays = list(array_paths(schema, ()))
        for explode in (None, *map(show, arrays)):
            yield plan_flat(schema, explode, names=names, other_arrays=others)
        place = clean_name if names == "athena" else partial(source_name, sep="_")
        seen = [show(a) for a in arrays if (place((*a, "pos")), "int") in there]
        if len(seen) > 1:
            with suppress(RequestError):  # no siblings: these columns mean something else
                yield plan_flat(schema, seen, names=names, other_arrays=others)


def type_name(form: str, kind: T.DataType) -> str:
    """The type of a column, as its table shows it."""
    if form == "json" or isinstance(kind, T.NullType):
        return "string"
    return "int" if form == "position" else kind.simpleString()
