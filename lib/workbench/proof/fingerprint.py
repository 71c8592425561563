"""A fingerprint per leaf path: what our own pass knows of the values it has read.

Per path: a hash of every value with its row's key and the positions on its way, added up over all
rows (see `workbench.proof.hashing`); and figures that a person can read, which say what differs:
how many values are not null; the exact sum of integers and of times (microseconds since 1970,
UTC), the total length of strings (in code points), the number of trues. Objects and arrays have
the hash alone, of where there are such, and of how many elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.schema import Path, show

MODULUS = 1 << 64  # hashes are added up within it
FEW = 5  # values, of which a sum is as good as one of them


@dataclass(frozen=True)
class Fingerprint:
    """What is known of all values at one path; `total` where the kind has one.

    `hash` is None where none was asked for.
    """

    count: int = 0
    total: int | None = None
    hash: int | None = None

    def __add__(self, other: Fingerprint) -> Fingerprint:
        """The fingerprint of both sets of values together."""
        both = add(self.hash, other.hash)
        return Fingerprint(
            self.count + other.count,
            add(self.total, other.total),
            None if both is None else both % MODULUS,
        )


Fingerprints = dict[Path, Fingerprint]


def add(left: int | None, right: int | None) -> int | None:
    return right if left is None else left if right is None else left + right


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
    total = None if kind in ("double", "decimal") else fingerprint.total or 0
    return Fingerprint(fingerprint.count, total, fingerprint.hash)


def as_json(fingerprints: Mapping[Path, Fingerprint]) -> dict[str, dict[str, Any]]:
    """The fingerprints as plain JSON, by path; a hash in 16 hexadecimals.

    The total of a few values stands for those values, so it is left out.
    """
    return {
        show(path): {
            key: f"{value:016x}" if key == "hash" else value
            for key, value in vars(f).items()
            if value is not None and not (key == "total" and 0 < f.count < FEW)
        }
        for path, f in fingerprints.items()
    }


def told(sides: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Fingerprints for a run's record, which outlives tables: how many values there were.

    The difference of two sums or bounds may be one person's value, and values are few enough to be
    tried on a hash; so these stand beside the table alone.
    """
    return {
        side: {
            path: {"count": f["count"]}
            for path, f in fingerprints.items()
            if f["count"] or "total" in f or int(f.get("hash", "0"), 16) == 0
        }
        for side, fingerprints in sides.items()
    }


def from_json(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Fingerprint]:
    """What `as_json` has written, by the paths as they are shown."""
    return {
        path: Fingerprint(f["count"], f.get("total"), int(f["hash"], 16) if "hash" in f else None)
        for path, f in stored.items()
    }
