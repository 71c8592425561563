"""Which fields tell the documents of a dump apart."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow.compute as pc

from workbench.bronze.results import Scan
from workbench.bronze.staged import column
from workbench.schema import ITEM, Path, show, walk

TRIED = 12  # columns that are looked at
NAMED = 5


def may_be_keys(scan: Scan) -> list[Path]:
    """The single values outside arrays that every document has: texts and whole numbers."""
    return [
        path
        for path, node in walk(scan.schema)
        if node.kind in ("string", "int")
        and ITEM not in path
        and scan.fingerprints[path].count == scan.good
    ]


def unique(scan: Scan, among: Iterable[Path]) -> list[Path]:
    """Those, of the first twelve, that have another value in each document."""
    return [path for path in list(among)[:TRIED] if distinct(scan, path) == scan.good]


def distinct(scan: Scan, path: Path) -> int:
    """How many different values there are at a path outside arrays."""
    return int(pc.count_distinct(column(scan, path)).as_py())


def keys_told(scan: Scan) -> str:
    """A sentence that proposes the fields that are unique."""
    found = ", ".join(show(path) for path in unique(scan, may_be_keys(scan))[:NAMED])
    return f"Unique in this dump: {found}." if found else "No field alone is unique in this dump."
