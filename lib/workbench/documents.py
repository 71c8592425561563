"""From bytes to JSON documents: find the files, sniff the layout, cut into blocks of documents.

A block is some 16 MB of a file, whole documents only. Plain files with one document a line are
cut by offsets, and whoever parses a block reads it; everything else is streamed.
"""

from __future__ import annotations

import bz2
import glob
import gzip
import itertools
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from workbench.errors import RequestError, SourceError

BLOCK = 16 << 20
WINDOW = 1 << 18
LARGEST_DOCUMENT = 256 << 20
CUT_TOKEN = 12  # the longest part of a token that is cut off; decoders point at its start
BOM = b"\xef\xbb\xbf"
LINES, ARRAY_LINES, ARRAY, OBJECTS = (
    "one document a line",
    "array, one element a line",
    "array",
    "objects one after another",
)
MAGIC = {
    b"\x89PNG": "a PNG image",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF document",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\xff\xd8\xff": "a JPEG image",
    b"SQLite format 3": "a SQLite database",
}
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}


@dataclass(frozen=True)
class Source:
    """One file of the dump. `lines`: documents are lines. `bytes` is its size on disk."""

    path: str
    bytes: int
    layout: str
    compression: str

    @property
    def lines(self) -> bool:
        return self.layout in (LINES, ARRAY_LINES)


@dataclass(frozen=True)
class Block:
    """Some whole documents of one file, in order.

    Either a byte range of a plain file of lines, or its bytes; `spans` are the ends of the
    documents in the bytes (None: one a line). `index` orders the blocks of the whole dump.
    """

    index: int
    source: Source
    file: int
    first: bool
    start: int = 0
    end: int = 0
    payload: bytes | None = None
    spans: list[tuple[int, int]] | None = field(default=None, repr=False)


def find(sources: list[str]) -> list[Source]:
    """The files that the names stand for (files, folders, globs), sniffed, each once, in order.

    Raises RequestError where a name matches nothing, SourceError where a file is not JSON text.
    """
    if not sources:
        raise RequestError("source: none given; name a file, a folder or a glob of JSON dumps.")
    paths: dict[str, str] = {}
    for name in sources:
        for path in expand(name):
            paths.setdefault(os.path.realpath(path), path)
    found = [sniff(path) for path in paths.values()]
    full = [s for s in found if s is not None]
    if not full:
        raise SourceError(
            f"source: {', '.join(sources)} is empty: {len(paths)} file(s) without a document. "
            "Check that the export finished, or name another source."
        )
    return full


def expand(name: str) -> list[str]:
    """The files behind one name, sorted; a folder gives its JSON files, at any depth."""
    if "://" in name:
        raise RequestError(
            f"source: {name} is not on this machine; local files, folders and globs can be read. "
            "Copy it here first."
        )
    if os.path.isfile(name):
        return [name]
    if os.path.isdir(name):
        inside = [str(p) for p in sorted(Path(name).rglob("*")) if p.is_file()]
        kept = [p for p in inside if is_json_name(p)]
        if not kept:
            raise RequestError(
                f"source: the folder {name} holds no JSON: none of its {len(inside)} file(s) ends "
                "in .json, .jsonl or .ndjson (also .gz, .bz2, .zst). Name the file itself."
            )
        return kept
    matched = sorted(p for p in glob.glob(name, recursive=True) if os.path.isfile(p))
    if not matched:
        raise RequestError(
            f"source: {name} matches no file (looked in {os.getcwd()}). Check the path."
        )
    return matched


def is_json_name(path: str) -> bool:
    """Whether a file of a folder is taken for a dump; hidden and marker files are not."""
    name = os.path.basename(path).lower()
    for ending in (".gz", ".gzip", ".bz2", ".zst", ".zstd"):
        name = name.removesuffix(ending)
    return name.endswith((".json", ".jsonl", ".ndjson")) and not name.startswith((".", "_"))


def sniff(path: str) -> Source | None:
    """What a file is, from its first bytes; None for one without any document."""
    try:
        with open(path, "rb") as file:
            head = file.read(16)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Check its mode.") from error
    compression = next((c for magic, c in COMPRESSED.items() if head.startswith(magic)), "none")
    with opened(path, compression) as stream:
        window = read_full(stream, WINDOW, path)
    for magic, what in MAGIC.items():
        if window.startswith(magic):
            raise SourceError(
                f"{path} is {what}, not JSON text in UTF-8. Convert it, or leave it out."
            )
    complete = len(window) < WINDOW
    text = window.removeprefix(BOM)
    if not complete and b"\n" in text:
        text = text[: text.rindex(b"\n") + 1]
    if not text.strip():
        if complete:
            return None
        raise SourceError(f"{path} starts with {WINDOW} blank bytes; is it a JSON dump?")
    layout, readable = layout_of(text, complete)
    if b"\x00" in text and not readable:
        raise SourceError(
            f"{path} is not JSON text: it holds NUL bytes (binary data, or UTF-16). "
            "Convert it to UTF-8 JSON, or leave it out."
        )
    return Source(path, os.path.getsize(path), layout, compression)


def layout_of(text: bytes, complete: bool) -> tuple[str, bool]:
    """The layout of a text, and whether any of it can be read; `complete`: it is the whole file.

    Of the layouts that could be meant, the one under which most of the text parses is taken, so
    that no dump is read in a way that loses its documents.
    """
    start = text.lstrip()[:1]
    array = start == b"["
    base = text.index(b"[") + 1 if array else 0
    spans, _ = split(text[base:], array, final=True)
    pieces = [text[base + s : base + e] for s, e in spans]
    lines, elements = objects(strip_lines(text, array)), objects(pieces)
    by_line, by_structure = sum(map(len, lines)), sum(map(len, elements))
    if not complete and pieces and not objects(pieces[-1:]) and begins(pieces[-1]):
        by_structure += len(pieces[-1].strip())
    # A few lines with two documents each: still lines, and those go to quarantine.
    few_flaws = by_line >= 0.9 * by_structure and not any(b"\n" in text for text in elements)
    if by_line or by_structure:
        one_a_line = by_line >= by_structure or few_flaws
    else:
        one_a_line = not complete or start not in (b"[", b"{")
    layouts = (ARRAY_LINES, ARRAY) if array else (LINES, OBJECTS)
    return layouts[not one_a_line], bool(by_line or by_structure)


def objects(texts: list[bytes]) -> list[bytes]:
    """Those that are JSON objects, stripped."""
    return [text.strip() for text in texts if is_object(text)]


def is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text.decode()), dict)
    except (ValueError, RecursionError):
        return False


def begins(text: bytes) -> bool:
    """Whether this is JSON that was cut off: nothing is wrong with it before its end."""
    try:
        json.loads(text.decode(errors="replace"))
    except json.JSONDecodeError as error:
        near_end = len(error.doc.rstrip()) - CUT_TOKEN
        return error.pos >= near_end or error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return False
    return True


def opened(path: str, compression: str) -> IO[bytes]:
    """A file as a stream of plain bytes."""
    if compression == "gzip":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if compression == "bz2":
        return bz2.open(path, "rb")
    if compression == "zstd":
        return pa.input_stream(path, compression="zstd")  # type: ignore[no-any-return]
    return open(path, "rb")


def read_full(stream: IO[bytes], size: int, path: str) -> bytes:
    """Up to `size` bytes; fewer only at the end. A broken compressed stream is a SourceError."""
    parts, missing = [], size
    try:
        while missing and (part := stream.read(missing)):
            parts.append(part)
            missing -= len(part)
    except (EOFError, OSError, zlib.error, pa.ArrowException) as error:
        raise SourceError(
            f"{path}: its compressed data is damaged or cut off ({error}). "
            "Fetch the file again, or decompress what can be saved and name that."
        ) from error
    return b"".join(parts)


def blocks(sources: list[Source], size: int = BLOCK) -> Iterator[Block]:
    """The whole dump as blocks, in order; memory is bounded by `size` and the largest document."""
    index = 0
    for file, source in enumerate(sources):
        plain_lines = source.lines and source.compression == "none"
        for first, block in enumerate(
            ranges(source, size) if plain_lines else streamed(source, size)
        ):
            start, end, payload, spans = block
            yield Block(index, source, file, first == 0, start, end, payload, spans)
            index += 1


Piece = tuple[int, int, bytes | None, list[tuple[int, int]] | None]


def ranges(source: Source, size: int) -> Iterator[Piece]:
    """Byte ranges that end with a line."""
    with open(source.path, "rb") as file:
        start = 0
        while start < source.bytes:
            end = min(start + size, source.bytes)
            if end < source.bytes:
                file.seek(end)
                line = file.readline(LARGEST_DOCUMENT + 1)
                check_size(source, line)
                end += len(line)
            yield start, end, None, None
            start = end


def streamed(source: Source, size: int) -> Iterator[Piece]:
    """Blocks of a compressed file, or of one whose documents are found by their brackets."""
    array = source.layout == ARRAY
    with opened(source.path, source.compression) as stream:
        rest, begun, want, start_line = b"", False, max(size, len(BOM) + 1), b""
        while True:
            chunk = read_full(stream, want, source.path)
            data, final = rest + chunk, len(chunk) < want
            if not begun:
                data = data.removeprefix(BOM)
                begun = final or not array or b"[" in data
                if not begun:
                    rest = data
                    continue
                data = data[data.find(b"[") + 1 :] if array else data
            if source.lines:
                cut = len(data) if final else data.rfind(b"\n") + 1
                spans = None
            else:
                spans, cut = split(data, array, final, start_line)
                if not final and spans and not is_object(data[slice(*spans[-1])]):
                    spans, cut = all_but_last(spans)
                if not cut and not begins(data):
                    spans, cut = all_but_last(split(data, array, True, start_line)[0])
                start_line = start_line or first_line(data, spans)
            if cut or final:
                yield 0, 0, data[:cut], spans
            rest = data[cut:]
            # Longer reads while one document is longer than a block: the cost stays in proportion.
            want = size if cut else want * 2
            if final:
                return
            check_size(source, rest)


def check_size(source: Source, text: bytes) -> None:
    if len(text) > LARGEST_DOCUMENT:
        raise SourceError(
            f"{source.path}: no end of a document within {LARGEST_DOCUMENT >> 20} MB. "
            "A bracket or a quote is missing, or the document is too large; "
            "repair the dump or write it with one document a line."
        )


def all_but_last(spans: list[tuple[int, int]]) -> tuple[list[tuple[int, int]], int]:
    """The documents before the last, which may go on in the next block, and where it starts."""
    return spans[:-1], spans[-1][0] if spans else 0


class Documents:
    """The documents of one block: as one text where that is enough, one by one where it is not.

    `units` is how many places (lines, or elements) the block has; `places` are those of the
    documents among them.
    """

    def __init__(self, block: Block) -> None:
        data = block.payload
        if data is None:
            with open(block.source.path, "rb") as file:
                file.seek(block.start)
                data = file.read(block.end - block.start)
        self._data = data.removeprefix(BOM) if block.first else data
        self._block = block

    @cached_property
    def units(self) -> int:
        spans = self._block.spans
        return self._data.count(b"\n") if spans is None else len(spans)

    @cached_property
    def one_a_line(self) -> bytes | None:
        """The documents as they stand, if each is known to fill a line from `{` to `}`."""
        data, array = self._data, self._block.source.layout == ARRAY_LINES
        end, between = (b"},\n", b"},\n{") if array else (b"}\n", b"}\n{")
        if self._block.spans is not None or not (data.startswith(b"{") and data.endswith(end)):
            return None
        if data.count(between) + 1 != self.units:
            return None
        # As long as before, which is the faster way to replace.
        return data.replace(between, b"} \n{")[:-2] if array else data

    @cached_property
    def texts(self) -> list[bytes]:
        return [text for text in self._pieces if text]

    @cached_property
    def places(self) -> list[int]:
        if self.one_a_line is not None:
            return list(range(self.units))
        return [place for place, text in enumerate(self._pieces) if text]

    @cached_property
    def _pieces(self) -> list[bytes]:
        if self._block.spans is not None:
            return [self._data[start:end].strip() for start, end in self._block.spans]
        array = self._block.source.layout == ARRAY_LINES
        return strip_lines(self._data, array, self._block.first)


def strip_lines(data: bytes, array: bool, first: bool = True) -> list[bytes]:
    """The documents of a block of lines, blank ones included as b'' so that lines can be counted.

    In an array the brackets (the opening one where the block is the `first`) and the commas
    between the elements are taken off.
    """
    lines = [line.strip() for line in data.split(b"\n")]
    if not array:
        return lines
    full = [i for i, line in enumerate(lines) if line]
    if full and first and lines[full[0]].startswith(b"["):
        closed = lines[full[0]].endswith(b"]") and len(full) > 1  # then it is a line by itself
        lines[full[0]] = lines[full[0]] if closed else lines[full[0]][1:].lstrip()
    if full and lines[full[-1]].endswith(b"]"):
        inside = lines[full[-1]][:-1].rstrip()
        own = inside.count(b"[") > inside.count(b"]") and not is_object(inside)
        lines[full[-1]] = lines[full[-1]] if own else inside
    return [
        b"" if line == b"]" or line == b"[" else line[:-1].rstrip() if line.endswith(b",") else line
        for line in lines
    ]


START_LINE = re.compile(rb"\s*?(\n[ \t]*\{)")
_STRUCTURAL = bytes(chr(c) in '"{}[],' for c in range(256))
_DEPTH = np.zeros(256, dtype=np.int32)
_DEPTH[[ord("{"), ord("[")]], _DEPTH[[ord("}"), ord("]")]] = 1, -1


def split(
    data: bytes, array: bool, final: bool, start_line: bytes = b""
) -> tuple[list[tuple[int, int]], int]:
    """Where the documents of a text stand, found by brackets and quotes alone.

    `array`: elements between commas, up to the closing bracket; else objects one after another.
    `start_line`: what stands where a document starts a line, if that is known (`first_line`).
    A bracket that closes nothing belongs to the document that it stands in, and harms no other.
    Returns the (start, end) of each and how far the text is used up; with `final` all of it.
    """
    codes = np.frombuffer(data, dtype=np.uint8)
    at = np.flatnonzero(np.frombuffer(data.translate(_STRUCTURAL), dtype=bool))
    if b"\\" in data:
        at = at[~np.isin(at, escaped(codes), assume_unique=True)]
    what = codes[at]
    quotes = what == ord('"')
    outside = (np.cumsum(quotes, dtype=np.int32) & 1 == 0) & ~quotes
    at, what = at[outside], what[outside]
    depth = np.cumsum(_DEPTH[what])
    top, closing = depth == 0, depth < 0
    if len(depth) and depth.min() < 0:
        least = np.minimum.accumulate(np.minimum(depth, 0))
        top, closing = depth == least, np.diff(least, prepend=0) < 0
    if array:
        ends = at[(top & (what == ord(","))) | (closing & (what == ord("]")))]
        starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    else:
        ends = at[top & (what == ord("}"))] + 1
        starts = np.concatenate(([0], ends[:-1])) if len(ends) else ends
    used = int(ends[-1]) + (1 if array else 0) if len(ends) else 0
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    if final:
        if data[used:].strip():
            spans.append((used, len(data)))
        used = len(data)
    spans = [(s, e) for s, e in spans if data[s:e].strip()]
    return mended(data, spans, array, start_line or first_line(data, spans) or b"\n{"), used


def first_line(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    """The line break, indentation and bracket before one of the first documents; b'' if none."""
    found = (START_LINE.match(data, start) for start, _ in spans[:3])
    return next((match[1] for match in found if match), b"")


def mended(
    data: bytes, spans: list[tuple[int, int]], array: bool, marker: bytes
) -> list[tuple[int, int]]:
    """The same, and where a document that lacks a bracket or a quote has swallowed others, these.

    In pretty-printed text each document starts on a line of its own, indented alike: documents
    that do not parse, in a row, are cut again where such lines are.
    """
    count = data.count(marker)
    if not count or count == sum(bool(START_LINE.match(data, start)) for start, _ in spans):
        return spans
    found: list[tuple[int, int]] = []
    for good, run in itertools.groupby(spans, lambda span: is_object(data[slice(*span)])):
        row = list(run)
        start, end = row[0][0], row[-1][1]
        kept = good or begins(data[start:end])
        found += row if kept else cut_at(data, start, end, marker, array)
    return found


def cut_at(data: bytes, start: int, end: int, marker: bytes, array: bool) -> list[tuple[int, int]]:
    """The pieces that begin with the marker."""
    starts = [start]
    while (at := data.find(marker, starts[-1] + 1, end)) >= 0:
        starts.append(at)
    found = []
    for s, e in itertools.pairwise([*starts, end]):
        piece = data[s:e].rstrip()
        if array:
            piece = piece.removesuffix(b"]").rstrip() if e == end else piece.removesuffix(b",")
        if piece.strip():
            found.append((s, s + len(piece)))
    return found


def escaped(codes: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """The positions of characters that a backslash makes plain (the second of `\\\\`, `\\"`)."""
    slashes = np.flatnonzero(codes == ord("\\"))
    new_run = np.concatenate(([True], np.diff(slashes) > 1))
    run_start = np.maximum.accumulate(np.where(new_run, np.arange(len(slashes)), 0))
    odd = (np.arange(len(slashes)) - run_start) % 2 == 0
    return np.asarray(slashes[odd] + 1)
