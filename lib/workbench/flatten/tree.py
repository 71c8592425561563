"""`plan`: what the flattening would do, as a tree that one can show in a meeting."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.flatten.counts import Counts, count_rows
from workbench.flatten.flat import MAX_COLUMNS
from workbench.flatten.kinds import kept_whole, schema_of
from workbench.flatten.maps import map_like
from workbench.flatten.tables import MAX_TABLES, Table, TablesPlan, plan_tables
from workbench.naming import source_name
from workbench.paths import ITEM, Path, show

SAMPLE = 1000
DOCUMENT = "_document"
LISTED = 25


@dataclass(frozen=True)
class Plan:
    """What `relational` would make of a schema. `print(plan)` shows it.

    `tables`: table -> its columns; `renames`: path -> table.column; `maps`: paths of objects that
    look like maps; `conflicts`: paths whose values are of several kinds, kept as JSON text.
    """

    schema: T.StructType = field(repr=False)
    made: TablesPlan = field(repr=False)
    counts: Counts = field(repr=False)
    maps: list[str]
    conflicts: list[str]
    notes: list[str]
    max_depth: int | None = None

    @property
    def tables(self) -> dict[str, list[str]]:
        return {t.name: [*t.own, *(c.name for c in t.columns)] for t in self.made.tables}

    @property
    def renames(self) -> dict[str, str]:
        return self.made.renames

    def __str__(self) -> str:
        lines = table_of(Tree(self).lines())
        lines += ["", *self.summary()]
        return "\n".join(lines)

    def summary(self) -> Iterator[str]:
        """What stands below the tree: the tables, renames, maps, conflicts."""
        columns = sum(len(names) for names in self.tables.values())
        yield f"{len(self.made.tables)} table(s), {columns} columns"
        yield from listed("renamed", [f"{path} -> {name}" for path, name in self.renames.items()])
        yield from listed(
            "looks like a map (fields named by ids); as_map, or --as-map, turns it into rows",
            self.maps,
        )
        yield from listed("values of several kinds, kept as JSON text", self.conflicts)
        yield from listed("note", self.notes)


def plan(
    df_or_schema: DataFrame | T.StructType,
    key: str = "_id",
    root: str = "root",
    *,
    sep: str = "_",
    names: str = "athena",
    max_depth: int | None = None,
    sample: int = SAMPLE,
) -> Plan:
    """What `relational` would do: paths, types, tables, columns, renames and why, maps, conflicts.

    Of a DataFrame, the first `sample` rows say how often each path is there and how long the
    arrays are (least, median, greatest): one job, which brings these rows here. With `sample=0`,
    and of a schema, no job is started and only types and names are shown.

    Raises RequestError for an unknown option. A key that is not there is a note, no error.

    >>> df = spark.createDataFrame(
    ...     [("u1", [("card", 3), None], (1,)), ("u2", [], None)],
    ...     "_id string, myProducts array<struct<type: string, n: int>>, score struct<v: int>",
    ... )
    >>> print(plan(df, root="users"))
    path          type    there  length  becomes
    (documents)   object                 table users, 2 rows
      _id         string   100%          _id
      myProducts  array    100%  0/0/2   table users_my_products, 2 rows
        type      string    50%          type
        n         int       50%          n
      score       object    50%
        v         int       50%          score_v
    <BLANKLINE>
    2 table(s), 7 columns
    """
    if isinstance(df_or_schema, T.StructType):
        schema, rows = df_or_schema, []
    else:
        schema = schema_of(df_or_schema)
        rows = df_or_schema.limit(sample).collect() if sample else []
    counts = count_rows(rows, schema)
    return plan_of(schema, counts, key, root, sep=sep, names=names, max_depth=max_depth)


def plan_of(
    schema: T.StructType,
    counts: Counts,
    key: str,
    root: str,
    *,
    sep: str = "_",
    names: str = "athena",
    max_depth: int | None = None,
    conflicts: Iterable[str] = (),
) -> Plan:
    """The plan of a schema, with what is known of its rows."""
    notes = []
    if key not in schema.names and "." not in key and "`" not in key:
        notes.append(f"there is no {key}: name the key, or each row needs one ({DOCUMENT} here)")
        schema = T.StructType([T.StructField(DOCUMENT, T.LongType()), *schema.fields])
        counts.present[(DOCUMENT,)] = counts.rows
        key = DOCUMENT
    made = plan_tables(
        schema,
        key,
        root,
        sep=sep,
        names=names,
        max_depth=max_depth,
        max_tables=sys.maxsize,
        max_columns=sys.maxsize,
    )
    widest = max(len(t.columns) for t in made.tables)
    if len(made.tables) > MAX_TABLES or widest > MAX_COLUMNS:
        notes.append(
            f"more than relational makes unless told ({MAX_TABLES} tables, {MAX_COLUMNS} columns "
            "in one): see max_tables and max_columns"
        )
    maps = list(maps_of(schema, ()))
    mixed = [show(c.path) for t in made.tables for c in t.columns if counts.mixed(c.path)]
    mixed += [path for path in conflicts if path not in mixed]
    return Plan(schema, made, counts, maps, mixed, notes, max_depth)


def maps_of(kind: T.DataType, path: Path) -> Iterator[str]:
    """The objects that look like maps; what is inside one is not looked at."""
    if isinstance(kind, T.ArrayType):
        yield from maps_of(kind.elementType, (*path, ITEM))
    elif isinstance(kind, T.StructType):
        if path and map_like(kind):
            yield show(path)
            return
        for inner in kind.fields:
            yield from maps_of(inner.dataType, (*path, inner.name))


# --- the tree ---------------------------------------------------------------------------------

Line = tuple[str, str, str, str, str]  # path, type, there, length, becomes


class Tree:
    """The lines of a plan's tree."""

    def __init__(self, planned: Plan) -> None:
        self.counts = planned.counts
        self.schema = planned.schema
        self.max_depth = planned.max_depth
        self.tables = {t.path: t for t in planned.made.tables}
        self.columns = {c.path: (t, c.name) for t in planned.made.tables for c in t.columns}

    def lines(self) -> Iterator[Line]:
        yield ("path", "type", "there", "length", "becomes")
        yield ("(documents)", "object", "", "", self.table(self.tables[()]))
        yield from self.fields(self.schema, (), 1)

    def fields(self, kind: T.StructType, path: Path, depth: int) -> Iterator[Line]:
        """The lines of an object's fields; of a map only the first."""
        shown = kind.fields[:1] if path and map_like(kind) else kind.fields
        for inner in shown:
            name = show((inner.name,))
            yield from self.visit(inner.dataType, (*path, inner.name), name, depth)
        if len(shown) < len(kind.fields):
            more = f"... {len(kind.fields) - 1} more of this shape"
            yield ("  " * depth + more, "", "", "", "looks like a map")

    def visit(self, kind: T.DataType, path: Path, name: str, depth: int) -> Iterator[Line]:
        """The lines of one path and what is below it."""
        label, share = "  " * depth + name, percent(self.counts.share(path))
        if kept_whole(kind, path, self.max_depth) or path in self.columns:
            yield (label, type_of(kind), share, "", self.column(path))
        elif isinstance(kind, T.StructType):
            yield (label, "object", share, "", "")
            yield from self.fields(kind, path, depth + 1)
        elif isinstance(kind, T.ArrayType):
            found = self.counts.length(path)
            length = "/".join(map(str, found)) if found else ""
            yield (label, "array", share, length, self.table(self.tables[path]))
            element, inside = kind.elementType, (*path, ITEM)
            if isinstance(element, T.StructType) and inside not in self.columns:
                yield from self.fields(element, inside, depth + 1)
            else:
                yield from self.visit(element, inside, "[]", depth + 1)

    def table(self, table: Table) -> str:
        rows = self.counts.elements(table.path)
        return f"table {table.name}" + ("" if rows is None else f", {rows:,} rows")

    def column(self, path: Path) -> str:
        """The column's name, and why it is not simply the path."""
        table, name = self.columns[path]
        plain = source_name(table.inside(path), "_")
        return name if name == plain else f"{name}  ({reason(plain, name, table)})"


def reason(plain: str, name: str, table: Table) -> str:
    """Why a column is not called like its path."""
    taken = {own.lower() for own in table.own} | {c.name.lower() for c in table.columns}
    stem, _, ending = name.rpartition("_")
    if ending.isdigit() and not plain.endswith(f"_{ending}") and stem.lower() in taken:
        return f"{stem} is taken"
    return "renamed to letters, digits and _"


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


def table_of(lines: Iterable[Line]) -> list[str]:
    """The lines with their columns below each other."""
    rows = list(lines)
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return [
        f"{a:{widths[0]}}  {b:{widths[1]}}  {c:>{widths[2]}}  {d:{widths[3]}}  {e}".rstrip()
        for a, b, c, d, e in rows
    ]


def listed(title: str, items: list[str]) -> Iterator[str]:
    """Some lines of a list, and how many more there are."""
    for item in items[:LISTED]:
        yield f"{title}: {item}"
    if len(items) > LISTED:
        yield f"{title}: and {len(items) - LISTED} more"
