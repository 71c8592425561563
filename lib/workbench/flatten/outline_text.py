"""The text of a plan: a line per path, with its type, its share, and what it becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyspark.sql import types as T

from workbench.flatten.counts import Counts
from workbench.flatten.flat_table_plan import FlatPlan
from workbench.flatten.tables_plan import Table, TablesPlan
from workbench.flatten.types import kept_whole
from workbench.schema import ASKED, ITEM, SNAKE_CASE, TAKEN, Path, show

LISTED = 25
LONGEST = 40  # characters of a key
WIDTH, LEAST = 100, 30  # characters of a line, and those that the last column has at least
Line = tuple[str, str, str, str, str]  # path, type, there, length, becomes


@dataclass(frozen=True)
class Becomes:
    """What the documents, each array that is opened, and each column come to, in words."""

    documents: str
    arrays: Mapping[Path, str]
    columns: Mapping[Path, str]


def become_tables(planned: TablesPlan, counts: Counts) -> Becomes:
    """Of the relational form."""

    def named(table: Table) -> str:
        rows = counts.elements(table.path)
        return f"table {table.name}" + ("" if rows is None else f", {number_of(rows, 'row')}")

    columns = {c.path: c.name for table in planned.tables for c in table.columns}
    arrays = {table.path: named(table) for table in planned.tables}
    return Becomes(arrays[()], arrays, with_reasons(columns, planned.reasons))


def become_rows(planned: FlatPlan, rows: int) -> Becomes:
    """Of one flat table with so many rows."""
    places = {c.path[:-1]: c.name for c in planned.columns if c.form == "position"}
    columns = {
        c.path: c.name + (", as JSON text" if c.form == "json" else "")
        for c in planned.columns
        if c.form != "position"
    }
    steps = [*planned.explodes, *planned.siblings]
    arrays = {s.path: f"rows, numbered in {places[s.path]}" for s in steps}
    whole = f"one flat table, {number_of(rows, 'row')}"
    return Becomes(whole, arrays, with_reasons(columns, planned.reasons))


def with_reasons(columns: Mapping[Path, str], reasons: Mapping[str, str]) -> dict[Path, str]:
    """Each column, and why its name is not what one would expect."""
    told = {}
    for path, name in columns.items():
        why = reasons.get(show(path), SNAKE_CASE)
        told[path] = name if why in ASKED else f"{name}  ({why})"
    return told


@dataclass(frozen=True)
class Tree:
    """The tree of a schema. `maps` and `mixed` are the paths of maps, and of several kinds."""

    schema: T.StructType
    counts: Counts
    becomes: Becomes
    maps: frozenset[str] = frozenset()
    mixed: frozenset[str] = frozenset()
    max_depth: int | None = None

    def lines(self) -> list[str]:
        return aligned(self.rows())

    def rows(self) -> Iterator[Line]:
        yield ("path", "type", "there", "length", "becomes")
        yield ("(documents)", "object", "", "", self.becomes.documents)
        yield from self.fields(self.schema, (), 1)

    def fields(self, kind: T.StructType, path: Path, depth: int) -> Iterator[Line]:
        """The lines of an object's fields; of a map only the first."""
        shown = kind.fields[:1] if show(path) in self.maps else kind.fields
        for inner in shown:
            name = show((inner.name,))
            name = name if len(name) <= LONGEST else name[: LONGEST - 3] + "..."
            yield from self.visit(inner.dataType, (*path, inner.name), name, depth)
        if len(shown) < len(kind.fields):
            more = f"... {len(kind.fields) - 1} more of this shape"
            yield ("  " * depth + more, "", "", "", "looks like a map")

    def visit(self, kind: T.DataType, path: Path, name: str, depth: int) -> Iterator[Line]:
        """The lines of one path and what is below it."""
        label, share = "  " * depth + name, percent(self.counts.share(path))
        found = self.counts.length(path)
        length = "/".join(map(str, found)) if found else ""
        if kept_whole(kind, path, self.max_depth) or path in self.becomes.columns:
            shown = "mixed" if show(path) in self.mixed else type_of(kind)
            yield (label, shown, share, length, self.becomes.columns[path])
        elif isinstance(kind, T.StructType):
            yield (label, "object", share, "", "")
            yield from self.fields(kind, path, depth + 1)
        elif isinstance(kind, T.ArrayType):
            yield (label, "array", share, length, self.becomes.arrays[path])
            element, inside = kind.elementType, (*path, ITEM)
            if isinstance(element, T.StructType) and inside not in self.becomes.columns:
                yield from self.fields(element, inside, depth + 1)
            else:
                yield from self.visit(element, inside, "[]", depth + 1)


def type_of(kind: T.DataType) -> str:
    if isinstance(kind, T.StructType):
        return "object"
    if isinstance(kind, T.ArrayType):
        return "array"
    return "null" if isinstance(kind, T.NullType) else kind.simpleString()


def percent(share: float | None) -> str:
    """A share in whole percent; only what is there always is 100%, only what is nowhere 0%."""
    if share is None:
        return ""
    if 0 < share < 0.01:
        return "<1%"
    return f"{min(round(100 * share), 99 if share < 1 else 100)}%"


def number_of(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


def aligned(lines: Iterable[Line]) -> list[str]:
    """The lines with their columns below each other; of long names the middle is left out."""
    rows = list(lines)
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    room = max(WIDTH - sum(widths) - 8, LEAST)
    w, x, y, z = widths
    return [
        f"{a:{w}}  {b:{x}}  {c:>{y}}  {d:{z}}  {cut(e, room)}".rstrip() for a, b, c, d, e in rows
    ]


def cut(text: str, room: int) -> str:
    """The text without its middle where there is no room for it; a reason goes first."""
    text = text if len(text) <= room else text.partition("  (")[0]
    end = (room - 3) // 2
    return text if len(text) <= room else f"{text[: room - 3 - end]}...{text[-end:]}"


def renames_told(renames: Mapping[str, str], reasons: Mapping[str, str]) -> list[str]:
    """The renames that one would not expect, taken names first; of the others how many."""
    odd = [path for path in renames if reasons[path] not in ASKED]
    odd.sort(key=lambda path: not reasons[path].endswith(TAKEN))
    asked = Counter(reasons[path] for path in renames)
    half = (WIDTH - len("   ->   (only a-z, 0-9 and _)")) // 2
    told = [f"{cut(p, half)} -> {cut(renames[p], half)}  ({reasons[p]})" for p in odd]
    said = listed("renamed", told)
    counted = {SNAKE_CASE: f"in {SNAKE_CASE}"} | {why: why for why in ASKED[1:]}
    plain = [f"{n}: {number_of(asked[w], 'column')}" for w, n in counted.items() if asked[w]]
    return [*plain, *said]


def listed(title: str, items: list[str]) -> Iterator[str]:
    """A title with some lines of a list, and how many more there are."""
    if items:
        yield f"{title}:"
    for item in items[:LISTED]:
        yield f"  {item}"
    if len(items) > LISTED:
        yield f"  and {len(items) - LISTED} more"
