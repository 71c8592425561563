"""`verify`: whether flat tables hold every leaf of the nested rows that they were made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.errors import LeavesLost, RequestError
from workbench.fingerprint import Fingerprint, Fingerprints
from workbench.flatten.build import Tables, rows_of
from workbench.flatten.expected import count_rows_made, expected_flat
from workbench.flatten.flat import NAMES, FlatPlan, array_paths, plan_flat
from workbench.flatten.kinds import schema_of
from workbench.flatten.tables import POSITION, Table, TablesPlan, plan_tables
from workbench.naming import clean_name, source_name
from workbench.paths import Path, show
from workbench.reachable import value
from workbench.verify import differing, of_frame


def verify(df: DataFrame, result: DataFrame | Mapping[str, DataFrame], **options: Any) -> int:
    """Proves that `result`, of `flatten` or `relational`, holds every non-null leaf of `df`.

    Per path the number of leaves must agree, and with it the sum of integers, the total length
    of strings, the number of trues, the bounds of other kinds; and per table the number of rows.
    In the result of `flatten`, what stands once per document repeats on each of its rows, and is
    expected so often. Returns the number of leaves in `df`.

    How the result was made is seen from its columns. Where that is ambiguous (names of
    one's own separator, `position=False`), or the tables were read back from files, give the same
    `options` again: `explode`, `how`, `names`, `sep`, `max_depth`; `key`, `root`, `known`.

    Starts jobs: per table one for each 100 columns, on both sides. Raises LeavesLost, naming each
    path that differs.

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
    schema_of(df)
    source = of_frame(df, guarded=True)
    if isinstance(result, Mapping):
        wrong = wrong_tables(df, source, result, options)
    else:
        wrong = wrong_frame(df, result, options)
    if wrong:
        shown = "\n".join(wrong[:20]) + (f"\n  and {len(wrong) - 20} more" if wrong[20:] else "")
        raise LeavesLost(
            f"The result does not hold what it was made from: {len(wrong)} path(s) differ.\n{shown}"
            "\nFlatten again without what changed the result in between; see the paths above."
        )
    return sum(f.count for f in source.values())


# --- the relational form ----------------------------------------------------------------------


def wrong_tables(
    df: DataFrame, source: Fingerprints, result: Mapping[str, DataFrame], options: Mapping[str, Any]
) -> list[str]:
    """The paths and tables that differ, in words."""
    planned = (
        result.plan
        if isinstance(result, Tables)
        else plan_tables(df.schema, **{"root": next(iter(result), "root"), **options})
    )
    frames = rows_of(df, planned)
    expected = dict(source)
    counted = rows_expected(planned, frames)
    found: Fingerprints = {}
    wrong = []
    for table in planned.tables:
        texts = [c for c in table.columns if c.form == "json"]
        for text in texts:  # their leaves are inside the text, so the text itself is compared
            expected = {p: f for p, f in expected.items() if p[: len(text.path)] != text.path}
        if texts:
            made = of_frame(frames[table.path].select(*[c.column() for c in texts]))
            expected |= {c.path: made[(c.name,)] for c in texts}
        if table.name not in result:
            wrong.append(f"  {show(table.path) or 'the documents'}: no table {table.name}")
            continue
        columns, rows = of_table(table, result[table.name])
        found |= columns
        if rows != counted[table.path]:
            wrong.append(
                f"  {show(table.path) or 'the documents'}: expected {counted[table.path]} rows in "
                f"{table.name}; found {rows}"
            )
    return [*differing(expected, found), *wrong]


def of_table(table: Table, df: DataFrame) -> tuple[Fingerprints, int]:
    """The fingerprints by the paths that the columns hold, and the number of rows."""
    inside = of_frame(df)
    found = {c.path: inside[(c.name,)] for c in table.columns if (c.name,) in inside}
    if table.parent is None:
        return found, int(df.count())
    return found, inside.get((POSITION,), Fingerprint()).count


def rows_expected(planned: TablesPlan, frames: Mapping[Path, DataFrame]) -> dict[Path, int]:
    """How many rows each table must have: the documents, and the elements of each array."""
    counted: dict[Path, int] = {}
    for table in planned.tables:
        arrays = [t for t in planned.tables if t.parent == table.path]
        sizes = [F.sum(F.greatest(F.size(value(t.reference, t.guards)), F.lit(0))) for t in arrays]
        if table.parent is None:
            sizes.append(F.count(F.lit(1)))
        if sizes:
            row = frames[table.path].agg(*[s.alias(f"n{i}") for i, s in enumerate(sizes)])
            values = [int(v or 0) for v in row.collect()[0]]
            counted |= {t.path: n for t, n in zip(arrays, values, strict=False)}
            if table.parent is None:
                counted[()] = values[-1]
    return counted


# --- the flat form ----------------------------------------------------------------------------


def wrong_frame(df: DataFrame, result: DataFrame, options: Mapping[str, Any]) -> list[str]:
    """The paths that differ, in words; and the number of rows, where it does."""
    planned = plan_flat(df.schema, **options) if options else likely_plan(df.schema, result.schema)
    paths = {c.name: c.path for c in planned.columns}
    inside = of_frame(result)
    found = {(*paths[p[0]], *p[1:]): f for p, f in inside.items() if p and p[0] in paths}
    made = expected_flat(df, planned)
    positions = {c.path for c in planned.columns if c.form == "position"}
    expected = {(*paths[str(p[0])], *p[1:]): f for p, f in made.items()}
    for path in positions - found.keys():  # `position=False`
        del expected[path]
    wrong = differing(expected, found)
    rows = count_rows_made(df, planned)
    there = int(result.count())
    return wrong if rows == there else [*wrong, f"  rows: expected {rows}; found {there}"]


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
