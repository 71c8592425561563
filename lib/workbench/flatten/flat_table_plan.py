"""Nested DataFrames to flat ones: structs become columns, one array becomes rows.

Laws: no value lost or doubled, no row lost, no cross product, names that do not depend on the
order of documents, every rename listed. The plan is made in one walk of the schema: one explode
per array level on the way, one final select.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pyspark.sql import Column
from pyspark.sql import types as T

from workbench.columns import hidden, value
from workbench.columns import reference as reach
from workbench.errors import BoundExceeded, NameCollision, RequestError, UnknownPath
from workbench.flatten.arguments import check_arguments, check_plain
from workbench.flatten.types import check_leaf, kept_whole, nested, whole_paths
from workbench.json_text import array_text
from workbench.schema import (
    ITEM,
    Path,
    assign,
    namer,
    parse_path,
    quote,
    show,
    source_name,
    why,
)
from workbench.suggest import likely

NAMES = ("athena", "source")
OTHER_ARRAYS = ("json", "keep")
HOW = ("zip", "cross")
MAX_COLUMNS = 5000
ADVICE = (
    "Objects that are used as maps (fields named by ids) make that many: plan (--plan) lists them, "
    "and as_map (--as-map PATH) turns each into rows"
)


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

    def column(self, guarded: bool) -> Column:
        """The column; `guarded` where `workbench.columns.fields.needs_guards`."""
        found = value(self.reference, self.parents if guarded else ())
        if self.form == "json":
            found = array_text(found, self.kind)
        elif self.form == "position":
            found = found.cast("int")
        elif isinstance(self.kind, T.NullType):
            found = found.cast("string")  # Parquet has no column without a type
        return found.alias(self.name)


@dataclass(frozen=True)
class Explode:
    """One array that becomes rows: its path and reference, and the prefix of what it gives.

    `kind` is the type of its elements.
    """

    path: Path
    reference: str
    prefix: str
    kind: T.DataType

    @property
    def names(self) -> tuple[str, str]:
        """The columns that hold the position and the element."""
        return self.prefix + "pos", self.prefix + "element"

    @property
    def array(self) -> T.ArrayType:
        return T.ArrayType(self.kind)


@dataclass(frozen=True)
class FlatPlan:
    """What `flatten` will do: the explodes in order, the siblings after them, and the columns.

    There are `siblings` where several arrays were asked for: `how` says how they make rows.
    """

    explodes: list[Explode]
    columns: list[FlatColumn]
    siblings: list[Explode] = field(default_factory=list)
    how: str = "zip"

    @property
    def renames(self) -> dict[str, str]:
        """The paths whose column is not simply the path joined: path -> column."""
        return {show(c.path): c.name for c in self.columns if source_name(c.path, "_") != c.name}

    @property
    def names(self) -> dict[str, str]:
        """Every name given, to be kept as `known`: path -> column."""
        return {show(c.path): c.name for c in self.columns}

    @property
    def reasons(self) -> dict[str, str]:
        """Why those are renamed: path -> the reason in a few words."""
        taken = {c.name for c in self.columns}
        renamed = [c for c in self.columns if source_name(c.path, "_") != c.name]
        return {show(c.path): why(c.path, c.name, taken) for c in renamed}


def plan_flat(
    schema: T.StructType,
    explode: str | Sequence[str] | None = None,
    *,
    position: bool = True,
    sep: str = "_",
    names: str = "athena",
    other_arrays: str = "json",
    max_depth: int | None = None,
    how: str = "zip",
    max_columns: int = MAX_COLUMNS,
    known: Mapping[str, str] | None = None,
    prefix: str = "",
    as_json: Sequence[str] = (),
) -> FlatPlan:
    """The plan of `flatten` for a schema, without an engine.

    `known` names of paths (see `workbench.schema.names.assign`) stay, whatever fields came since.
    """
    check_arguments(
        explode=explode,
        sep=sep,
        max_depth=max_depth,
        max_columns=max_columns,
        known=known,
        prefix=prefix,
        as_json=as_json,
    )
    check_choice("names", names, NAMES)
    check_plain(names, sep=sep, prefix=prefix)
    check_choice("other_arrays", other_arrays, OTHER_ARRAYS)
    check_choice("how", how, HOW)
    check_depth(max_depth)
    texts = [explode] if isinstance(explode, str) else list(explode or ())
    targets = inner_most([array_path(schema, text) for text in texts if text])
    whole = whole_paths(schema, as_json)
    for path in whole & {target[:at] for target in targets for at in range(len(target) + 1)}:
        raise RequestError(f"as_json: {show(path)} cannot stay JSON text, for it is exploded.")
    walk = Walk(frozenset(targets), other_arrays, max_depth, as_json=whole)
    found = list(walk.struct(schema, (), "", (), 0))
    if not position:
        found = [c for c in found if c.form != "position"]
    if len(found) > max_columns:
        raise BoundExceeded(
            f"max_columns: the flat table would have {len(found)} columns, and {max_columns} are "
            f"allowed. {ADVICE}, or raise max_columns."
        )
    wish = namer(names, sep, prefix)
    wanted = {c.path: wish(c.path) for c in found}
    there = {show(path) for path in wanted}
    check_known({p: name for p, name in (known or {}).items() if p in there}, "columns")
    given = assign(wanted, wanted, known)
    columns = [replace(c, name=given[c.path]) for c in found]
    if len(targets) < 2:
        return FlatPlan(walk.explodes, columns, how=how)
    siblings = [step for step in walk.explodes if step.path in targets]
    chain = [step for step in walk.explodes if step.path not in targets]
    return FlatPlan(chain, columns, siblings, how)


def inner_most(paths: Sequence[Path]) -> list[Path]:
    """The arrays to explode, without those on the way to others; several must be siblings."""
    kept = [p for p in dict.fromkeys(paths) if not any(q[: len(p)] == p != q for q in paths)]
    homes = {p[: max((i + 1 for i, key in enumerate(p) if key is ITEM), default=0)] for p in kept}
    if len(homes) > 1:
        raise RequestError(
            f"explode: {' and '.join(map(show, kept))} are not arrays of the same object, so their "
            "elements do not belong together. Explode one of them, or use relational()."
        )
    return kept


@dataclass(frozen=True)
class Walk:
    """The one walk of the schema: yields the columns in order, and adds the explodes on the way."""

    targets: frozenset[Path]
    other_arrays: str
    max_depth: int | None = None
    explodes: list[Explode] = field(default_factory=list)
    as_json: frozenset[Path] = frozenset()

    def struct(
        self, kind: T.StructType, path: Path, reference: str, parents: tuple[str, ...], level: int
    ) -> Iterator[FlatColumn]:
        """The columns below a struct; `parents` are the structs around it."""
        around = (*parents, reference) if reference else ()
        hides = hidden(kind)
        for inner in kind.fields:
            below = reach(reference, inner.name, hides)
            yield from self.visit(inner.dataType, (*path, inner.name), below, around, level)

    def visit(
        self, kind: T.DataType, path: Path, reference: str, parents: tuple[str, ...], level: int
    ) -> Iterator[FlatColumn]:
        """The columns of one path."""
        exploded = isinstance(kind, T.ArrayType) and any(
            target[: len(path)] == path for target in self.targets
        )
        if isinstance(kind, T.StructType) and not kept_whole(
            kind, path, self.max_depth, self.as_json
        ):
            yield from self.struct(kind, path, reference, parents, level)
        elif isinstance(kind, T.ArrayType) and exploded:
            prefix = f"__workbench_{len(self.explodes)}_"
            step = Explode(path, reference, prefix, kind.elementType)
            self.explodes.append(step)
            at, element = map(quote, step.names)
            inner = path.count(ITEM) + 1
            yield FlatColumn((*path, "pos"), "", at, (), "position", inner, T.IntegerType())
            yield from self.visit(kind.elementType, (*path, ITEM), element, (), inner)
        else:
            check_leaf(kind, path)
            kept = isinstance(kind, T.ArrayType) and self.other_arrays == "keep"
            text = not kept or path in self.as_json
            form = "json" if text and nested(kind) else "value"
            yield FlatColumn(path, "", reference, parents, form, level, kind)


def array_path(schema: T.StructType, text: str) -> Path:
    """The path to explode. Raises UnknownPath with the nearest arrays where it is none."""
    arrays = {show(path): path for path in array_paths(schema, ())}
    wanted = show(parse_path(text))
    if wanted not in arrays:  # `a[]` is the array inside `a`, or, where there is none, `a` itself
        wanted = show(parse_path(text.removesuffix("[]")))
    if wanted not in arrays:
        near = likely(wanted, arrays)
        raise UnknownPath(
            f"explode: {text} is not an array of this table. "
            + (f"Arrays: {near}." if near else "It has no arrays; leave it out.")
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


def check_depth(max_depth: int | None) -> None:
    if max_depth is not None and max_depth < 1:
        raise RequestError(
            f"max_depth: {max_depth} is less than 1, the document itself. "
            "For example max_depth=2 keeps what is inside its objects and arrays as JSON text."
        )


def check_known(before: Mapping[str, str], what: str) -> None:
    """Raises NameCollision where names that were given before are not all different."""
    paths: dict[str, str] = {}
    for path, name in before.items():
        other = paths.setdefault(name.lower(), path)
        if other != path:
            raise NameCollision(
                f"known: the {what} {other} and {path} are both called {name}. "
                "Names must differ, whatever the case of their letters; mend the stored names."
            )
