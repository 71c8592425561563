"""Files, or what becomes files, in groups that are read or written as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def neighbours(
    things: Iterable[Thing], size: Callable[[Thing], int], most: int
) -> Iterator[list[Thing]]:
    """Things that come after each other, in groups of so many bytes, at most, or of one thing."""
    group: list[Thing] = []
    room = most
    for thing in things:
        room -= size(thing)
        if room < 0 and group:
            yield group
            group, room = [], most - size(thing)
        group.append(thing)
    if group:
        yield group
