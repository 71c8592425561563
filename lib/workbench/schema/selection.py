"""Which paths of documents are meant, where a person has named some to include or to leave out."""

from __future__ import annotations

from dataclasses import dataclass

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
        if any(path[: len(one)] == one for one in self.exclude):
            return False
        near = (min(len(one), len(path)) for one in self.include)
        pairs = zip(self.include, near, strict=True)
        return not self.include or any(one[:n] == path[:n] for one, n in pairs)
