"""A fingerprint per leaf path: what our own pass knows of the values it has read.

Per path: how many values are not null; the exact sum of integers, the total length of strings
(in code points), the number of trues; the least and greatest of times (microseconds since 1970,
UTC), doubles and decimals. A value lost, changed, doubled or moved to another column shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.schema import Path, show


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
