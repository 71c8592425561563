"""Which paths of documents are meant, where a person has named some to include or to leave out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from workbench.schema.paths import Path


@dataclass(frozen=True)
class Selection:
    """The paths to include (none: all), and those to leave out, each with all below it."""

    include: frozenset[Path] = frozenset()
    exclude: frozenset[Path] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.include or self.exclude)

    def keeps(self, path: Path) -> bool:
        """Whether something at a path, or below it, is read."""
        around = [path[:n] for n in range(len(path) + 1)]
        if any(one in self.exclude for one in around):
            return False
        wanted = path in self._on_the_way or any(one in self.include for one in around)
        return wanted or not self.include

    @cached_property
    def _on_the_way(self) -> frozenset[Path]:
        """The paths that lead to those to include."""
        return frozenset(one[:n] for one in self.include for n in range(len(one)))
