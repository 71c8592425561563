"""What tables must hold: the fingerprints of their columns, from the nested rows alone.

Computed on Arrow arrays, so without the engine, and without the rows that it makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from operator import mul

import numpy as np
import pyarrow as pa

from workbench.flatten.array_tables_plan import TablesPlan
from workbench.flatten.flat_table_plan import FlatColumn, FlatPlan
from workbench.json_text import json_lengths
from workbench.proof import Contents, Fingerprints, of_array
from workbench.schema import ITEM, Numbers, Path, added, elements, sizes, valid


class Elements:
    """The documents, or the elements of the array at a path: what stands where in each of them.

    `counts` are the sizes of the arrays that they stand in, one after another.
    """

    def __init__(self, rows: pa.Array, path: Path = (), counts: Numbers | None = None) -> None:
        self.path, self.rows = path, rows
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
        return Elements(elements(found), (*array, ITEM), sizes(found))

    @property
    def positions(self) -> Numbers:
        """The place of each in its array, from 0."""
        starts = np.cumsum(self.counts) - self.counts
        places: Numbers = np.arange(len(self.rows)) - np.repeat(starts, self.counts)
        return places

    def holds(self, column: FlatColumn, key: Path, weights: Numbers | None = None) -> Fingerprints:
        """The fingerprint of a column, as that of the path `key`; of arrays kept, those inside."""
        if column.form == "position":
            return of_array(pa.array(self.positions), key, weights)
        found = self[column.path]
        if column.form == "value":
            return of_array(found, key, weights)
        return of_array(pa.array(json_lengths(found), mask=~valid(found)), key, weights)


def expected_tables(planned: TablesPlan, rows: pa.StructArray) -> Contents:
    """What the tables of a plan must hold, by the paths of their columns, and their rows."""
    tables = elements_of(planned, rows)
    leaves: Fingerprints = {}
    for table in planned.tables:
        for column in table.columns:
            leaves |= tables[table.path].holds(column, column.path)
    return Contents(leaves, counted(tables))


def expected_rows(planned: TablesPlan, rows: pa.StructArray) -> Contents:
    """How many rows each table of a plan must have, by its path."""
    return Contents(rows=counted(elements_of(planned, rows)))


def counted(tables: Mapping[Path, Elements]) -> Counter[Path]:
    return Counter({path: len(table.rows) for path, table in tables.items()})


def elements_of(planned: TablesPlan, rows: pa.StructArray) -> dict[Path, Elements]:
    """The rows of each table, by its path."""
    tables: dict[Path, Elements] = {(): Elements(rows)}
    for table in planned.tables:
        if table.parent is not None:
            tables[table.path] = tables[table.parent].of(table.path)
    return tables


def expected_flat(planned: FlatPlan, rows: pa.StructArray) -> Contents:
    """What each column of a flat table must hold, by its name, and how many rows there must be.

    A document's own values repeat once per element, so each weighs as much as the array has
    elements; where arrays stand in arrays, so does each element on the way.
    """
    levels = [Elements(rows)]
    for step in planned.explodes:
        levels.append(levels[-1].of(step.path))
    weights = rows_made(levels, planned)
    siblings = {step.path: levels[-1].of(step.path) for step in planned.siblings}
    leaves: Fingerprints = {}
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
