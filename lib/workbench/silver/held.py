"""What held in the data of an ingestion: rules that a contract may say, to be switched on.

Limits are rounded outwards, to two digits or a whole year, and values are listed only where each
came again and none looks personal: the least and the greatest point at one person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.bronze import is_personal_name, personal_by_values, values_at_path
from workbench.proof import of_each
from workbench.schema import ITEM, Node, Numbers, Path, show, walk

MOST_VALUES, FEWEST = 12, 2  # values that may be listed, and how often each must have come
OFTEN = 3  # how often they must have come on average
MOST_ROWS = 5_000_000  # up to which it is looked at whether values are unique
LIMITED = ("int", "double", "decimal", "timestamp", "date")

Rules = dict[str, dict[str, Any]]


@dataclass
class Seen:
    """What was seen at a path."""

    nulls: int = 0
    count: int = 0
    least: Any = None
    most: Any = None
    values: Counter[str] | None = field(default_factory=Counter)
    hashes: list[Numbers] | None = field(default_factory=list)

    def add(self, values: pa.Array, kind: str) -> None:
        there = values.drop_null()
        self.nulls += len(values) - len(there)
        self.count += len(there)
        if kind in LIMITED and len(there):
            ends = pc.min_max(there)
            low, high = ends["min"].as_py(), ends["max"].as_py()
            self.least = low if self.least is None else min(self.least, low)
            self.most = high if self.most is None else max(self.most, high)
        if kind == "string" and self.values is not None:
            counted = there.value_counts()
            few = len(counted) <= MOST_VALUES
            self.values = self.values + counter(counted) if few else None
            if self.values and len(self.values) > MOST_VALUES:
                self.values = None
        if kind in ("string", "int") and self.hashes is not None:
            self.hashes.append(np.unique(of_each(there)))
            once = len(self.hashes[-1]) == len(there) and self.count <= MOST_ROWS
            self.hashes = self.hashes if once else None

    def unique(self) -> bool:
        if not self.hashes:
            return False
        return len(np.unique(np.concatenate(self.hashes))) == self.count


def counter(counted: pa.StructArray) -> Counter[str]:
    names, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
    return Counter(dict(zip(names, counts, strict=True)))


def held(
    schema: Node, files: Sequence[FilePath], hashed: Collection[Path]
) -> dict[str, dict[str, Any]]:
    """The rules that hold at each path, by path as `show` writes it, as a contract says them.

    Of personal fields, by name or hashed, only whether they are required and unique. Cost: one
    pass over the files.
    """
    kinds = {
        path: node.kind
        for path, node in walk(schema)
        if path and not node.fields and node.kind not in ("list", "null")
    }
    seen = {path: Seen() for path in kinds}
    for name in files:
        with pq.ParquetFile(name) as file:
            for batch in file.iter_batches():
                rows = pa.StructArray.from_arrays(batch.columns, batch.schema.names)
                for path, one in seen.items():
                    one.add(values_at_path(rows, path)[0], kinds[path])
    personal = {path for path in kinds if path in hashed or is_personal_name(path)}
    return {show(path): rules(one, path, path in personal) for path, one in seen.items()}


def rules(seen: Seen, path: Path, personal: bool) -> dict[str, Any]:
    """What held at one path."""
    found: dict[str, Any] = {}
    if seen.count and not seen.nulls:
        found["required"] = True
    if ITEM not in path and seen.count > 1 and seen.unique():
        found["unique"] = True
    if personal or found.get("unique"):
        return found
    if seen.least is not None:
        found |= {"min": outward(seen.least, ROUND_FLOOR), "max": outward(seen.most, ROUND_CEILING)}
    listed = seen.values or Counter[str]()
    often = listed.total() >= OFTEN * len(listed)
    told = often and listed and min(listed.values()) >= FEWEST
    if told and not personal_by_values(path, pa.array(sorted(listed))):
        found["values"] = sorted(listed)
    return {name: value for name, value in found.items() if value is not None}


def outward(value: Any, rounding: str) -> Any:
    """A limit with two digits, or of a whole year; None where there is none (NaN)."""
    low = rounding == ROUND_FLOOR
    if isinstance(value, date):
        whole = date(value.year, 1, 1) if low else date(value.year, 12, 31)
        if not isinstance(value, datetime):
            return whole.isoformat()
        return f"{whole.isoformat()}T{'00:00:00' if low else '23:59:59.999999'}Z"
    number = Decimal(str(value))
    if not number.is_finite():
        return None
    places = Decimal(1).scaleb(number.adjusted() - 1) if number else Decimal(1)
    rounded = number.quantize(places, rounding=rounding)
    return int(rounded) if isinstance(value, int) else float(rounded)
