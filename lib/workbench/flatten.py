"""Nested DataFrames to flat ones: structs become columns, one array becomes rows.

Laws: no value lost or doubled, no row lost, no cross product, names that do not depend on the
order of documents, every rename listed. The plan is made in one walk of the schema: one explode
per array level on the way, one final select.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.errors import RequestError
from workbench.naming import assign, clean_name, quote, source_name
from workbench.schema import ITEM, Path, parse_path, show

NAMES = ("athena", "source")
OTHER_ARRAYS = ("json", "keep")


@dataclass(frozen=True)
class FlatColumn:
    """One column of a flat table: which path it holds, its name, where the engine finds it.

    `reference` is relative to the DataFrame after its explodes. `repeated` columns stand once per
    document and so repeat on each of its rows; the others belong to the exploded elements.
    `form`: value, json (an array as JSON text) or position.
    """

    path: Path
    name: str
    reference: str
    form: str
    repeated: bool

    def column(self) -> Column:
        value = F.col(self.reference)
        if self.form == "json":
            value = F.to_json(value)
        elif self.form == "position":
            value = value.cast("int")
        return value.alias(self.name)


@dataclass(frozen=True)
class FlatPlan:
    """What `flatten` will do: the explodes in order (reference, prefix), and the columns."""

    explodes: list[tuple[str, str]]
    columns: list[FlatColumn]

    @property
    def renames(self) -> dict[str, str]:
        """The paths whose column is not simply the path joined: path -> column."""
        return {show(c.path): c.name for c in self.columns if source_name(c.path, "_") != c.name}


def flatten(
    df: DataFrame,
    explode: str | None = None,
    *,
    outer: bool = True,
    position: bool = True,
    sep: str = "_",
    names: str = "athena",
    other_arrays: str = "json",
) -> DataFrame:
    """One flat DataFrame: structs become columns, the array `explode` becomes rows.

    Grain: one row per row of `df`, or per element of the array at `explode` (for example
    `alreadyHaveProducts`, or `a.b[].c` through the arrays on the way). With `outer`, a missing,
    null or empty array gives one row whose position and element are null; `[null]` gives
    position 0. Other arrays stay as JSON text ("json") or as they are ("keep"). Columns stand in
    the order of the schema, named by `names`: "athena" (see `workbench.naming`) or "source" (keys
    as they are, joined by `sep`). Starts no job.

    Raises RequestError for a path that is no array of the schema, or an unknown option.
    """
    planned = plan_flat(
        df.schema, explode, position=position, sep=sep, names=names, other_arrays=other_arrays
    )
    generate = F.posexplode_outer if outer else F.posexplode
    for reference, prefix in planned.explodes:
        df = df.select("*", generate(F.col(reference)).alias(prefix + "pos", prefix + "element"))
    return df.select(*[c.column() for c in planned.columns])


def plan_flat(
    schema: T.StructType,
    explode: str | None = None,
    *,
    position: bool = True,
    sep: str = "_",
    names: str = "athena",
    other_arrays: str = "json",
) -> FlatPlan:
    """The plan of `flatten` for a schema, without an engine."""
    check_choice("names", names, NAMES)
    check_choice("other_arrays", other_arrays, OTHER_ARRAYS)
    target = array_path(schema, explode) if explode else None
    explodes: list[tuple[str, str]] = []
    found = list(walk(schema, (), "", target, explodes, other_arrays, True))
    if not position:
        found = [c for c in found if c.form != "position"]
    wanted = {
        c.path: clean_name(c.path) if names == "athena" else source_name(c.path, sep) for c in found
    }
    given = assign(wanted, wanted)
    columns = [FlatColumn(c.path, given[c.path], c.reference, c.form, c.repeated) for c in found]
    return FlatPlan(explodes, columns)


def walk(
    kind: T.StructType,
    path: Path,
    reference: str,
    target: Path | None,
    explodes: list[tuple[str, str]],
    other_arrays: str,
    repeated: bool,
) -> Iterator[FlatColumn]:
    """The columns below a struct, in order; adds the explodes on the way to `target`."""
    for field in kind.fields:
        here = (*path, field.name)
        below = (reference + "." if reference else "") + quote(field.name)
        yield from visit(field.dataType, here, below, target, explodes, other_arrays, repeated)


def visit(
    kind: T.DataType,
    path: Path,
    reference: str,
    target: Path | None,
    explodes: list[tuple[str, str]],
    other_arrays: str,
    repeated: bool,
) -> Iterator[FlatColumn]:
    """The columns of one path."""
    if isinstance(kind, T.StructType):
        yield from walk(kind, path, reference, target, explodes, other_arrays, repeated)
    elif isinstance(kind, T.ArrayType) and target and target[: len(path)] == path:
        prefix = f"__workbench_{len(explodes)}_"
        explodes.append((reference, prefix))
        yield FlatColumn((*path, "pos"), "", quote(prefix + "pos"), "position", False)
        element = quote(prefix + "element")
        inside = (*path, ITEM)
        deeper = None if target == path else target
        yield from visit(kind.elementType, inside, element, deeper, explodes, other_arrays, False)
    else:
        form = "json" if isinstance(kind, T.ArrayType) and other_arrays == "json" else "value"
        yield FlatColumn(path, "", reference, form, repeated)


def array_path(schema: T.StructType, text: str) -> Path:
    """The path to explode. Raises RequestError with the nearest arrays where it is none."""
    arrays = {show(path): path for path in array_paths(schema, ())}
    wanted = show(parse_path(text.removesuffix("[]")))
    if wanted not in arrays:
        near = difflib.get_close_matches(wanted, arrays, 3, 0.4) or list(arrays)[:5]
        raise RequestError(
            f"explode: {text} is not an array of this table. "
            + (f"Arrays: {', '.join(near)}." if near else "It has no arrays; leave it out.")
        )
    return arrays[wanted]


def array_paths(kind: T.DataType, path: Path) -> Iterator[Path]:
    """Every array of a schema, outer ones first."""
    if isinstance(kind, T.StructType):
        for field in kind.fields:
            yield from array_paths(field.dataType, (*path, field.name))
    elif isinstance(kind, T.ArrayType):
        yield path
        yield from array_paths(kind.elementType, (*path, ITEM))


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise RequestError(f"{name}: {value!r} is not known. Choose {' or '.join(allowed)}.")
