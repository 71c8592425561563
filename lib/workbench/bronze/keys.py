"""Which fields tell the documents of a dump apart."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.results import Scan
from workbench.bronze.staged import column, key_batches, table
from workbench.engines import on_a_cluster
from workbench.proof import of_each, side_by_side
from workbench.schema import AT, ITEM, Path, show, spelled, walk

TRIED, FEWER = 12, 8  # columns that are looked at
NAMED = 5
FEW, MANY = 100_000, 20_000_000  # keys of which hashes are looked at: on a cluster they come here


def may_be_keys(scan: Scan) -> list[Path]:
    """The single values outside arrays that every document has: texts, whole numbers and times."""
    return [
        path
        for path, node in walk(scan.schema)
        if node.kind in ("string", "int", "timestamp")
        and ITEM not in path
        and scan.fingerprints[path].count == scan.good
    ]


def unique(scan: Scan, among: Iterable[Path]) -> list[Path]:
    """Those, of the first twelve, that have another value in each document."""
    return [path for path in list(among)[:TRIED] if distinct(scan, path) == scan.good]


def distinct(scan: Scan, path: Path) -> int:
    """How many different values there are at a path outside arrays."""
    return int(pc.count_distinct(column(scan, path)).as_py())


def unique_together(scan: Scan, among: Iterable[Path]) -> tuple[Path, ...]:
    """Two of the first twelve, or three of the first eight, that no two documents share.

    In the order of the dump; none where there are none.
    """
    tried = list(among)[:TRIED]
    for several in (*combinations(tried, 2), *combinations(tried[:FEWER], 3)):
        names = [str(at) for at in range(len(several))]
        if table(scan, several).group_by(names).aggregate([]).num_rows == scan.good:
            order = [path for path, _ in walk(scan.schema)]
            return tuple(sorted(several, key=order.index))
    return ()


def told_apart(scan: Scan) -> bool:
    """Whether the keys of the documents are seen to differ, each from all others.

    By their hashes, of which equal keys have equal ones: eight bytes a document, and no engine.
    False says nothing of them: they may be too many, or two have one hash by chance. An engine can
    tell.
    """
    if scan.good > (FEW if on_a_cluster() else MANY):
        return False
    hashes = []
    for batch in key_batches(scan):
        if any(pa.types.is_floating(key.type) for key in batch.columns):
            return False  # 0.0 and -0.0 are one key
        hashes.append(side_by_side(map(of_each, batch.columns)))
    return len(np.unique(np.concatenate(hashes))) == scan.good


def keys_told(scan: Scan) -> str:
    """A sentence that proposes what tells the documents apart."""
    full = may_be_keys(scan)
    found = ", ".join(show(path) for path in unique(scan, full)[:NAMED])
    if found:
        return f"Unique in this dump: {found}."
    several = unique_together(scan, full)
    said = f"Together unique are: {spelled(several)}. " if several else ""
    return f"No field alone is unique in this dump. {said}{AT} is the place of each document in it."
