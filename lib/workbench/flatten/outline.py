"""`plan`: what the flattening would do, as a tree that one can show in a meeting."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from workbench.flatten.arguments import check_arguments
from workbench.flatten.array_tables_plan import MAX_TABLES, keys_of, plan_tables
from workbench.flatten.counts import Counts, count_rows
from workbench.flatten.flat_table_plan import MAX_COLUMNS, FlatPlan
from workbench.flatten.maps import FEWEST, FEWEST_ALIKE, alike, map_like, one_shape
from workbench.flatten.outline_text import (
    Tree,
    become_rows,
    become_tables,
    listed,
    number_of,
    renames_told,
)
from workbench.flatten.tables_plan import TablesPlan
from workbench.flatten.types import schema_of
from workbench.schema import ITEM, Path, show

SAMPLE = 1000
SCATTERED = 0.1  # of its fields that an object has in the mean, at most, where they are keys
SCATTERED_ALIKE = 0.5  # where they are objects with much the same fields
DOCUMENT = "_document"
MIXED = "mixed, values of several kinds kept as JSON text"


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
        tree = Tree(
            self.schema,
            self.counts,
            become_tables(self.made, self.counts),
            frozenset(self.maps),
            frozenset(self.conflicts),
            self.max_depth,
        )
        return "\n".join([*tree.lines(), "", *self.summary()])

    def summary(self) -> Iterator[str]:
        """What stands below the tree: the tables, renames, maps, conflicts."""
        columns = sum(len(names) for names in self.tables.values())
        yield f"{number_of(len(self.tables), 'table')}, {number_of(columns, 'column')}"
        yield from renames_told(self.renames, self.made.reasons)
        yield from listed("like a map; as_map (--as-map PATH) turns it into rows", self.maps)
        yield from listed(MIXED, self.conflicts)
        yield from (f"note: {note}" for note in self.notes)


@dataclass(frozen=True)
class FlatOutline:
    """What `flatten` would make of some documents: `print` shows it. `rows` is how many rows."""

    schema: T.StructType = field(repr=False)
    made: FlatPlan = field(repr=False)
    counts: Counts = field(repr=False)
    rows: int
    conflicts: list[str]

    def __str__(self) -> str:
        becomes = become_rows(self.made, self.rows)
        tree = Tree(self.schema, self.counts, becomes, mixed=frozenset(self.conflicts))
        columns = number_of(len(self.made.columns), "column")
        lines = [*tree.lines(), "", f"one flat table, {columns}"]
        lines += renames_told(self.made.renames, self.made.reasons)
        lines += listed(MIXED, self.conflicts)
        return "\n".join(lines)


def plan(
    df_or_schema: DataFrame | T.StructType,
    key: str | Sequence[str] = "_id",
    root: str = "root",
    *,
    sep: str = "_",
    names: str = "athena",
    max_depth: int | None = None,
    sample: int = SAMPLE,
    known: Mapping[str, str] | None = None,
    prefix: str = "",
    as_json: Sequence[str] = (),
) -> Plan:
    """What `relational` would do: paths, types, tables, columns, renames and why, maps, conflicts.

    Of a DataFrame, the first `sample` rows say how often each path is there and how long the
    arrays are (least, median, greatest): one job, which brings these rows here. With `sample=0`,
    and of a schema, no job is started and only types and names are shown. `known` names stay,
    `prefix` and `as_json` are as in `relational`.

    Raises RequestError for an unknown option, EngineError for rows nested deeper than 32 levels on
    Spark Connect and Sail. A key that is not there is a note, no error.

    >>> from workbench.flatten import plan
    >>> from workbench.session import session
    >>> spark = session()
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
    2 tables, 7 columns
    """
    check_arguments(key=key, sample=sample)
    if isinstance(df_or_schema, T.StructType):
        schema, rows = df_or_schema, []
    else:
        schema = schema_of(df_or_schema, "df_or_schema")
        rows = df_or_schema.limit(sample).collect() if sample else []
    counts = count_rows(rows, schema)
    return plan_of(
        schema,
        counts,
        key,
        root,
        sep=sep,
        names=names,
        max_depth=max_depth,
        known=known,
        prefix=prefix,
        as_json=as_json,
    )


def plan_of(
    schema: T.StructType,
    counts: Counts,
    key: str | Sequence[str],
    root: str,
    *,
    sep: str = "_",
    names: str = "athena",
    max_depth: int | None = None,
    conflicts: Iterable[str] = (),
    known: Mapping[str, str] | None = None,
    prefix: str = "",
    as_json: Sequence[str] = (),
) -> Plan:
    """The plan of a schema, with what is known of its rows."""
    notes = []
    path, *others = keys_of(key)
    if not others and len(path) < 2 and not {*path} & {*schema.names}:
        notes.append(
            f"there is no {show(path)}: name the key, or each row needs one ({DOCUMENT} here)"
        )
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
        known=known,
        prefix=prefix,
        as_json=as_json,
    )
    widest = max(len(t.columns) for t in made.tables)
    if len(made.tables) > MAX_TABLES or widest > MAX_COLUMNS:
        notes.append(
            f"more than relational makes unless told ({MAX_TABLES} tables, {MAX_COLUMNS} columns "
            "in one): see max_tables and max_columns"
        )
    maps = list(maps_of(schema, (), counts))
    mixed = [show(c.path) for t in made.tables for c in t.columns if counts.mixed(c.path)]
    return Plan(
        schema, made, counts, maps, list(dict.fromkeys([*mixed, *conflicts])), notes, max_depth
    )


def maps_of(kind: T.DataType, path: Path, counts: Counts) -> Iterator[str]:
    """The objects that look like maps; what is inside one is not looked at."""
    if isinstance(kind, T.ArrayType):
        yield from maps_of(kind.elementType, (*path, ITEM), counts)
    elif isinstance(kind, T.StructType):
        if path and (map_like(kind) or scattered(kind, path, counts)):
            yield show(path)
            return
        for inner in kind.fields:
            yield from maps_of(inner.dataType, (*path, inner.name), counts)


def scattered(kind: T.StructType, path: Path, counts: Counts) -> bool:
    """Whether each of many objects has only a few of many fields, which are all of one shape."""
    objects = counts.present[path]
    held = sum(counts.present[(*path, name)] for name in kind.names)
    most = SCATTERED_ALIKE if alike(kind) else SCATTERED
    few = held < most * objects * len(kind.fields)
    return few and objects >= FEWEST and one_shape(kind, FEWEST_ALIKE)
