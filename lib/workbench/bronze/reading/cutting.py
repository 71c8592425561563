"""A dump as blocks of JSON documents, in bounded memory.

A block is some 16 MB of a file, whole documents only. Plain files with one document a line are
cut by offsets, and whoever parses a block reads it; everything else is streamed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from workbench.bronze.reading.as_it_came import Origin, RecordOrigin
from workbench.bronze.reading.brackets import BLANK, is_object, is_value, named, pieces
from workbench.bronze.reading.bson_documents import whole_documents
from workbench.bronze.reading.damage import Span, salvage
from workbench.bronze.reading.documents import Block
from workbench.bronze.reading.familiar import Known
from workbench.bronze.reading.layouts import (
    ARRAY,
    ARRAY_LINES,
    BOM,
    LARGEST_DOCUMENT,
    WINDOW,
    Source,
)
from workbench.bronze.reading.near_json import as_strict
from workbench.bronze.reading.open_archives import Archives
from workbench.bronze.reading.oversize import KEPT, pass_over
from workbench.storage import place_of

BLOCK = 16 << 20
AROUND = 2 * WINDOW  # bytes that are looked at where one block ends and the next begins, at once


def blocks(sources: list[Source], size: int = BLOCK) -> Iterator[Block]:
    """The whole dump as blocks, in order; memory is bounded by `size` and the largest document."""
    index = 0
    with Archives() as archives:
        for file, source in enumerate(sources):
            with named(source.told):
                for first, piece in enumerate(cut(source, size, archives)):
                    yield Block(index, source, file, first == 0, **piece._asdict())
                    index += 1


def cut(source: Source, size: int, archives: Archives) -> Iterator[Piece]:
    """What one file is cut into."""
    if source.bson:
        return of_bson(source, size, archives)
    if source.lines and source.as_it_is:
        return ranges(source, size)
    return streamed(source, size, archives=archives)


class Piece(NamedTuple):
    """What a block has of a file; see `Block`."""

    start: int
    end: int = 0
    payload: bytes | None = None
    spans: list[tuple[int, int]] | None = None
    too_large: int = 0
    skipped: int = 0
    rewritten: Mapping[str, int] | None = None
    origin: Origin | RecordOrigin | None = None


def ranges(source: Source, size: int) -> Iterator[Piece]:
    """Byte ranges that end with a line."""
    with place_of(source.path).open(AROUND) as file:
        start = skipped = 0
        while start < source.bytes:
            end = min(start + size, source.bytes)
            after, lines = end, 0
            if end < source.bytes:
                file.seek(end)
                line = file.readline(LARGEST_DOCUMENT + 1)
                padding = len(line) >= WINDOW and not line.strip(BLANK)
                if len(line) > LARGEST_DOCUMENT and not padding:
                    yield from streamed(source, size, start, lines=False)
                    return
                end += 0 if padding else len(line)
                after, lines = pass_blanks(file, end)
                if not is_line(file.readline(LARGEST_DOCUMENT), source.lenient):
                    cut = edge(file, start, end, source)
                    after, lines = (after, lines) if cut == end else (cut, 0)
                    end = cut
            yield Piece(start, end, skipped=skipped)
            start, skipped = after, lines


def pass_blanks(file: BinaryIO, start: int) -> tuple[int, int]:
    """Where the first line that is not blank begins, and how many lines stand before it.

    The file is left there. Less than a window of blanks is left where it is.
    """
    at = text = start
    lines = 0
    while True:
        file.seek(at)
        window = file.read(WINDOW)
        blank = len(window) - len(window.lstrip(BLANK))
        last = window.rfind(b"\n", 0, blank) + 1
        if last:
            lines, text = lines + window.count(b"\n", 0, last), at + last
        at += blank
        if blank < WINDOW:
            break
    if at - start < WINDOW:
        text, lines = start, 0
    file.seek(text)
    return text, lines


def is_line(line: bytes, lenient: bool = False) -> bool:
    """Whether a document fills this line, or nothing does."""
    text = line.strip(BLANK + b",[]")
    if len(text) > WINDOW and text.startswith(b"{") and text.endswith(b"}"):
        return True  # it is decoded soon, by another process; here that would hold all others up
    if not text or is_object(text):
        return True
    return lenient and is_line(as_strict(line)[0])


def edge(file: BinaryIO, start: int, end: int, source: Source) -> int:
    """Where a document ends, near to a place where the lines are no documents.

    Another dump, of another layout, may stand behind the first in one file.
    """
    file.seek(start)
    _, used = salvage(file.read(end - start), False, source.known.copy())
    return start + used if used else end


def streamed(
    source: Source,
    size: int,
    start: int = 0,
    lines: bool = True,
    archives: Archives | None = None,
) -> Iterator[Piece]:
    """Blocks of a compressed file, or of one whose documents are found by their brackets.

    `start` is where to begin in a plain file; not `lines`: by brackets in any case.
    """
    array = source.layout in (ARRAY, ARRAY_LINES)
    lines &= source.lines
    rest, begun, want, known = b"", start > 0, max(size, len(BOM) + 1), source.known.copy()
    skipped = 0
    with source.opened(start, archives) as stream:
        while True:
            chunk = stream.read(want)
            data, final = rest + chunk, len(chunk) < want
            blank = leading(data, BLANK + b",") if begun else 0
            if blank >= WINDOW:  # a preallocated file has gigabytes of them, and no document
                skipped += data.count(b"\n", 0, blank)
                start, data = start + blank, data[blank:]
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
                if not final and not is_line(
                    data[data.rfind(b"\n", 0, cut - 1) + 1 : cut], source.lenient
                ):
                    cut = salvage(data[:cut], False, known)[1]
                spans = None
            elif not final and (whole := before_blanks(data, array, known)):
                spans, cut = whole
            else:
                spans, cut = pieces(data, array, final, known)
            if cut:
                came = stream.origin(start, cut)
                yield Piece(start, 0, data[:cut], spans, 0, skipped, stream.taken(), came)
                skipped = 0
            start, rest = start + cut, data[cut:]
            # Longer reads while one document is longer than a block: the cost stays in proportion.
            want = size if cut else min(max(size, want * 2), LARGEST_DOCUMENT + 1 - len(rest))
            if final:
                break
            if len(rest) > LARGEST_DOCUMENT and lines:
                lines, want = False, 1  # what is here is looked at anew, before there is more of it
            elif len(rest) > LARGEST_DOCUMENT:
                before = leading(rest, BLANK + b",")
                start, rest = start + before, rest[before:]
                came = stream.origin(start, KEPT)
                length, after = pass_over(rest, stream, known)
                kept = rest[: min(length, KEPT)]
                yield Piece(start, 0, kept, [(0, len(kept))], length, 0, None, came)
                start, rest, want = start + length, after, size
        if stream.cut_off:
            yield Piece(start, 0, b"")


def of_bson(source: Source, size: int, archives: Archives) -> Iterator[Piece]:
    """Blocks of whole BSON documents."""
    start, rest = 0, b""
    with source.opened(archives=archives) as stream:
        while chunk := stream.read(size):
            data = rest + chunk
            spans, used = whole_documents(data, start, source.path)
            if used:
                yield Piece(start, 0, data[:used], spans)
            start, rest = start + used, data[used:]
        if rest or stream.cut_off:
            yield Piece(start, 0, b"")


def before_blanks(data: bytes, array: bool, known: Known) -> tuple[list[Span], int] | None:
    """The documents before the many blanks or commas that a text ends with; None for another end.

    They are not waited for, as other text is, to see whether the last document goes on.
    """
    text = data.rstrip(BLANK + b",")
    if not text or len(data) - len(text) < WINDOW:
        return None
    spans, used = pieces(text, array, True, known.copy())
    whole = not spans or is_value(text[slice(*spans[-1])].strip(BLANK + b","))
    return (spans, used) if whole else None


def leading(data: bytes, blank: bytes) -> int:
    """How many bytes stand before the first that is not blank."""
    return len(data) - len(data.lstrip(blank))
