"""What tables must hold: the fingerprints of their columns, from the nested rows alone.

Computed on Arrow arrays, so without the engine, and without the rows that it makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import mul

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.flatten.flat_table_plan import FlatColumn, FlatPlan
from workbench.flatten.large_texts import check_texts
from workbench.flatten.places import Identity, at_positions, rows_at
from workbench.flatten.repeated import check_repeated
from workbench.flatten.tables_plan import TablesPlan
from workbench.json_text import array_texts
from workbench.proof import (
    Contents,
    Fingerprints,
    Hashes,
    of_array,
    of_each,
    positions,
    side_by_side,
    stretches,
)
from workbench.schema import ITEM, Numbers, Path, added, elements, sizes


class Elements:
    """The documents, or the elements of the array at a path: what stands where in each of them.

    `around` are the hashes of where each stands, `counts` the sizes of the arrays that they stand
    in, one after another.
    """

    def __init__(
        self,
        rows: pa.Array,
        around: Hashes | None = None,
        path: Path = (),
        counts: Numbers | None = None,
    ) -> None:
        self.path, self.rows = path, rows
        self.around = np.zeros(len(rows), np.uint64) if around is None else around
        self.counts = np.ones(len(rows), np.int64) if counts is None else counts
        self.found: dict[Path, pa.Array] = {path: rows}

    def __getitem__(self, path: Path) -> pa.Array:
        if path not in self.found:
            parent = self[path[:-1]]
            for field, child in zip(parent.type, parent.flatten(), strict=True):
                self.found[(*path[:-1], field.name)] = child
        return self.found[path]

    def of(self, array: Path) -> Elements:
        """The elements of an array in these."""
        found = self[array]
        counts = sizes(found)
        around = np.empty(int(counts.sum()), np.uint64)
        for part in stretches(counts):
            inside = slice(part.start, part.start + len(part.places))
            around[inside] = at_positions(part.of_each(self.around), part.places)
        return Elements(elements(found), around, (*array, ITEM), counts)

    def holds(self, column: FlatColumn, key: Path, weights: Numbers | None = None) -> Fingerprints:
        """The fingerprint of a column, as that of the path `key`; of arrays kept, those inside."""
        if column.form == "position":
            return of_array(pa.array(positions(self.counts)), key, weights, self.around)
        found = self[column.path]
        if column.form == "json":
            found = pc.if_else(found.is_valid(), array_texts(found), pa.scalar(None, pa.string()))
        return of_array(found, key, weights, self.around)


def expected_tables(
    planned: TablesPlan,
    rows: pa.StructArray,
    to_be_made: bool = False,
    known: Collection[Path] = (),
) -> Contents:
    """What the tables of a plan must hold, by the paths of their columns, and their rows.

    Without the columns at paths that are `known`.
    """
    tables = elements_of(planned, rows)
    leaves: Fingerprints = {}
    for table in planned.tables:
        of = tables[table.path]
        if to_be_made:
            check_texts(table.columns, of.__getitem__)
        leaves |= rows_at(table, of.around)
        for column in table.columns:
            if column.path not in known:
                leaves |= of.holds(column, column.path)
    return Contents(leaves, counted(tables))


def counted(tables: Mapping[Path, Elements]) -> Counter[Path]:
    return Counter({path: len(table.rows) for path, table in tables.items()})


def elements_of(planned: TablesPlan, rows: pa.StructArray) -> dict[Path, Elements]:
    """The rows of each table, by its path."""
    root = Elements(rows)
    root.around = side_by_side(of_each(root[key.path]) for key in planned.keys)
    tables: dict[Path, Elements] = {(): root}
    for table in planned.tables:
        if table.parent is not None:
            tables[table.path] = tables[table.parent].of(table.path)
    return tables


def expected_flat(
    planned: FlatPlan,
    rows: pa.StructArray,
    identity: Identity | None = None,
    to_be_made: bool = False,
) -> Contents:
    """What each column of a flat table must hold, by its name, and how many rows there must be.

    A document's own values repeat once per element, so each weighs as much as the array has
    elements; where arrays stand in arrays, so does each element on the way. Where the table is yet
    `to_be_made`, raises BoundExceeded for documents that an engine could not hold.
    """
    identity = identity or Identity()
    levels = [Elements(rows)]
    levels[0].around = identity.of([levels[0][path] for path in identity.paths], len(rows))
    for step in planned.explodes:
        levels.append(levels[-1].of(step.path))
    weights = rows_made(levels, planned)
    for at, level in enumerate(levels if to_be_made else []):
        own = [column for column in planned.columns if column.level == at]
        check_texts(own, level.__getitem__)
        check_repeated([(c, level[c.path]) for c in own if c.form != "position"], weights[at])
    siblings = {step.path: levels[-1].of(step.path) for step in planned.siblings}
    leaves = identity.rows(levels[0].around, weights[0])
    levels[0].around = identity.beside(levels[0].around)
    for column in planned.columns:
        key: Path = (column.name,)
        if column.level < len(levels):
            leaves |= levels[column.level].holds(column, key, weights[column.level])
            continue
        array = next(path for path in siblings if column.path[: len(path)] == path)
        others = [s.counts for path, s in siblings.items() if path != array]
        times = fan(others if planned.how == "cross" else [], planned.how, levels[-1])
        leaves |= siblings[array].holds(column, key, np.repeat(times, siblings[array].counts))
    return Contents(leaves, Counter({(): int(weights[0].sum())}))


def rows_made(levels: Sequence[Elements], planned: FlatPlan) -> list[Numbers]:
    """How many rows come of each document and each element: one, where there is nothing below."""
    found = [fan([sizes(levels[-1][s.path]) for s in planned.siblings], planned.how, levels[-1])]
    for inner in levels[:0:-1]:
        found.insert(0, np.maximum(added(found[0], inner.counts), 1))
    return found


def fan(counts: Sequence[Numbers], how: str, of: Elements) -> Numbers:
    """The rows that come of arrays side by side; one, where all are missing, null or empty."""
    one = np.ones(len(of.rows), np.int64)
    if how == "zip":
        return reduce(np.maximum, counts, one)
    # Python's integers: a product may be beyond 64 bits
    return reduce(mul, (np.maximum(c, 1).astype(object) for c in counts), one)
