"""Where what was rewritten came from: the bytes as they were, and their places."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from workbench.bronze.reading.brackets import BLANK
from workbench.bronze.reading.structure import Numbers


@dataclass(frozen=True)
class Origin:
    """The bytes that a block was made of, which stand at `start` of what the file holds.

    From the places `made` of the block on it is what stands at the `places` of the file.
    """

    data: bytes
    start: int
    made: array[int]
    places: array[int]

    def place(self, at: int) -> int:
        """Where in the file what stands at a place of the block came from."""
        return place_of(self.made, self.places, at)

    def between(self, start: int, end: int) -> bytes:
        """The bytes that became those between two places of the block."""
        until = end_of(self.made, self.places, end)
        return self.data[self.place(start) - self.start : until - self.start].rstrip(BLANK + b",")


@dataclass(frozen=True)
class RecordOrigin:
    """The same of records that were taken out of what the file holds, or out of `behind`.

    `behind` is where what they were taken from, from `start` on, came from; None where they stand
    in the file as they do here.
    """

    behind: Origin | None
    start: int
    made: array[int]
    places: array[int]

    @property
    def data(self) -> bytes:
        return self.behind.data if self.behind else b""

    def place(self, at: int) -> int:
        place = place_of(self.made, self.places, at)
        return self.behind.place(place - self.start) if self.behind else place

    def between(self, start: int, end: int) -> bytes | None:
        """As of an `Origin`; None where the text is what came."""
        first = place_of(self.made, self.places, start)
        # Nothing is kept of what stands before the first map.
        if self.behind is None or first < self.behind.start:
            return None
        last = end_of(self.made, self.places, end)
        return self.behind.between(first - self.start, last - self.start)


class Places:
    """Where each part of a text that is rewritten came from, as it is rewritten.

    A part is noted where it does not stand as far behind its source as the one before it: so that
    strict text costs nothing.
    """

    def __init__(self) -> None:
        self.written = 0  # bytes
        self.made = array("q", [0])
        self.places = array("q", [0])

    def note(self, place: int, size: int) -> None:
        """So many bytes more were written, of what stands at a place of the source."""
        if place - self.written != self.places[-1] - self.made[-1]:
            self.made.append(self.written)
            self.places.append(place)
        self.written += size

    def note_all(self, places: Numbers, sizes: Numbers) -> None:
        """The same of many parts; those of no bytes are none."""
        places, sizes = places[sizes > 0], sizes[sizes > 0].astype(np.int64)
        made = self.written + np.cumsum(sizes) - sizes
        self.made.frombytes(made.tobytes())
        self.places.frombytes(places.astype(np.int64).tobytes())
        self.written += int(sizes.sum())

    def cut(self, start: int, end: int, data: bytearray, base: int) -> Origin:
        """What was written between two places, with the source, of which `data` begin at `base`."""
        begin, until = self.source(start, end)
        made, places = self.part(start, end)
        return Origin(bytes(data[begin - base : until - base]), begin, made, places)

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where in the source that began and ended which was written between two places."""
        begin = place_of(self.made, self.places, start)
        return begin, end_of(self.made, self.places, end)

    def part(self, start: int, end: int) -> tuple[array[int], array[int]]:
        """The places between two, those of what was written told from the first of them on."""
        first, last = bisect_right(self.made, start) - 1, bisect_right(self.made, end)
        begin = place_of(self.made, self.places, start)
        made = array("q", [max(at, start) - start for at in self.made[first:last]])
        return made, array("q", [begin, *self.places[first + 1 : last]])

    def drop(self, before: int) -> None:
        """Forgets what was written before a place."""
        self._forget(bisect_right(self.made, before) - 1)

    def drop_source(self, before: int) -> None:
        """Forgets what was written of the source before a place of it."""
        self._forget(bisect_right(self.places, before) - 1)

    def _forget(self, first: int) -> None:
        first = max(first, 0)
        del self.made[:first], self.places[:first]


def place_of(made: array[int], places: array[int], at: int) -> int:
    """The place in the source; of what was made longer, one within what it was made of."""
    part = bisect_right(made, at) - 1
    place = places[part] + at - made[part]
    return min(place, places[part + 1] - 1) if part + 1 < len(places) else place


def end_of(made: array[int], places: array[int], at: int) -> int:
    """The end in the source of what ends at a place: whole, where it was made shorter."""
    part = bisect_left(made, at)
    return places[part] if made[part : part + 1] == array("q", [at]) else place_of(made, places, at)
