"""The conservation proof: the engine's fingerprints of a table, compared with those expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.errors import LeavesLost
from workbench.fingerprint import LOW, Fingerprint, Fingerprints
from workbench.naming import quote
from workbench.paths import ITEM, Path, show
from workbench.reachable import hidden, reachable, value
from workbench.reachable import reference as reach

ELEMENT = "__workbench_element"
AT_ONCE = 100  # leaves in one job: engines plan many aggregates in more than linear time
Leaf = tuple[Path, Column, T.DataType]


def of_frame(df: DataFrame, weight: str | None = None, *, guarded: bool = False) -> Fingerprints:
    """The fingerprints of a DataFrame. Starts one job per 100 leaves, and one more per array path.

    `weight` names an integer column: each row counts so many times; it is no leaf itself.
    `guarded`: what stands in a null struct is null, whatever an engine reads there (see
    `workbench.reachable`); tables that were read from files do not need it.
    """
    leaves: list[Leaf] = []
    arrays: list[Leaf] = []
    schema, df = df.schema, reachable(df)
    for leaf in columns_of(schema, weight, guarded):
        (arrays if isinstance(leaf[2], T.ArrayType) else leaves).append(leaf)
    times = F.col(quote(weight)) if weight else None
    found: Fingerprints = {}
    for at in range(0, len(leaves), AT_ONCE):
        found |= of_leaves(df, leaves[at : at + AT_ONCE], times)
    for path, column, _ in arrays:
        rows = df.select(*([times] if times is not None else []), F.explode(column).alias(ELEMENT))
        for below, fingerprint in of_frame(rows, weight, guarded=guarded).items():
            found[(*path, ITEM, *below[1:])] = fingerprint
    return found


def of_leaves(df: DataFrame, leaves: Sequence[Leaf], times: Column | None) -> Fingerprints:
    """The fingerprints of some leaves, in one job."""
    aggregates = [aggregated(column, kind, times) for _, column, kind in leaves]
    columns = [column for _, made in aggregates for column in made]
    row = df.agg(*[column.alias(f"a{i}") for i, column in enumerate(columns)]).collect()[0]
    values = iter(row)
    return {
        path: read_aggregates(name, list(islice(values, len(made))))
        for (path, _, _), (name, made) in zip(leaves, aggregates, strict=True)
    }


def columns_of(
    kind: T.StructType,
    skip: str | None,
    guarded: bool,
    path: Path = (),
    reference: str = "",
    parents: tuple[str, ...] = (),
) -> Iterable[Leaf]:
    """Every leaf and array of a schema with the column that reads it."""
    around = (*parents, reference) if guarded and reference else ()
    hides = hidden(kind)
    for field in kind.fields:
        if not reference and field.name == skip:
            continue
        here = (*path, field.name)
        below = reach(reference, field.name, hides)
        if isinstance(field.dataType, T.StructType):
            yield from columns_of(field.dataType, None, guarded, here, below, around)
        else:
            yield here, value(below, around), field.dataType


def aggregated(column: Column, kind: T.DataType, times: Column | None) -> tuple[str, list[Column]]:
    """The aggregates that make one fingerprint."""
    present = column.isNotNull()
    one = F.lit(1).cast("bigint") if times is None else times.cast("bigint")
    count = F.sum(F.when(present, one))
    if isinstance(kind, T.IntegralType):
        wide = column.cast("bigint")
        high, low = F.shiftright(wide, 32), wide.bitwiseAND(F.lit(LOW).cast("bigint"))
        return "int", [count, F.sum(high * one), F.sum(low * one)]
    if isinstance(kind, T.StringType):
        return "total", [count, F.sum(F.length(column).cast("bigint") * one)]
    if isinstance(kind, T.BooleanType):
        return "total", [count, F.sum(F.when(column, one))]
    if isinstance(kind, T.TimestampType | T.TimestampNTZType):
        return "bounds", [count, F.unix_micros(F.min(column)), F.unix_micros(F.max(column))]
    if isinstance(kind, T.DateType):
        epoch = F.lit("1970-01-01").cast("date")
        return "total", [count, F.sum(F.datediff(column, epoch).cast("bigint") * one)]
    if isinstance(kind, T.BinaryType):
        return "total", [count, F.sum(F.octet_length(column).cast("bigint") * one)]
    if isinstance(kind, T.NullType):
        return "total", [count, F.lit(0).cast("bigint")]
    if isinstance(kind, T.DoubleType | T.FloatType):
        wide = column.cast("double")
        number = F.when(~F.isnan(wide), wide)
        return "bounds", [count, F.min(number), F.max(number)]
    if isinstance(kind, T.DecimalType):
        return "bounds", [count, F.min(column), F.max(column)]
    raise LeavesLost(
        f"A column of type {kind.simpleString()} cannot be verified; the types are strings, "
        "numbers, booleans, dates, timestamps, bytes, and structs and arrays of these."
    )


def read_aggregates(name: str, values: list[Any]) -> Fingerprint:
    count = int(values[0] or 0)
    if name == "bounds":
        return Fingerprint(count, None, values[1], values[2])
    high, low = (values[1] or 0, values[2] or 0) if name == "int" else (0, values[1] or 0)
    return Fingerprint(count, (int(high) << 32) + int(low))


# --- the comparison ---------------------------------------------------------------------------


def compare(
    expected: Mapping[Path, Fingerprint],
    found: Mapping[Path, Fingerprint],
    table: str,
    counted_only: Iterable[Path] = (),
) -> None:
    """Raises LeavesLost, naming each path whose fingerprint differs, and how.

    `counted_only`: paths whose values were changed on purpose (hashed), so only counts agree.
    """
    wrong = differing(expected, found, counted_only)
    if wrong:
        shown = "\n".join(wrong[:20]) + (f"\n  and {len(wrong) - 20} more" if wrong[20:] else "")
        raise LeavesLost(
            f"{table} does not hold what it was made from; nothing was published. "
            f"{len(wrong)} path(s) differ:\n{shown}\n"
            "The table that stood there before is unchanged. Run again; if it happens again with "
            "--engine spark too, the step itself changes values."
        )


def differing(
    expected: Mapping[Path, Fingerprint],
    found: Mapping[Path, Fingerprint],
    counted_only: Iterable[Path] = (),
) -> list[str]:
    """A line for each path whose fingerprint differs."""
    only_counts = set(counted_only)
    wrong = []
    for path in [*expected, *(p for p in found if p not in expected)]:
        want, have = expected.get(path, Fingerprint()), found.get(path, Fingerprint())
        if path in only_counts:
            want, have = Fingerprint(want.count), Fingerprint(have.count)
        if want.count == have.count == 0 or want == have:
            continue
        wrong.append(f"  {show(path)}: expected {describe(want)}; found {describe(have)}")
    return wrong


def describe(fingerprint: Fingerprint) -> str:
    """A fingerprint in words, without any value of the data but sums and bounds."""
    parts = [f"{fingerprint.count} values"]
    if fingerprint.total is not None:
        parts.append(f"total {fingerprint.total}")
    if fingerprint.least is not None:
        parts.append(f"from {fingerprint.least} to {fingerprint.greatest}")
    return ", ".join(parts)
