"""Sets of paths, some of which go through objects whose fields are ids: any name fits there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property

from workbench.schema.paths import ITEM, Path


class AnyName(str):
    """A name that equals each."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


ANY = AnyName("*")


class PathSet(frozenset[Path]):
    """Paths; of one with `ANY` in it each that has some name in that place."""

    def __contains__(self, path: object) -> bool:
        return super().__contains__(path) or any(path == one for one in self.open)

    @cached_property
    def open(self) -> list[Path]:
        """The paths with a place for any name."""
        return [path for path in self if any(isinstance(key, AnyName) for key in path)]


def by_its_name(path: Path, paths: Iterable[Path]) -> bool:
    """Whether a path is meant by the name that it ends with, not only as an entry of a map."""
    return any(one == path and not isinstance(one[-1], AnyName) for one in paths)


def before_maps(path: Path, maps: Collection[Path]) -> Iterable[Path]:
    """The paths in documents of what stands at a path of rows, where maps are arrays of entries.

    What is called `value` there is a field of that name, or the value itself.
    """
    made: list[Path] = [()]
    for at, key in enumerate(path):
        entry = key is ITEM and path[:at] in maps
        value = at and path[at - 1] is ITEM and path[: at - 1] in maps and key == "value"
        made = [(*one, ANY if entry else key) for one in made] + (made if value else [])
    return made
