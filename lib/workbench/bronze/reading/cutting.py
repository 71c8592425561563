"""A dump as blocks of JSON documents, in bounded memory.

A block is some 16 MB of a file, whole documents only. Plain files with one document a line are
cut by offsets, and whoever parses a block reads it; everything else is streamed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from workbench.bronze.reading.brackets import BLANK, is_object, pieces
from workbench.bronze.reading.compression import Stream
from workbench.bronze.reading.damage import salvage
from workbench.bronze.reading.documents import Block
from workbench.bronze.reading.layouts import ARRAY, ARRAY_LINES, BOM, Source
from workbench.bronze.reading.oversize import KEPT, pass_over

BLOCK = 16 << 20
LARGEST_DOCUMENT = 64 << 20  # MongoDB's own limit is 16 MB; memory is some ten times this


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
