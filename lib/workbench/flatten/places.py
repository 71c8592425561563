"""Where the values of flat tables stand: in which document, at which positions.

For the hashes of what tables must hold, and of what they hold: the same places are found in the
nested rows, and in the columns of tables that were read back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.flatten.flat_table_plan import Explode, FlatColumn, FlatPlan
from workbench.flatten.tables_plan import PARENT, POSITION, Table, TablesPlan
from workbench.proof import (
    Contents,
    Fingerprint,
    Fingerprints,
    Hashes,
    added_up,
    inside,
    of_array,
    of_each,
    side_by_side,
)
from workbench.schema import ITEM, Numbers, Path, decoded, names_of


@dataclass(frozen=True)
class Identity:
    """What tells the rows of documents apart in a flat table: the columns at some paths.

    Where it is a key, each value is hashed with it. Else a document's own values are hashed for
    themselves and, so that they must stand together, as a row.
    """

    paths: Sequence[Path] = field(default_factory=list)
    is_key: bool = False

    def of(self, arrays: Sequence[pa.Array], rows: int) -> Hashes:
        found = np.zeros(rows, np.uint64)
        for array in arrays:
            values = of_each(array)
            found = inside(found, np.where(np.asarray(array.is_valid(), bool), values, 1))
        return found

    def rows(self, around: Hashes, weights: Numbers | None = None) -> Fingerprints:
        """The rows themselves, so many times each."""
        return {
            (): Fingerprint(hash=added_up(inside(around, np.ones(1, np.uint64)), None, weights))
        }

    def beside(self, around: Hashes) -> Hashes:
        """What a document's own values are hashed with."""
        return around if self.is_key else np.zeros(len(around), np.uint64)


def at_positions(around: Hashes, places: pa.Array | Numbers) -> Hashes:
    """Where elements stand, given where their arrays do, and their places in them."""
    return inside(around, of_each(pa.array(places)))


def rows_at(table: Table, around: Hashes) -> Fingerprints:
    """The rows of a table, though they may hold nothing but nulls."""
    hashed = added_up(inside(around, np.ones(1, np.uint64)), None, None)
    return {(*table.path, ITEM, PARENT): Fingerprint(hash=hashed)} if table.path else {}


def found_flat(
    planned: FlatPlan, rows: pa.StructArray, identity: Identity | None = None
) -> Contents:
    """What the columns of a flat table hold, by their names, and its rows."""
    identity = identity or Identity()
    columns = dict(zip(names_of(rows.type), rows.flatten(), strict=True))
    names = {c.path: c.name for c in planned.columns}
    around: list[Hashes | None] = [
        identity.of([columns[names[path]] for path in identity.paths], len(rows))
    ]
    assert around[0] is not None
    leaves = identity.rows(around[0])

    def below(above: Hashes | None, step: Explode) -> Hashes | None:
        place = columns.get(names.get((*step.path, "pos"), ""))
        return None if place is None or above is None else at_positions(above, place)

    for step in planned.explodes:
        around.append(below(around[-1], step))
    siblings = {step.path: below(around[-1], step) for step in planned.siblings}
    around[0] = identity.beside(around[0])
    places = {c.name: place_of(c, around, siblings) for c in planned.columns}
    for name, column in columns.items():
        leaves |= of_array(column, (name,), around=places.get(name))
    return Contents(leaves, Counter({(): len(rows)}))


def place_of(
    column: FlatColumn, around: Sequence[Hashes | None], siblings: Mapping[Path, Hashes | None]
) -> Hashes | None:
    if column.level < len(around):
        return around[column.level]
    return next(at for path, at in siblings.items() if column.path[: len(path)] == path)


def found_table(planned: TablesPlan, table: Table, rows: pa.StructArray) -> Contents:
    """What the columns of a table of `relational` hold, by their paths, and its rows."""
    columns = dict(zip(names_of(rows.type), rows.flatten(), strict=True))
    around = whereabouts(planned, table, columns)
    leaves = rows_at(table, around)
    for column in table.columns:
        if column.name in columns:
            leaves |= of_array(columns[column.name], column.path, around=around)
    return Contents(leaves, Counter({(): len(rows)}))


def whereabouts(planned: TablesPlan, table: Table, columns: Mapping[str, pa.Array]) -> Hashes:
    """Where the rows of a table stand, by its own columns; those that are missing tell nothing."""
    if table.parent is None:
        return side_by_side(of_each(columns[key.name]) for key in planned.keys)
    if not {*table.own} <= columns.keys():
        return np.zeros(len(next(iter(columns.values()))), np.uint64)
    keys = [decoded(columns[name]) for name in table.keys]
    around = side_by_side(map(of_each, keys))
    steps: list[str] = []
    above = next(t for t in planned.tables if t.path == table.parent)
    while above.parent is not None:
        steps.insert(0, above.step)
        above = next(t for t in planned.tables if t.path == above.parent)
    inner = "".join(f"/{re.escape(step)}/(?P<p{at}>[0-9]+)" for at, step in enumerate(steps))
    key = decoded(columns[PARENT])
    if steps:
        parents = pc.extract_regex(key, f"(?s)^(?P<key>.*){inner}$")
        key = pc.struct_field(parents, "key")
    for at in range(len(steps)):
        around = at_positions(around, pc.struct_field(parents, f"p{at}").cast(pa.int64()))
    if all(pa.types.is_string(key.type) or pa.types.is_integer(key.type) for key in keys):
        same = pc.equal(key, keys_text(keys))
        around = np.where(np.asarray(pc.fill_null(same, False), bool), around, 0)
    return at_positions(around, columns[POSITION])


def keys_text(keys: Sequence[pa.Array]) -> pa.Array:
    """The keys as one text, as it stands in the tables."""
    texts = [key.cast(pa.string()) for key in keys]
    if len(texts) == 1:
        return texts[0]
    escaped = [pc.replace_substring(pc.replace_substring(t, "%", "%25"), "/", "%2F") for t in texts]
    return pc.binary_join_element_wise(*escaped, "/")
