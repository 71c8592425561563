"""The layout of a file, found from its first bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from workbench.bronze.reading.brackets import (
    BLANK,
    Form,
    begins,
    behind_the_missing,
    form_of,
    named,
    objects,
    pieces,
    strip_lines,
)
from workbench.bronze.reading.bson_documents import BSON, check_codec
from workbench.bronze.reading.compression import Stream, compression_of
from workbench.bronze.reading.familiar import LESSONS, Known
from workbench.bronze.reading.json_read import read_json
from workbench.bronze.reading.near_json import as_strict
from workbench.bronze.reading.near_stream import Rewritten
from workbench.bronze.reading.not_json import (
    OTHER_ENCODING,
    Foreign,
    binary,
    refuse,
    starts_bson,
    template,
    written,
)
from workbench.bronze.reading.open_archives import Archives, Inside
from workbench.bronze.reading.records import Records, opened
from workbench.bronze.reading.structure import STRIDE, Brackets
from workbench.errors import RequestError, SourceError
from workbench.schema import Path
from workbench.storage import Look, place_of

WINDOW = 1 << 18
HEAD = 512  # bytes that tell compressions and archives: a block of a tar
LARGEST_DOCUMENT = 64 << 20  # MongoDB's own limit is 16 MB; memory is some ten times this
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

    `known` has the keys of its first documents. `records`: the documents stand at this path of
    the objects in the file (None: they are these).
    """

    path: str
    bytes: int
    layout: str
    compression: str
    known: Known = field(default_factory=Known, repr=False, compare=False)
    records: Path | None = None
    archive: str = ""  # the file that it is a member of, where its path is not that of a file
    inside: Inside | None = None  # of that
    mark: str = field(default="", repr=False, compare=False)  # see `Place.mark`
    label: str = field(default="", compare=False)  # what it is called in rows
    piped: bool = field(default=False, compare=False)  # its path is that of a copy, which goes
    lenient: bool = False  # near-JSON is read too
    nothing: bool = False  # it is cut off before there is anything of it
    near: bool = False  # it is rewritten as it is read; else its lines are, one by one

    @property
    def file(self) -> str:
        """Where its bytes are: its path, but for a member of an archive."""
        return self.archive or self.path

    @property
    def told(self) -> str:
        """What it is called in what is kept of it: its path, but of a copy that goes its label."""
        return self.label if self.piped else self.path

    def opened(
        self, start: int = 0, archives: Archives | None = None
    ) -> Stream | Rewritten | Records:
        """Its plain bytes, or the records in it; of a member by way of `archives` that are open."""
        where = (self.file, self.compression, self.records, start, self.inside)
        return opened(*where, self.near, archives)

    @property
    def as_it_is(self) -> bool:
        """Whether its documents are found where they stand in it."""
        return self.compression == "none" and self.records is None and not self.near

    @property
    def bson(self) -> bool:
        return self.layout == BSON

    @property
    def lines(self) -> bool:
        return self.layout in (LINES, ARRAY_LINES)


def look_at(path: str) -> Look:
    """The first bytes of a file, and what tells this state of it from others."""
    try:
        return place_of(path).look(HEAD)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}. Check it.") from error


def sniff(
    path: str, records: Path | None = None, lenient: bool = False, look: Look | None = None
) -> Source | None:
    """What a file is, from its first bytes; None for one without any document."""
    head, size, mark = look or look_at(path)
    found = Source(path, size, LINES, compression_of(head), mark=mark, lenient=lenient)
    return looked_into(found, records)


def looked_into(
    source: Source, records: Path | None, archives: Archives | None = None
) -> Source | None:
    """The source with what its first documents say of it; None for one without any document."""
    path, compression = source.path, source.compression
    with source.opened(archives=archives) as stream:
        window = stream.read(WINDOW)
    if stream.cut_off and not window:
        return replace(source, nothing=True)
    if starts_bson(window):
        return bson_source(source, records)
    inner = compression_of(window)
    if inner != "none":
        raise SourceError(f"{path} is {inner} data within {compression} data. Decompress it once.")
    refuse(path, binary(window))
    if records is not None:
        return sniff_records(replace(source, records=records, near=source.lenient), archives)
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
    if source.lenient:
        found = near_layout(source, text, complete)
        if found is not None:
            return found
    refuse(path, template(text))
    with named(source.told):
        layout, documents = layout_of(text, complete)
    if not documents:
        refuse(path, not_json(text, complete), near=reads_leniently(text, complete))
    if not documents and layout == OBJECTS and b"\n" not in text:
        line = first_line(source, archives)
        documents = objects([line])
        layout = LINES if documents or form_of(line) is Form.WHOLE else OBJECTS
    return replace(source, layout=layout, known=known_from(documents))


def first_line(source: Source, archives: Archives | None) -> bytes:
    """The first document, larger than a window, where it fills its line; else an empty text."""
    line, brackets = b"", Brackets()
    with source.opened(archives=archives) as stream:
        while len(line) < LARGEST_DOCUMENT and (piece := stream.read(STRIDE)):
            ends, breaks = brackets.ends(piece), piece.find(b"\n")
            if ends and ends[0] <= breaks and not piece[ends[0] : breaks].strip(BLANK):
                return (line + piece[:breaks]).removeprefix(BOM)
            if ends or breaks >= 0:
                break
            line += piece
    return b""


def reads_leniently(text: bytes, complete: bool) -> bool:
    """Whether a lenient run would find documents in a text."""
    strict, counts = as_strict(text)
    return bool(counts and layout_of(strict, complete)[1])


def near_layout(source: Source, text: bytes, complete: bool) -> Source | None:
    """The same for a text that may be near-JSON; None where it has no document even so.

    Where each line is a document by itself, the lines stay as they are, and each is rewritten by
    those who read it; anything else is rewritten as it is streamed.
    """
    strict, _ = as_strict(text)
    layout, documents = layout_of(strict, complete)
    if not documents:
        return None
    whole = [line.strip() for line in strict.split(b"\n")]
    alone = layout == LINES and each_line_alone(text) == whole
    return replace(source, layout=layout, known=known_from(documents), near=not alone)


def bson_source(source: Source, records: Path | None) -> Source:
    """A BSON dump. RequestError where it cannot be decoded, or is asked for records in it."""
    check_codec(source.path)
    if records is not None:
        raise RequestError(
            f"records: {source.path} is a BSON dump, whose documents stand one after another. "
            "Leave records out."
        )
    return replace(source, layout=BSON)


def sniff_records(source: Source, archives: Archives | None) -> Source:
    """A file whose documents stand inside of an object."""
    with source.opened(archives=archives) as stream:
        window = stream.read(WINDOW)
    spans, _ = pieces(window[1:], True, len(window) < WINDOW)
    known = known_from(objects([window[1:][start:end] for start, end in spans]))
    return replace(source, layout=ARRAY, known=known)


def each_line_alone(text: bytes) -> list[bytes]:
    """The lines as strict JSON, each rewritten for itself."""
    return [as_strict(line)[0].strip() for line in text.split(b"\n")]


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
        known.learn(read_json(text))
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
