"""Records that stand inside of one huge object: streamed, as if they were an array of their own."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Generator, Iterator

import numpy as np

from workbench.bronze.reading.as_it_came import Origin, Places, RecordOrigin
from workbench.bronze.reading.brackets import BLANK, split
from workbench.bronze.reading.compression import Stream
from workbench.bronze.reading.damage import Span
from workbench.bronze.reading.finder import Finder, Found
from workbench.bronze.reading.map_fields import MapFields
from workbench.bronze.reading.near_stream import Rewritten
from workbench.bronze.reading.open_archives import Archives, Inside
from workbench.bronze.reading.structure import Brackets
from workbench.errors import UnknownPath
from workbench.schema import Path, show

STEP = 1 << 20
LARGEST_MEMBER = 64 << 20  # what is larger goes on as it is, and is refused there
ROOT = "."


def shown(path: Path) -> str:
    return show(path) or ROOT


class Records:
    """What stands at a path of the objects of a stream, as the text of one array of documents.

    Of an array those are its elements. Of an object they are its fields: the name stands under
    `key`, beside the value's own fields or a `value`; where the first values have a `key`, it is
    `_key`. Raises UnknownPath where there is neither, SourceError where a later value has one too.
    """

    def __init__(self, stream: Stream | Rewritten, path: Path) -> None:
        self.path = path
        self._stream = stream
        self._texts = self._records()
        self._rest = b""
        self._fields = MapFields(f"{stream.path}: a value of the map {shown(path)}")
        self._taken_in = 0  # bytes of the stream
        self._places = Places()
        self._kept: bytearray | None = None  # of a map in strict JSON, for its fields are rewritten

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__()

    @property
    def cut_off(self) -> bool:
        return self._stream.cut_off

    def origin(self, start: int, size: int) -> RecordOrigin | None:
        """Where so many bytes came from that were read from `start` on; before is forgotten then.

        None of a document so large that its beginning is gone.
        """
        end = min(start + size, self._places.written)
        first, last = self._places.source(start, end)
        behind = self._stream.origin(first, last - first) or self._kept_from(first, last)
        if behind is None and isinstance(self._stream, Rewritten):
            return None
        found = RecordOrigin(behind, first, *self._places.part(start, end))
        self._places.drop(end)
        return found

    def taken(self) -> Counter[str]:
        """What was no JSON since this was last asked (`near_json`)."""
        return self._stream.taken()

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        parts, there = [self._rest], len(self._rest)
        while there < size and (text := next(self._texts, b"")):
            parts.append(text)
            there += len(text)
        data = b"".join(parts)
        self._rest = data[size:]
        return data[:size]

    def _records(self) -> Generator[bytes, None, None]:
        finder, data, begun = Finder(self.path), b"", False
        yield self._noted(0, b"[")
        while chunk := data or self._more():
            found = finder.seek(chunk)
            if len(found.opens):
                yield from self._whole(found, begun)
                begun = True
            data = b""
            if found.last is not None:
                rest = found.text[found.last :]
                if begun:
                    yield self._noted(self._place(rest), b",")
                begun = True
                data = yield from (
                    self._elements(rest) if rest[:1] == b"[" else self._members(rest)
                )
            elif not begun:
                self._stream.origin(self._taken_in, 0)  # nobody asks for what stands before
        if not begun:
            there = ", ".join(finder.names) or "nothing"
            raise UnknownPath(
                f"records: {shown(self.path)} is no array and no object of {self._stream.path}; "
                f"its outermost keys are: {there}. Name the path of what holds the records, for "
                "example result.items."
            )
        yield self._noted(self._taken_in, b"]")

    def _whole(self, found: Found, begun: bool) -> Iterator[bytes]:
        """The records of what begins and ends in a text, of which there may be ten thousands."""
        opens = np.frombuffer(found.text, np.uint8)[found.opens]
        if (opens == ord("[")).all():
            text = self._of_arrays(found, begun)
        else:
            self._keep(found.text[int(found.opens[0]) :])
            text = b"".join(self._one_by_one(found, begun))
        if text:  # nothing would be the end of all
            yield text

    def _one_by_one(self, found: Found, begun: bool) -> Iterator[bytes]:
        place, commas = self._place(found.text), found.commas.tolist()
        for start, end in zip(found.opens.tolist(), found.closes.tolist(), strict=True):
            if begun:
                yield self._noted(place + start, b",")
            begun = True
            if found.text[start : start + 1] == b"[":
                yield self._noted(place + start + 1, found.text[start + 1 : end])
                continue
            between = commas[bisect_left(commas, start) : bisect_left(commas, end)]
            spans = zip([start, *between], [*between, end], strict=True)
            full = [(s + 1, e) for s, e in spans if found.text[s + 1 : e].strip(BLANK)]
            yield from self._documents(place, found.text, full)

    def _of_arrays(self, found: Found, begun: bool) -> bytes:
        """The elements of arrays as they stand, a comma before those of each but the first."""
        starts, sizes = found.opens.copy(), found.closes - found.opens
        starts[0] += not begun
        sizes[0] -= not begun
        text = np.frombuffer(bytearray(found.text), np.uint8)
        text[found.opens] = ord(",")
        edges = np.zeros(len(text), np.int8)
        edges[starts] = 1
        edges[found.closes] -= 1
        self._places.note_all(self._place(found.text) + starts, sizes)
        return bytes(text[np.cumsum(edges, dtype=np.int8).view(bool)])

    def _kept_from(self, first: int, last: int) -> Origin | None:
        """What stood between two places of the stream, where that is kept; forgotten then."""
        if self._kept is None:
            return None
        base = self._taken_in - len(self._kept)
        until = max(last - base, 0)
        data = bytes(self._kept[max(first - base, 0) : until])
        del self._kept[:until]
        return Origin(data, max(first, base), array("q", [0]), array("q", [first]))

    def _keep(self, data: bytes) -> None:
        """From here on, where fields become documents, what came is kept until it is asked for."""
        if self._kept is None and not isinstance(self._stream, Rewritten):
            self._kept = bytearray(data)

    def _more(self) -> bytes:
        data = self._stream.read(STEP)
        self._taken_in += len(data)
        if self._kept is not None:
            self._kept += data
        return data

    def _place(self, rest: bytes) -> int:
        """Where in the stream what is left of it begins."""
        return self._taken_in - len(rest)

    def _noted(self, place: int, text: bytes) -> bytes:
        """A text that was made of what stands at a place of the stream."""
        self._places.note(place, len(text))
        return text

    def _inside(self, data: bytes) -> Iterator[tuple[int, bytes, bytes | None]]:
        """What stands between the brackets that begin here, and where.

        With the last piece comes what follows.
        """
        brackets, skip = Brackets(), 1
        while data:
            ends = brackets.ends(data)
            if ends:
                yield self._place(data) + skip, data[skip : ends[0] - 1], data[ends[0] :]
                return
            yield self._place(data) + skip, data[skip:], None
            data, skip = self._more(), 0

    def _elements(self, data: bytes) -> Generator[bytes, None, bytes]:
        """The elements as they stand; returns what follows the array."""
        for place, text, after in self._inside(data):
            if text:
                yield self._noted(place, text)
            if after is not None:
                return after
        return b""

    def _members(self, data: bytes) -> Generator[bytes, None, bytes]:
        """The fields as documents; returns what follows the object."""
        self._keep(data)
        parts: list[bytes] = []  # of a field that goes on
        passed = Brackets()  # of it: so that it is not read over and over
        large, closing = False, b""
        for place, text, after in self._inside(data):
            end = next(iter(passed.ends(text)), None) if parts or large else 0
            if large:
                large = end is None and after is None
                end = len(text) if end is None else end
                yield from self._part_of_large(place, text[:end], b"" if large else closing + b",")
                place, text = place + end, text[end:]
            if large:
                continue
            place -= sum(map(len, parts))
            parts.append(text)
            if end is not None or after is not None:
                text = b"".join(parts)
                spans, used = split(text, True, after is not None)
                yield from self._documents(place, text, spans)
                place, passed, parts = place + used, Brackets(), [text[used:]]
                passed.ends(parts[0])
            if after is not None:
                return after
            if sum(map(len, parts)) > LARGEST_MEMBER:
                begun, closing = self._fields.beginning(b"".join(parts))
                yield self._noted(place, begun)
                parts, large = [], True
        if (rest := b"".join(parts)).strip(BLANK):
            yield self._noted(self._place(rest), rest)  # cut off
        return b""

    def _documents(self, place: int, text: bytes, spans: list[Span]) -> Iterator[bytes]:
        """The fields that stand in a text, as documents."""
        for start, end in spans:
            blank = end - start - len(text[start:end].lstrip(BLANK))
            yield self._noted(place + start + blank, self._fields.document(text[start:end]))
            yield self._noted(place + end, b",")

    def _part_of_large(self, place: int, text: bytes, behind: bytes) -> Iterator[bytes]:
        """What goes on as it is of a field that is too large for a document, and its end."""
        if text:  # nothing would be the end of all
            yield self._noted(place, text)
        if behind:
            yield self._noted(place + len(text), behind)


def opened(
    path: str,
    compression: str,
    records: Path | None,
    start: int = 0,
    member: Inside | None = None,
    near: bool = False,
    archives: Archives | None = None,
) -> Stream | Rewritten | Records:
    """A file's plain bytes (`near`: strict JSON made of them), or the records in it."""
    plain = Stream(path, compression, start, member, archives)
    stream = Rewritten(plain) if near else plain
    return stream if records is None else Records(stream, records)
