"""What a plan of the relational form says: its tables, their columns, and what was renamed."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyspark.sql import types as T

from workbench.flatten.flat_table_plan import FlatColumn
from workbench.schema import ASKED, ITEM, Path, show, source_name, why

PARENT, POSITION, BARE = "_parent", "_pos", "value"


@dataclass(frozen=True)
class Table:
    """One table: the rows of the array at `path`, or of the documents themselves (`()`).

    `reference` and `guards` (the structs around it) find the array in the parent's rows, `kind` is
    the type of its elements. `step` is what the array is called in the keys of its rows.
    """

    path: Path
    parent: Path | None
    reference: str
    guards: tuple[str, ...]
    kind: T.DataType
    name: str = ""
    step: str = ""
    keys: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    columns: list[FlatColumn] = field(default_factory=list)

    @property
    def own(self) -> tuple[str, ...]:
        """The columns that no leaf stands in."""
        return () if self.parent is None else (*self.keys, PARENT, POSITION, *self.beside)

    def inside(self, path: Path) -> Path:
        """A path as it is relative to this table's rows; `("value",)` for a bare element."""
        inner = path if self.parent is None else path[len(self.path) + 1 :]
        return inner or (BARE,)

    def holds(self, path: Path) -> bool:
        """Whether a leaf at this path stands in this table's rows."""
        start = () if self.parent is None else (*self.path, ITEM)
        return path[: len(start)] == start and ITEM not in path[len(start) :]


@dataclass(frozen=True)
class TablesPlan:
    """All tables, parents first; `keys` are the columns of the root table that name its rows.

    `beside` are those that stand in all the others too.
    """

    tables: list[Table]
    keys: list[FlatColumn]
    beside: list[FlatColumn] = field(default_factory=list)

    @property
    def renames(self) -> dict[str, str]:
        """The paths whose column is not simply the path joined: path -> table.column.

        Arrays too, whose table is not their path in snake_case: path -> table.
        """
        return {path: name for path, (name, _) in self.renamed_tables().items()} | {
            show(c.path): f"{table.name}.{c.name}"
            for table in self.tables
            for c in table.columns
            if source_name(table.inside(c.path), "_") != c.name
        }

    def renamed_tables(self) -> dict[str, tuple[str, str]]:
        """The arrays whose table is not their path in snake_case: path -> its name, and why."""
        root, taken = self.tables[0].name, {table.name for table in self.tables}
        found = {}
        for table in self.tables[1:]:
            path = (root, *spelled(table.path))
            reason = why(path, table.name, taken)
            if source_name(path, "_") != table.name and reason not in ASKED:
                found[show(table.path)] = table.name, reason
        return found

    @property
    def reasons(self) -> dict[str, str]:
        """Why those are renamed: path -> the reason in a few words."""
        found = {path: reason for path, (_, reason) in self.renamed_tables().items()}
        for table in self.tables:
            taken = {*table.own, *(c.name for c in table.columns)}
            for column in table.columns:
                inner = table.inside(column.path)
                if source_name(inner, "_") != column.name:
                    found[show(column.path)] = why(inner, column.name, taken)
        return found

    @property
    def names(self) -> dict[str, str]:
        """Every name given, to be kept as `known`: arrays -> table, leaves -> column."""
        named = {show(table.path): table.name for table in self.tables}
        return named | {show(c.path): c.name for table in self.tables for c in table.columns}


def spelled(path: Path) -> Path:
    """The keys of an array's path, with `value` for each array that stands in an array."""
    keys: list[str | None] = []
    for at, key in enumerate(path):
        if key is not ITEM:
            keys.append(key)
        elif path[at + 1 : at + 2] in ((), (ITEM,)):
            keys.append(BARE)
    return tuple(keys)
