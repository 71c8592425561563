"""A dump as blocks of JSON documents, in bounded memory.

A block is some 16 MB of a file, whole documents only. Plain files with one document a line are
cut by offsets, and whoever parses a block reads it; everything else is streamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np

from workbench.bronze.reading.brackets import BLANK, is_object, pieces, strip_lines
from workbench.bronze.reading.compression import Stream
from workbench.bronze.reading.oversize import KEPT, pass_over
from workbench.bronze.reading.salvage import salvage
from workbench.bronze.reading.sources import ARRAY, ARRAY_LINES, BOM, Source

BLOCK = 16 << 20
LARGEST_DOCUMENT = 64 << 20  # MongoDB's own limit is 16 MB; memory is some ten times this
Offsets = np.ndarray[Any, np.dtype[np.int64]]
Extents = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Block:
    """Some whole documents of one file, in order.

    Either a byte range of a plain file of lines, or its bytes, which stand at `start` of what the
    file holds; `spans` are the ends of the documents in the bytes (None: one a line). `index`
    orders the blocks of the whole dump. Of a document that is `too_large`, and has so many bytes,
    the payload is the beginning.
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

    @property
    def size(self) -> int:
        """Bytes."""
        return self.end - self.start if self.payload is None else len(self.payload)

    @property
    def cut_off(self) -> bool:
        return self.payload == b"" and not self.first


def blocks(sources: list[Source], size: int = BLOCK) -> Iterator[Block]:
    """The whole dump as blocks, in order; memory is bounded by `size` and the largest document."""
    index = 0
    for file, source in enumerate(sources):
        plain_lines = source.lines and source.compression == "none"
        for first, block in enumerate(
            ranges(source, size) if plain_lines else streamed(source, size)
        ):
            yield Block(index, source, file, first == 0, *block)
            index += 1


Piece = tuple[int, int, bytes | None, list[tuple[int, int]] | None, int]


def ranges(source: Source, size: int) -> Iterator[Piece]:
    """Byte ranges that end with a line."""
    with open(source.path, "rb") as file:
        start = 0
        while start < source.bytes:
            end = min(start + size, source.bytes)
            if end < source.bytes:
                file.seek(end)
                line = file.readline(LARGEST_DOCUMENT + 1)
                if len(line) > LARGEST_DOCUMENT:
                    yield from streamed(source, size, start, lines=False)
                    return
                end += len(line)
                if not is_line(file.readline(LARGEST_DOCUMENT)):
                    end = edge(file, start, end, source)
            yield start, end, None, None, 0
            start = end


def is_line(line: bytes) -> bool:
    """Whether a document fills this line."""
    return is_object(line.strip(BLANK + b",[]"))


def edge(file: BinaryIO, start: int, end: int, source: Source) -> int:
    """Where a document ends, near to a place where the lines are no documents.

    Another dump, of another layout, may stand behind the first in one file.
    """
    file.seek(start)
    _, used = salvage(file.read(end - start), False, source.known.copy())
    return start + used if used else end


def streamed(source: Source, size: int, start: int = 0, lines: bool = True) -> Iterator[Piece]:
    """Blocks of a compressed file, or of one whose documents are found by their brackets.

    `start` is where to begin in a plain file; not `lines`: by brackets in any case.
    """
    array = source.layout in (ARRAY, ARRAY_LINES)
    lines &= source.lines
    rest, begun, want, known = b"", start > 0, max(size, len(BOM) + 1), source.known.copy()
    with Stream(source.path, source.compression, start) as stream:
        while True:
            chunk = stream.read(want)
            data, final = rest + chunk, len(chunk) < want
            if not begun:
                opening = len(BOM) if data.startswith(BOM) else 0
                begun = final or lines or not array or b"[" in data
                if not begun:
                    rest = data
                    continue
                start = data.find(b"[") + 1 if array and not lines else opening
                data = data[start:]
            if lines:
                cut = len(data) if final else data.rfind(b"\n") + 1
                if not final and not is_line(data[data.rfind(b"\n", 0, cut - 1) + 1 : cut]):
                    cut = salvage(data[:cut], False, known)[1]
                spans = None
            else:
                spans, cut = pieces(data, array, final, known)
            if cut:
                yield start, 0, data[:cut], spans, 0
            start, rest = start + cut, data[cut:]
            # Longer reads while one document is longer than a block: the cost stays in proportion.
            want = size if cut else max(size, min(want * 2, LARGEST_DOCUMENT - len(rest)))
            if final:
                break
            if len(rest) > LARGEST_DOCUMENT and lines:
                lines = False
            elif len(rest) > LARGEST_DOCUMENT:
                start, rest = start + leading(rest), rest[leading(rest) :]
                length, after = pass_over(rest, stream, known)
                yield start, 0, rest[:KEPT], [(0, min(length, KEPT))], length
                start, rest, want = start + length, after, size
        if stream.cut_off:
            yield start, 0, b"", None, 0


def leading(data: bytes) -> int:
    """How many bytes stand before the first document."""
    return len(data) - len(data.lstrip(BLANK + b","))


class Documents:
    """The documents of one block: as one text where that is enough, one by one where it is not.

    `units` is how many lines or elements the block has. Of each document `places` has a number
    of its own, in order, and `positions` the line or element that it stands in; they differ where
    a line was `replaced` by several documents.
    """

    def __init__(self, block: Block) -> None:
        data = block.payload
        if data is None:
            with open(block.source.path, "rb") as file:
                file.seek(block.start)
                data = file.read(block.end - block.start)
        mark = len(BOM) if block.first and data.startswith(BOM) else 0
        self._data = data[mark:].rstrip(b"\x00")  # what a file is padded with
        self._start = block.start + mark
        self._block = block
        self.known = block.source.known
        self.replaced = False

    @cached_property
    def units(self) -> int:
        spans = self._block.spans
        return len(self._breaks) if spans is None else len(spans)

    @cached_property
    def _breaks(self) -> Offsets:
        """Where the lines end."""
        return np.flatnonzero(np.frombuffer(self._data, np.uint8) == ord("\n"))

    @cached_property
    def one_a_line(self) -> bytes | bytearray | None:
        """The documents as they stand, if each is known to fill a line from `{` to `}`."""
        text, breaks = np.frombuffer(self._data, np.uint8), self._breaks
        array = self._block.source.layout == ARRAY_LINES
        if self._block.spans is not None or not len(breaks) or breaks[-1] + 1 < len(text):
            return None
        closes = breaks - 2 if array else breaks - 1
        starts = np.concatenate(([0], breaks[:-1] + 1))
        if not ((text[starts] == ord("{")).all() and (text[closes] == ord("}")).all()):
            return None
        if not array:
            return self._data
        if not (text[breaks - 1] == ord(",")).all():
            return None
        alone = bytearray(self._data)
        np.frombuffer(alone, np.uint8)[breaks - 1] = ord(" ")
        return alone

    def long_lines(self, size: int) -> Iterator[bytes]:
        """The lines of more than `size` bytes."""
        starts = np.concatenate(([0], self._breaks[:-1] + 1))
        for line in np.flatnonzero(self._breaks - starts > size).tolist():
            yield self._data[starts[line] : self._breaks[line]]

    @cached_property
    def texts(self) -> list[bytes]:
        return [text for text in self._pieces if text]

    @cached_property
    def places(self) -> list[int]:
        if self.one_a_line is not None:
            return list(range(self.units))
        return [place for place, text in enumerate(self._pieces) if text]

    @cached_property
    def positions(self) -> list[int]:
        return self.places

    @cached_property
    def _pieces(self) -> list[bytes]:
        if self._block.spans is not None:
            return [self._data[start:end].strip(BLANK) for start, end in self._block.spans]
        array = self._block.source.layout == ARRAY_LINES
        return strip_lines(self._data, array, self._block.first)

    @cached_property
    def extents(self) -> Extents:
        """Where the documents stand in the block. Columns: start, end, position."""
        spans = self._block.spans
        starts = [0, *(self._breaks + 1).tolist()] if spans is None else [s for s, _ in spans]
        found = []
        for place, text in enumerate(self._pieces):
            if text:
                start = self._data.index(text, starts[place])
                found.append((start, start + len(text), place))
        return np.array(found, np.int64).reshape(-1, 3)

    @property
    def offsets(self) -> list[int]:
        """Where the documents start in what the file holds, in bytes."""
        return (self.extents[:, 0] + self._start).tolist()  # type: ignore[no-any-return]

    def text(self, start: int, end: int) -> bytes:
        return bytes(self._data[start:end])

    def replace(self, extents: Extents) -> None:
        """Other documents from now on, found in those that were there."""
        self.replaced = True
        self.extents = extents
        self.texts = [self.text(start, end) for start, end, _ in extents.tolist()]
        self.places = list(range(len(extents)))
        if self._block.spans is None:
            self.positions = extents[:, 2].tolist()
        else:
            self.units, self.positions = len(extents), self.places
