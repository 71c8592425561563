"""What some rows say of their schema: how often each path is there, how long each array is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from pyspark.sql import types as T

from workbench.schema import ITEM, Path


@dataclass
class Counts:
    """Of `rows` rows: non-null values, lengths of arrays, and kinds found inside JSON text.

    `of` is how many rows there are in all, where that is known.
    """

    rows: int = 0
    of: int | None = None
    present: Counter[Path] = field(default_factory=Counter)
    lengths: dict[Path, list[int]] = field(default_factory=dict)
    kinds: dict[Path, set[str]] = field(default_factory=dict)

    def share(self, path: Path) -> float | None:
        """Of the documents, or elements, that could have a value here, how many do; 0 to 1."""
        items = [at for at, key in enumerate(path) if key is ITEM]
        holder = path[: items[-1] + 1] if items and items[-1] + 1 < len(path) else path[:-1]
        if ITEM in holder and path[-1] is not ITEM:
            whole = sum(self.lengths.get(holder[:-1], ()))
        elif path[-1] is ITEM:
            whole = sum(self.lengths.get(path[:-1], ()))
        else:
            whole = self.rows
        return self.present[path] / whole if whole else None

    def length(self, path: Path) -> tuple[int, int, int] | None:
        """The least, median and greatest length of an array."""
        found = self.lengths.get(path)
        return (min(found), median_low(found), max(found)) if found else None

    def elements(self, path: Path) -> int | None:
        """How many rows the table of an array would have, in proportion to all rows."""
        if not self.rows:
            return None
        found = sum(self.lengths.get(path, ())) if path else self.rows
        return round(found * (self.of or self.rows) / self.rows)

    def mixed(self, path: Path) -> bool:
        """Whether a column of strings holds JSON text of several kinds."""
        return len(self.kinds.get(path, ())) > 1 and "nested" in self.kinds[path]


def count_rows(rows: Iterable[Any], schema: T.StructType, of: int | None = None) -> Counts:
    """The counts of some rows, given as PySpark's rows or as plain dictionaries."""
    counts = Counts(of=of)
    for row in rows:
        counts.rows += 1
        look(row, schema, (), counts)
    return counts


def look(value: Any, kind: T.DataType, path: Path, counts: Counts) -> None:
    if value is None:
        return
    counts.present[path] += 1
    if isinstance(kind, T.StructType):
        for at, inner in enumerate(kind.fields):
            below = value[at] if isinstance(value, tuple) else value.get(inner.name)
            look(below, inner.dataType, (*path, inner.name), counts)
    elif isinstance(kind, T.ArrayType):
        counts.lengths.setdefault(path, []).append(len(value))
        for element in value:
            look(element, kind.elementType, (*path, ITEM), counts)
    elif isinstance(kind, T.StringType):
        counts.kinds.setdefault(path, set()).add(kind_of_text(value))


def kind_of_text(text: str) -> str:
    """Whether a string is JSON text of an object or array, or anything else."""
    if not text.startswith(("{", "[")):
        return "plain"
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return "plain"
    return "nested"
