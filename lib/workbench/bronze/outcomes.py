"""What the workers of a pass report, kept on disk: a dump may have a million blocks."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from tempfile import TemporaryFile
from weakref import finalize

from workbench.bronze.reading import Extent
from workbench.bronze.results import Outcome
from workbench.proof import Fingerprints, together
from workbench.schema import Path


class Outcomes:
    """The outcomes of a pass, in the order of the dump; one at a time is in memory.

    They stand in a file without a name, which goes with this.
    """

    def __init__(self, folder: FilePath) -> None:
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115
        self._places: dict[int, int] = {}
        finalize(self, self._file.close)

    def add(self, outcome: Outcome) -> None:
        """Keeps an outcome, in the place of an earlier one of the same block."""
        self._places[outcome.index] = self._file.seek(0, 2)
        pickle.dump(outcome, self._file)

    def __getitem__(self, index: int) -> Outcome:
        self._file.seek(self._places[index])
        found: Outcome = pickle.load(self._file)
        return found

    def __iter__(self) -> Iterator[Outcome]:
        return (self[index] for index in sorted(self._places))

    def proved(self, index: int, fingerprints: Fingerprints) -> None:
        """A block has other fingerprints now, for its values are of wider kinds."""
        outcome = self[index]
        outcome.fingerprints = fingerprints
        self.add(outcome)


@dataclass
class Totals:
    """What all blocks of a dump have, taken together."""

    fingerprints: Fingerprints = field(default_factory=dict)
    documents: int = 0
    size: int = 0
    repeated: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rewritten: Counter[str] = field(default_factory=Counter)
    cast: Counter[Path] = field(default_factory=Counter)
    expanded: Counter[Path] = field(default_factory=Counter)
    left_out: Counter[Path] = field(default_factory=Counter)
    lone: Counter[Path] = field(default_factory=Counter)
    whole: set[Path] = field(default_factory=set)
    checks: dict[int, int | None] = field(default_factory=dict)
    extents: dict[Extent, int | None] = field(default_factory=dict)
    bases: dict[int, tuple[int, int]] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)
    places: int = 0
    units: Counter[int] = field(default_factory=Counter)

    def add(self, one: Outcome) -> None:
        """Takes the next block of the dump."""
        self.fingerprints = together([self.fingerprints, one.fingerprints])
        self.documents += one.documents
        self.size += one.size
        self.repeated += one.repeated
        self.whole |= one.whole
        for name in ("reasons", "rewritten", "cast", "expanded", "left_out", "lone"):
            getattr(self, name).update(getattr(one, name))
        self.checks[one.index] = one.check
        if one.extent:
            self.extents[one.extent] = one.check
        self.bases[one.index] = (one.file, self.units[one.file])
        self.starts[one.index] = self.places
        self.units[one.file] += one.units
        self.places += one.places


def totals(outcomes: Outcomes) -> Totals:
    found = Totals()
    for outcome in outcomes:
        found.add(outcome)
    return found
