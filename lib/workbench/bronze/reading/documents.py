"""The documents of a block: where each begins and ends, and where it stands in its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from workbench.bronze.reading.as_it_came import Origin, RecordOrigin
from workbench.bronze.reading.brackets import BLANK, Line, lines_with_text
from workbench.bronze.reading.bson_documents import as_json
from workbench.bronze.reading.check_sums import PIECE, check_of
from workbench.bronze.reading.layouts import ARRAY_LINES, BOM, Source
from workbench.bronze.reading.near_json import HALVES, as_strict, is_strict, whole_pairs
from workbench.storage import place_of

Offsets = np.ndarray[Any, np.dtype[np.int64]]
Extents = np.ndarray[Any, np.dtype[np.int64]]


class Extent(NamedTuple):
    """Where the bytes of a block stand in a file."""

    file: int
    start: int
    end: int

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Block:
    """Some whole documents of one file, in order.

    Either a byte range of a plain file of lines, or its bytes, which stand at `start` of what the
    file holds; `spans` are the ends of the documents in the bytes (None: one a line). `index`
    orders the blocks of the whole dump. `skipped` lines, blank ones, were passed over in front of
    it. Of a document that is `too_large`, and has so many bytes, the payload is the beginning.
    """

    index: int
    source: Source
    file: int
    first: bool
    start: int = 0
    end: int = 0
    payload: bytes | None = None
    spans: list[tuple[int, int]] | None = field(default=None, repr=False)
    too_large: int = 0
    skipped: int = 0
    rewritten: Mapping[str, int] | None = field(default=None, repr=False)  # see `near_json`
    origin: Origin | RecordOrigin | None = field(default=None, repr=False)  # of what was rewritten

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start if self.payload is None else len(self.payload)

    @property
    def extent(self) -> Extent | None:
        """Where it stands in its file; None where the file holds it in another form."""
        if not self.source.as_it_is:
            return None
        return Extent(self.file, self.start, self.start + self.size)

    @property
    def cut_off(self) -> bool:
        """Whether it stands for what is missing behind the last document that is whole."""
        return self.payload == b""


class Documents:
    """The documents of one block: as one text where that is enough, one by one where it is not.

    `units` is how many lines or elements the block has. Of each document `places` has a number
    of its own, in order, and `positions` the line or element that it stands in; they differ where
    a line was `replaced` by several documents.
    """

    def __init__(self, block: Block) -> None:
        data = block.payload
        if data is None:
            data = place_of(block.source.path).read(block.start, block.end)
        self._read = data
        self.faults: dict[int, str] = {}  # of documents that are no text, by their indexes
        self._start = block.start
        self._block = block
        self.known = block.source.known
        self.replaced = False
        self.rewritten = Counter(block.rewritten)  # what was no JSON and is read all the same
        if block.source.bson:
            self.data = data
            return
        self._mark = len(BOM) if block.first and data.startswith(BOM) else 0
        self.data = data[self._mark :].rstrip(b"\x00")  # what a file is padded with
        self._start = block.start + self._mark

    @cached_property
    def check(self) -> int:
        """A sum of the bytes as they were read."""
        return check_of(self._read)

    @cached_property
    def units(self) -> int:
        spans = self._block.spans
        if spans is not None:
            return len(spans)
        return self._block.skipped + sum(np.count_nonzero(ends) for _, ends in self._line_ends())

    def _line_ends(self) -> Iterator[tuple[int, np.ndarray[Any, np.dtype[np.bool_]]]]:
        """Of each byte whether a line ends there, piece by piece; and where the piece begins.

        Of short lines, a search of bytes would take ten times as long.
        """
        text = np.frombuffer(self.data, np.uint8)
        for at in range(0, len(text), PIECE):
            yield at, text[at : at + PIECE] == ord("\n")

    @cached_property
    def _breaks(self) -> Offsets:
        """Where the lines end."""
        found = [np.flatnonzero(ends) + at for at, ends in self._line_ends()]
        return np.concatenate([np.zeros(0, np.intp), *found])

    @cached_property
    def one_a_line(self) -> bytes | bytearray | None:
        """The documents as they stand, if each is known to fill a line from `{` to `}`."""
        if self._block.spans is not None:
            return None
        if len("{}\n") * (self.units - self._block.skipped) > len(self.data):
            return None  # blank lines, of which there may be as many as bytes
        text, breaks = np.frombuffer(self.data, np.uint8), self._breaks
        array = self._block.source.layout == ARRAY_LINES
        if not len(breaks) or breaks[-1] + 1 < len(text):
            return None
        closes = breaks - 2 if array else breaks - 1
        starts = np.concatenate(([0], breaks[:-1] + 1))
        if not ((text[starts] == ord("{")).all() and (text[closes] == ord("}")).all()):
            return None
        if not array:
            return self.data
        if not (text[breaks - 1] == ord(",")).all():
            return None
        alone = bytearray(self.data)
        np.frombuffer(alone, np.uint8)[breaks - 1] = ord(" ")
        return alone

    def long_lines(self, size: int) -> Iterator[bytes]:
        """The lines of more than `size` bytes."""
        starts = np.concatenate(([0], self._breaks[:-1] + 1))
        for line in np.flatnonzero(self._breaks - starts > size).tolist():
            yield self.data[starts[line] : self._breaks[line]]

    @cached_property
    def texts(self) -> list[bytes]:
        return [text for _, _, text in self._pieces]

    @cached_property
    def strict(self) -> list[bytes]:
        """The texts as strict JSON: of a dump that is read leniently, what is near to it too."""
        self.rewritten = Counter(self._block.rewritten)
        return [self._as_strict(text) for text in self.texts] if self._lenient else self.texts

    @property
    def path(self) -> str:
        """Of the file that they stand in."""
        return self._block.source.path

    @property
    def alone(self) -> bool:
        """Whether it is one piece that was cut out by brackets, and looked through if broken."""
        return self._block.spans is not None and len(self._block.spans) == 1

    @property
    def _lenient(self) -> bool:
        return self._block.source.lenient

    def _as_strict(self, text: bytes) -> bytes:
        if not is_strict(text):
            made, counts = as_strict(text)
            if is_strict(made):
                self.rewritten += counts
                text = made
        if b"\\u" in text:
            text, halves = whole_pairs(text)
            self.rewritten[HALVES] += halves
        return text

    @cached_property
    def places(self) -> Sequence[int]:
        if self.one_a_line is not None:
            return range(self._block.skipped, self.units)
        return [place for place, _, _ in self._pieces]

    @cached_property
    def positions(self) -> Sequence[int]:
        return self.places

    @cached_property
    def _pieces(self) -> list[Line]:
        spans = self._block.spans
        if spans is not None and self._block.source.bson:
            return [
                (at, start, self._of_bson(at, start, end)) for at, (start, end) in enumerate(spans)
            ]
        if spans is not None:
            stripped = ((at, s, self.data[s:e].strip(BLANK)) for at, (s, e) in enumerate(spans))
            return [piece for piece in stripped if piece[2]]
        array = self._block.source.layout == ARRAY_LINES
        lines = lines_with_text(self.data, array, self._block.first)
        if self._lenient:  # lines of comments alone are blank
            lines = [one for one in lines if one[2][:1] != b"/" or as_strict(one[2])[0].strip()]
        return [(self._block.skipped + number, start, text) for number, start, text in lines]

    def _of_bson(self, at: int, start: int, end: int) -> bytes:
        text, fault = as_json(self.data[start:end])
        if fault:
            self.faults[at] = fault
        return text

    @property
    def as_text(self) -> bytes:
        """All documents as text, whatever stands between them."""
        return b"\n".join(self.texts) if self._block.source.bson else self.data

    @cached_property
    def extents(self) -> Extents:
        """Where the documents stand in the block. Columns: start, end, position."""
        if self._block.source.bson:
            spans = self._block.spans or []
            found = [(start, end, at) for at, (start, end) in enumerate(spans)]
            return np.array(found, np.int64).reshape(-1, 3)
        found = []
        for place, before, text in self._pieces:
            start = self.data.index(text, before)
            found.append((start, start + len(text), place))
        return np.array(found, np.int64).reshape(-1, 3)

    @property
    def offsets(self) -> list[int]:
        """Where the documents start in what the file holds, in bytes."""
        origin = self._block.origin
        if origin is not None:
            return [origin.place(start + self._mark) for start in self.extents[:, 0].tolist()]
        return (self.extents[:, 0] + self._start).tolist()  # type: ignore[no-any-return]

    def came(self, at: int) -> bytes:
        """The text of a document as it came, which may be near-JSON."""
        origin = self._block.origin
        if origin is None:
            return self.texts[at]
        start, end, _ = self.extents[at].tolist()
        came = origin.between(start + self._mark, end + self._mark)
        return self.texts[at] if came is None else came

    def text(self, start: int, end: int) -> bytes:
        return bytes(self.data[start:end])

    def replace(self, extents: Extents) -> None:
        """Other documents from now on, found in those that were there."""
        self.replaced = True
        self.extents = extents
        self.texts = [self.text(start, end) for start, end, _ in extents.tolist()]
        vars(self).pop("strict", None)
        self.places = list(range(len(extents)))
        if self._block.spans is None:
            self.positions = extents[:, 2].tolist()
        else:
            self.units, self.positions = len(extents), self.places
