"""A fingerprint per leaf path: what our own pass knows of the values it has read.

Per path: how many values are not null; the exact sum of integers, the total length of strings
(in code points), the number of trues; the least and greatest of times (microseconds since 1970,
UTC), doubles and decimals. A value lost, changed, doubled or moved to another column shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.schema import ITEM, Node, Path, have_index, show

LOW = 0xFFFFFFFF


@dataclass(frozen=True)
class Fingerprint:
    """What is known of all values at one path; `total` and the bounds where the kind has them."""

    count: int = 0
    total: int | None = None
    least: Any = None
    greatest: Any = None

    def __add__(self, other: Fingerprint) -> Fingerprint:
        """The fingerprint of both sets of values together."""
        return Fingerprint(
            self.count + other.count,
            add(self.total, other.total),
            bound(min, self.least, other.least),
            bound(max, self.greatest, other.greatest),
        )


Fingerprints = dict[Path, Fingerprint]


def add(left: int | None, right: int | None) -> int | None:
    return right if left is None else left if right is None else left + right


def bound(choose: Any, left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else choose(left, right)


def together(parts: Iterable[Fingerprints]) -> Fingerprints:
    """The fingerprints of several sets of documents as of one."""
    whole: Fingerprints = {}
    for part in parts:
        for path, fingerprint in part.items():
            whole[path] = whole[path] + fingerprint if path in whole else fingerprint
    return whole


def leaves(fingerprints: Fingerprints) -> int:
    """How many non-null leaves there are in all."""
    return sum(f.count for f in fingerprints.values())


def of_array(array: pa.Array, node: Node, path: Path = ()) -> Fingerprints:
    """The fingerprints of typed documents, one struct per document."""
    if node.kind == "struct" and node.fields:
        children = array.flatten()
        return together(
            of_array(children[have_index(array, name)], child, (*path, name))
            for name, child in node.fields.items()
        )
    if node.kind == "list":
        return of_array(array.flatten(), node.item or Node(), (*path, ITEM))
    count = len(array) - array.null_count
    if node.kind == "struct":  # without fields: `{}` as text
        return {path: Fingerprint(count, 2 * count)}
    if not count:
        return {path: Fingerprint()}
    if node.kind == "int":
        high, low = pc.shift_right(array, 32), pc.bit_wise_and(array, LOW)
        total = (pc.sum(high).as_py() << 32) + pc.sum(low).as_py()
        return {path: Fingerprint(count, total, *bounds(array))}
    if node.kind == "bool":
        return {path: Fingerprint(count, pc.sum(array).as_py())}
    if node.kind == "timestamp":
        return {path: Fingerprint(count, None, *bounds(array.cast(pa.int64())))}
    if node.kind in ("double", "decimal"):
        if node.kind == "double":
            array = pc.if_else(pc.is_nan(array), None, array)
        return {path: Fingerprint(count, None, *bounds(array))}
    return {path: Fingerprint(count, pc.sum(pc.utf8_length(array)).as_py())}


def bounds(array: pa.Array) -> tuple[Any, Any]:
    found = pc.min_max(array)
    return found["min"].as_py(), found["max"].as_py()


def as_kind(fingerprint: Fingerprint, kind: str) -> Fingerprint:
    """What the engine can know of the same values once the column has its final kind."""
    if kind not in ("double", "decimal", "timestamp"):
        return Fingerprint(fingerprint.count, fingerprint.total or 0)
    if kind == "double" and fingerprint.least is not None:
        least, greatest = float(fingerprint.least), float(fingerprint.greatest)
        return Fingerprint(fingerprint.count, None, least, greatest)
    return Fingerprint(fingerprint.count, None, fingerprint.least, fingerprint.greatest)


def as_json(fingerprints: Mapping[Path, Fingerprint]) -> dict[str, dict[str, Any]]:
    """The fingerprints as plain JSON, by path."""
    return {
        show(path): {
            key: value if isinstance(value, int | float) else str(value)
            for key, value in vars(f).items()
            if value is not None
        }
        for path, f in fingerprints.items()
    }
