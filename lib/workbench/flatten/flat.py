"""Nested DataFrames to flat ones: structs become columns, one array becomes rows.

Laws: no value lost or doubled, no row lost, no cross product, names that do not depend on the
order of documents, every rename listed. The plan is made in one walk of the schema: one explode
per array level on the way, one final select.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.array_text import array_text
from workbench.errors import RequestError
from workbench.naming import assign, clean_name, quote, source_name
from workbench.paths import ITEM, Path, parse_path, show
from workbench.reachable import reachable, value
from workbench.reachable import reference as reach

NAMES = ("athena", "source")
OTHER_ARRAYS = ("json", "keep")


@dataclass(frozen=True)
class FlatColumn:
    """One column of a flat table: which path it holds, its name and type, where it is found.

    `reference` is relative to the DataFrame after its explodes, `parents` are the structs around
    it. `form`: value, json (an array as JSON text) or position. `level` is the number of explodes
    that it needs: columns of level 0 stand once per row of the source, and so repeat on each row
    that is made of it.
    """

    path: Path
    name: str
    reference: str
    parents: tuple[str, ...]
    form: str
    level: int
    kind: T.DataType

    def column(self) -> Column:
        found = value(self.reference, self.parents)
        if self.form == "json":
            found = array_text(found, self.kind)
        elif self.form == "position":
            found = found.cast("int")
        elif isinstance(self.kind, T.NullType):
            found = found.cast("string")  # Parquet has no column without a type
        return found.alias(self.name)


@dataclass(frozen=True)
class Explode:
    """One array that becomes rows: its path and reference, and the prefix of what it gives."""

    path: Path
    reference: str
    prefix: str

    @property
    def names(self) -> tuple[str, str]:
        """The columns that hold the position and the element."""
        return self.prefix + "pos", self.prefix + "element"


@dataclass(frozen=True)
class FlatPlan:
    """What `flatten` will do: the explodes in order, and the columns."""

    explodes: list[Explode]
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
    position 0. Other arrays stay as JSON text ("json", see `workbench.array_text`: fields that are
    null are left out of their object) or as they are ("keep"). Columns stand in the order of the
    schema, named by `names`: "athena" (see `workbench.naming`) or "source" (keys as they are,
    joined by `sep`). Starts no job.

    Raises RequestError for a path that is no array of the schema, or an unknown option.
    """
    planned = plan_flat(
        df.schema, explode, position=position, sep=sep, names=names, other_arrays=other_arrays
    )
    generate = F.posexplode_outer if outer else F.posexplode
    df = reachable(df)
    for step in planned.explodes:
        df = reachable(df.select("*", generate(F.col(step.reference)).alias(*step.names)))
    return df.select(*[c.column() for c in planned.columns])


def plan_flat(
    schema: T.StructType,
    explode: str | None = None,
    *,
    position: bool = True,
    sep: str = "_",
    names: str = "athena",
    other_arrays: str = "json",
    known: Mapping[str, str] | None = None,
) -> FlatPlan:
    """The plan of `flatten` for a schema, without an engine.

    `known` names of paths (see `workbench.naming.assign`) stay, whatever fields have come since.
    """
    check_choice("names", names, NAMES)
    check_choice("other_arrays", other_arrays, OTHER_ARRAYS)
    target = array_path(schema, explode) if explode else None
    explodes: list[Explode] = []
    found = list(Walk(target, other_arrays, explodes).struct(schema, (), "", (), 0))
    if not position:
        found = [c for c in found if c.form != "position"]
    wanted = {
        c.path: clean_name(c.path) if names == "athena" else source_name(c.path, sep) for c in found
    }
    given = assign(wanted, wanted, known)
    return FlatPlan(explodes, [replace(c, name=given[c.path]) for c in found])


@dataclass(frozen=True)
class Walk:
    """The one walk of the schema: yields the columns in order, and adds the explodes on the way."""

    target: Path | None
    other_arrays: str
    explodes: list[Explode]

    def struct(
        self, kind: T.StructType, path: Path, reference: str, parents: tuple[str, ...], level: int
    ) -> Iterator[FlatColumn]:
        """The columns below a struct; `parents` are the structs around it."""
        around = (*parents, reference) if reference else ()
        for field in kind.fields:
            below = reach(reference, kind, field.name)
            yield from self.visit(field.dataType, (*path, field.name), below, around, level)

    def visit(
        self, kind: T.DataType, path: Path, reference: str, parents: tuple[str, ...], level: int
    ) -> Iterator[FlatColumn]:
        """The columns of one path."""
        if isinstance(kind, T.StructType):
            yield from self.struct(kind, path, reference, parents, level)
        elif isinstance(kind, T.ArrayType) and self.target and self.target[: len(path)] == path:
            step = Explode(path, reference, f"__workbench_{len(self.explodes)}_")
            self.explodes.append(step)
            at, element = map(quote, step.names)
            inner = len(self.explodes)
            yield FlatColumn((*path, "pos"), "", at, (), "position", inner, T.IntegerType())
            deeper = self if path != self.target else replace(self, target=None)
            yield from deeper.visit(kind.elementType, (*path, ITEM), element, (), inner)
        else:
            is_text = isinstance(kind, T.ArrayType) and self.other_arrays == "json"
            form = "json" if is_text else "value"
            yield FlatColumn(path, "", reference, parents, form, level, kind)


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
