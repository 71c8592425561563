"""Which files a dump is, and what each of them holds: found from their bytes, not their names."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.bronze.reading.brackets import (
    BLANK,
    begins,
    behind_the_missing,
    objects,
    pieces,
    strip_lines,
)
from workbench.bronze.reading.compression import Stream, compression_of
from workbench.bronze.reading.familiar import LESSONS, Known
from workbench.bronze.reading.not_json import OTHER_ENCODING, Foreign, binary, refuse, written
from workbench.errors import NotJson, RequestError, SourceError

WINDOW = 1 << 18
BOM = b"\xef\xbb\xbf"
LINES, ARRAY_LINES, ARRAY, OBJECTS = (
    "one document a line",
    "array, one element a line",
    "array",
    "objects one after another",
)


@dataclass(frozen=True)
class Source:
    """One file of the dump. `lines`: documents are lines. `bytes` is its size on disk.

    `known` has the keys of its first documents.
    """

    path: str
    bytes: int
    layout: str
    compression: str
    known: Known = field(default_factory=Known, repr=False, compare=False)

    @property
    def lines(self) -> bool:
        return self.layout in (LINES, ARRAY_LINES)


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
        inside = list(walk(name))
        kept = [p for p in inside if is_json_name(p) or is_part(p)]
        if not kept:
            raise RequestError(
                f"source: the folder {name} holds no JSON: none of its {len(inside)} file(s) ends "
                "in .json, .jsonl or .ndjson (also .gz, .bz2, .zst), or has JSON and no ending. "
                "Name the file itself."
            )
        return sorted(kept)
    matched = sorted(p for p in glob.glob(name, recursive=True) if os.path.isfile(p))
    if not matched:
        if os.path.lexists(name):
            raise RequestError(
                f"source: {name} is no file that can be read twice (a pipe, a device or a link to "
                "nothing). Write what it gives to a file, and name that."
            )
        raise RequestError(
            f"source: {name} matches no file (looked in {os.getcwd()}). Check the path."
        )
    return matched


def passed_over(sources: list[str], found: list[Source]) -> list[str]:
    """The files in folders of the source that are not read, but for hidden and empty ones."""
    inside = {path for name in sources if os.path.isdir(name) for path in walk(name)}
    left = inside - {source.path for source in found}
    return sorted(path for path in left if not is_json_name(path) and os.path.getsize(path))


def walk(folder: str) -> Iterator[str]:
    """Every file below a folder, and of the folders that are linked there; hidden ones are not.

    A link to nothing may stand for a part of the dump: it is given, and cannot be opened.
    Raises SourceError where a folder cannot be looked into.
    """

    def unreadable(error: OSError) -> None:
        raise SourceError(
            f"source: {error.filename} cannot be looked into: {error.strerror}. Check its mode."
        ) from error

    entered: set[str] = set()
    for place, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real = os.path.realpath(place)
        folders[:] = [] if real in entered else [f for f in folders if not is_hidden(f)]
        if real not in entered:
            paths = (os.path.join(place, f) for f in files if not is_hidden(f))
            yield from (path for path in paths if is_regular(path))
        entered.add(real)


def is_regular(path: str) -> bool:
    """Whether a path is a file, or a link that leads nowhere."""
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


def is_hidden(name: str) -> bool:
    """Names that tools give to what is not data; Hive's folders of a column `_x` are data."""
    return name.startswith(".") or (name.startswith("_") and "=" not in name)


def is_json_name(path: str) -> bool:
    """Whether a file of a folder is taken for a dump by its name."""
    return uncompressed(path).endswith((".json", ".jsonl", ".ndjson"))


def uncompressed(path: str) -> str:
    """A file's name without the ending of a compression."""
    name = os.path.basename(path).lower()
    for ending in (".gz", ".gzip", ".bz2", ".zst", ".zstd"):
        name = name.removesuffix(ending)
    return name


def is_part(path: str) -> bool:
    """Whether a file without an ending holds JSON, as the parts do that Hadoop and Firehose write.

    One with another ending may be an old copy (`.bak`): it is read only where it is named. So is
    a text with a brace somewhere (a README, a Makefile), which damaged JSON could be too.
    """
    if "." in uncompressed(path):
        return False
    try:
        source = sniff(path)
    except NotJson:
        return False
    except SourceError as error:
        raise SourceError(f"{error} If it is no part of the dump, move it elsewhere.") from error
    return source is not None and (bool(source.known.documents) or source.layout != LINES)


def sniff(path: str) -> Source | None:
    """What a file is, from its first bytes; None for one without any document."""
    try:
        with open(path, "rb") as file:
            head = file.read(16)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Check it.") from error
    compression = compression_of(head)
    with Stream(path, compression) as stream:
        window = stream.read(WINDOW)
    if stream.cut_off and not window:
        raise SourceError(
            f"{path}: its {compression} data is cut off before the first document. Fetch it again."
        )
    inner = compression_of(window)
    if inner != "none":
        raise SourceError(f"{path} is {inner} data within {compression} data. Decompress it once.")
    refuse(path, binary(window))
    complete = len(window) < WINDOW
    text = window.removeprefix(BOM)
    if not complete and b"\n" in text:
        text = text[: text.rindex(b"\n") + 1]
    if complete and not text.strip():
        return None
    if not text.strip(BLANK):
        kind = "NULs" if b"\x00" in text else "blanks"
        raise SourceError(
            f"{path} {'holds' if complete else 'begins with'} {len(text):,} {kind} and nothing "
            "else. Check that it was written to its end, or fetch it again."
        )
    layout, found = layout_of(text, complete)
    if not found:
        refuse(path, not_json(text, complete))
    return Source(path, os.path.getsize(path), layout, compression, known_from(found))


def not_json(text: bytes, complete: bool) -> Foreign | None:
    """What a text is in which no document was found; None where it may be JSON all the same."""
    if b"\x00" in text:
        return Foreign("binary data (it holds NUL bytes)")
    if not complete and begins(text):  # one document, larger than what was read of it
        return None
    if len(layout_of(text.decode("latin-1").encode(), complete)[1]) > 1:
        return OTHER_ENCODING
    return written(text)


def known_from(texts: list[bytes]) -> Known:
    """What the first documents look like, as an example of the others."""
    known = Known()
    for text in texts[:LESSONS]:
        known.learn(json.loads(text))
    return known


def layout_of(text: bytes, complete: bool) -> tuple[str, list[bytes]]:
    """The layout of a text, and the documents in it; `complete`: it is the whole file.

    Of the layouts that could be meant, the one under which most of the text parses is taken, so
    that no dump is read in a way that loses its documents.
    """
    start = text.lstrip(BLANK)[:1]
    array = start == b"["
    base = text.index(b"[") + 1 if array else 0
    spans, used = pieces(text[base:], array, complete)
    lines = objects(strip_lines(text, array))
    elements = objects([text[base + s : base + e] for s, e in spans])
    by_line, by_structure = size(lines), size(elements)
    if max(by_line, by_structure) < len(text) / 2 and not begins(text):
        # A part of a dump, but for the first, begins within a document; so does half a download.
        rows, behind = objects(strip_lines(text, True)), behind_the_missing(text)
        if size(behind) > max(by_line, by_structure):
            return (ARRAY_LINES, rows) if size(rows) >= 0.9 * size(behind) else (OBJECTS, behind)
    rest = text[base + used :].strip()
    if begins(rest):
        by_structure += len(rest)
    # A few lines with two documents each: still lines, and each of those gives two.
    few_flaws = by_line >= 0.9 * by_structure and not any(b"\n" in text for text in elements)
    if by_line or by_structure:
        one_a_line = by_line >= by_structure or few_flaws
    else:
        one_a_line = not complete or start not in (b"[", b"{")
    layouts = (ARRAY_LINES, ARRAY) if array else (LINES, OBJECTS)
    return layouts[not one_a_line], (lines if one_a_line else elements) or lines


def size(texts: list[bytes]) -> int:
    return sum(map(len, texts))
