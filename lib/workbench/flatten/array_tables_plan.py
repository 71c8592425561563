"""The plan of the relational form, made: which tables there are, which columns, which names.

Made in one walk of the schema, without an engine. Each array is a table; its parent is the table
in whose rows it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pyspark.sql import types as T

from workbench.columns import hidden
from workbench.columns import reference as reach
from workbench.errors import BoundExceeded, NameCollision, RequestError, UnknownPath
from workbench.flatten.arguments import check_arguments, check_plain
from workbench.flatten.flat_table_plan import (
    ADVICE,
    MAX_COLUMNS,
    NAMES,
    FlatColumn,
    check_choice,
    check_depth,
    check_known,
)
from workbench.flatten.tables_plan import PARENT, POSITION, Table, TablesPlan, spelled
from workbench.flatten.types import check_leaf, kept_whole, nested, whole_paths
from workbench.schema import (
    ITEM,
    Path,
    assign,
    key_paths,
    key_text,
    namer,
    parse_path,
    quote,
    show,
)
from workbench.suggest import likely

ELEMENT = "__workbench_element"
MAX_TABLES = 1000
Wish = Callable[[Path], str]


def plan_tables(
    schema: T.StructType,
    key: str | Sequence[str] = "_id",
    root: str = "root",
    *,
    sep: str = "_",
    names: str = "athena",
    max_depth: int | None = None,
    max_tables: int = MAX_TABLES,
    max_columns: int = MAX_COLUMNS,
    known: Mapping[str, str] | None = None,
    prefix: str = "",
    as_json: Sequence[str] = (),
    beside: Sequence[Path] = (),
) -> TablesPlan:
    """The plan of `relational` for a schema, without an engine.

    `beside` are paths of the root whose columns stand in all tables. `known` names of paths (see
    `TablesPlan.names`) stay, whatever fields have come since.
    Raises what `relational` raises, except for a key that is not unique.
    """
    check_arguments(
        key=key,
        root=root,
        sep=sep,
        max_depth=max_depth,
        max_tables=max_tables,
        max_columns=max_columns,
        known=known,
        prefix=prefix,
        as_json=as_json,
    )
    check_choice("names", names, NAMES)
    check_plain(names, sep=sep, prefix=prefix)
    check_depth(max_depth)
    if not root:
        raise NameCollision("root: the name of the root table is empty. For example root='users'.")
    walk = Walk(max_depth, whole_paths(schema, as_json))
    walk.struct(schema, (), "", (), walk.add(Table((), None, "", (), schema)))
    check_bounds(walk.tables, max_tables, max_columns)
    before = {parse_path(path): name for path, name in (known or {}).items()}
    key_columns = [find_key(walk.tables[0], path) for path in keys_of(key)]
    wish = namer(names, sep, prefix)
    table_names = name_tables(walk.tables, root, namer(names, sep, ""), before)
    top = name_columns(walk.tables[0], (), wish, before)
    keys = [next(c for c in top if c.path == path) for path in key_columns]
    carried = [c for c in top if c.path in beside and c.path not in key_columns]
    in_all = tuple(key_beside(column.name) for column in keys)
    others = tuple(key_beside(column.name) for column in carried)
    own = (*in_all, PARENT, POSITION, *others)
    by_path = {t.path: t for t in walk.tables}
    tables = [
        replace(
            t,
            name=table_names[t.path],
            step="" if t.parent is None else show(by_path[t.parent].inside(t.path)),
            keys=in_all,
            beside=others,
            columns=top if t.parent is None else name_columns(t, own, wish, before),
        )
        for t in walk.tables
    ]
    return TablesPlan(tables, keys, carried)


@dataclass(frozen=True)
class Walk:
    """The one walk of the schema, which finds the tables and their columns, in order."""

    max_depth: int | None
    as_json: frozenset[Path] = frozenset()
    tables: list[Table] = field(default_factory=list)

    def add(self, table: Table) -> Table:
        self.tables.append(table)
        return table

    def struct(
        self, kind: T.StructType, path: Path, reference: str, guards: tuple[str, ...], home: Table
    ) -> None:
        around = (*guards, reference) if reference else ()
        hides = hidden(kind)
        for inner in kind.fields:
            below = reach(reference, inner.name, hides)
            self.visit(inner.dataType, (*path, inner.name), below, around, home)

    def visit(
        self, kind: T.DataType, path: Path, reference: str, guards: tuple[str, ...], home: Table
    ) -> None:
        if kept_whole(kind, path, self.max_depth, self.as_json) or not nested(kind):
            check_leaf(kind, path)
            form = "json" if nested(kind) else "value"
            level = path.count(ITEM)
            home.columns.append(FlatColumn(path, "", reference, guards, form, level, kind))
        elif isinstance(kind, T.StructType):
            self.struct(kind, path, reference, guards, home)
        elif isinstance(kind, T.ArrayType):
            inner = self.add(Table(path, home.path, reference, guards, kind.elementType))
            self.visit(kind.elementType, (*path, ITEM), quote(ELEMENT), (), inner)


def keys_of(key: str | Sequence[str]) -> tuple[Path, ...]:
    """The paths of a key; rows that are there already have no place that could be one."""
    with suppress(RequestError):
        return key_paths(key) or (parse_path(key_text(key)),)
    return (parse_path(key_text(key)),)


def find_key(root: Table, key: Path) -> Path:
    """A path of the key. Raises UnknownPath, naming the nearest, where it is no single value."""
    leaves = {show(c.path): c.path for c in root.columns if c.form == "value"}
    wanted = show(key)
    if wanted in leaves:
        return leaves[wanted]
    near = likely(wanted, leaves)
    raise UnknownPath(
        f"key: {wanted} is not a single value of each row. "
        + (f"There are: {near}. " if near else "There is no such value. ")
        + "Name the field that tells the documents apart."
    )


def key_beside(name: str) -> str:
    """What the root's key is called in the other tables: never like their own columns."""
    return f"{name}_2" if name.lower() in (PARENT, POSITION) else name


def name_tables(
    tables: list[Table], root: str, wish: Wish, known: Mapping[Path, str]
) -> dict[Path, str]:
    """A name for each table: the root's, then the keys of the array's path."""

    def prefixed(path: Path) -> Path:
        return (f"{root}_{path[0]}", *path[1:]) if path else (root,)

    wanted = {prefixed(t.path): wish((root, *spelled(t.path))) for t in tables}
    before = {show(prefixed(path)): name for path, name in known.items()}
    there = {show(path) for path in wanted}
    check_known({p: name for p, name in before.items() if p in there}, "tables")
    given = assign(wanted, wanted, before)
    return {t.path: given[prefixed(t.path)] for t in tables}


def name_columns(
    table: Table, own: tuple[str, ...], wish: Wish, known: Mapping[Path, str]
) -> list[FlatColumn]:
    """The columns with their names; none of them takes one of the table's `own`."""
    inner = {c.path: table.inside(c.path) for c in table.columns}
    wanted = {path: wish(path) for path in inner.values()}
    before = {
        show(table.inside(p)): name
        for p, name in known.items()
        if table.holds(p) and name.lower() not in {column.lower() for column in own}
    }
    check_known(before, f"columns of {show(table.path) or 'the documents'}")
    reserved = {f"`{name}": name for name in own}  # no path is shown like this
    given = assign(wanted, wanted, before | reserved)
    return [replace(c, name=given[inner[c.path]]) for c in table.columns]


def check_bounds(tables: list[Table], max_tables: int, max_columns: int) -> None:
    if len(tables) > max_tables:
        raise BoundExceeded(
            f"max_tables: the arrays of these documents would be {len(tables)} tables, and "
            f"{max_tables} are allowed. {ADVICE}, or raise max_tables."
        )
    widest = max(tables, key=lambda table: len(table.columns))
    if len(widest.columns) > max_columns:
        raise BoundExceeded(
            f"max_columns: the table of {show(widest.path) or 'the documents'} would have "
            f"{len(widest.columns)} columns, and {max_columns} are allowed. {ADVICE}, "
            "or raise max_columns."
        )
