"""Where one document of a text ends and the next begins, without parsing it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import numpy as np

from workbench.bronze.reading.damage import Span, salvage
from workbench.bronze.reading.damaged_text import CUT_TOKEN
from workbench.bronze.reading.familiar import LESSONS, Known
from workbench.bronze.reading.json_read import read_json
from workbench.bronze.reading.structure import depths, shape, structure
from workbench.errors import BoundExceeded

# NULs are what a file is padded with; a record separator begins each text of RFC 7464.
BLANK = b" \t\r\n\x0b\x0c\x00\x1e"

WITH_TEXT = re.compile(rb"[^" + re.escape(BLANK) + rb"][^\n]*")
Line = tuple[int, int, bytes]  # its number, from 0; where its text begins, or before; its text
MOST_DOCUMENTS = 2 << 20  # of a block of 16 MB: some hundred bytes are kept of each
LARGE = 1 << 20  # bytes of a document that is tested before it is looked through, or made of
# Keeps a number of each object, which themselves would take a gigabyte.
SHAPE = json.JSONDecoder(object_pairs_hook=len)
NO_COLON = "Expecting ':' delimiter"  # in the words of Python's decoder, which has no other sign
VALUES = ('"', "0", "{", "[")  # how values of a shape begin
LONGEST = 5  # pieces of a text without its beginning that are looked into


class TooMany(BoundExceeded):
    """More documents, or bad ones, than there is memory for; of which file is told by `named`."""


def check_number(documents: int, size: int) -> None:
    """Raises TooMany where a text holds more values than a dump has documents."""
    if documents > MOST_DOCUMENTS:
        raise TooMany(
            f"more than {MOST_DOCUMENTS:,} values stand in {size:,} bytes, so they are hardly "
            "documents, which are objects with fields. Check the source; of an array inside of an "
            "object --records makes a document of each element (records of a run)."
        )


@contextmanager
def named(file: str) -> Iterator[None]:
    """What is too much of a file is told with its name."""
    try:
        yield
    except TooMany as error:
        raise BoundExceeded(f"{file}: {error}") from error


def objects(texts: list[bytes]) -> list[bytes]:
    """Those that are JSON objects, stripped."""
    return [text.strip(BLANK) for text in texts if is_object(text.strip(BLANK))]


def is_object(text: bytes) -> bool:
    try:
        return isinstance(read_json(text.decode()), dict)
    except (ValueError, RecursionError):
        return False


def is_value(text: bytes) -> bool:
    try:
        read_json(text.strip(BLANK).decode())
    except (ValueError, RecursionError):
        return False
    return True


class Form(Enum):
    """How a large object ends, its scalars left out of account: they may be broken, as `01` is."""

    WHOLE = "with the text"
    CUT = "behind it"
    UNKNOWN = "more is wrong with it, or it is not large"


def form_of(text: bytes) -> Form:
    """What brackets, commas and colons tell of an object: where they fit, no other begins in it.

    One colon may be missing: between a key and its value nothing else can have been. Of any other
    mark that is missing, brackets do not say where it was.
    """
    if len(text) < LARGE or not text.startswith(b"{"):
        return Form.UNKNOWN
    plain = shape(text).decode()
    try:
        error = shape_error(plain)
        if error and error.msg == NO_COLON and plain[error.pos : error.pos + 1] in VALUES:
            plain = plain[: error.pos] + ":" + plain[error.pos :]
            error = shape_error(plain)
    except RecursionError:
        return Form.UNKNOWN
    if error:
        return Form.CUT if error.pos >= len(plain.rstrip()) else Form.UNKNOWN
    return Form.WHOLE


def shape_error(plain: str) -> json.JSONDecodeError | None:
    """The first thing that is wrong with a shape."""
    try:
        SHAPE.decode(plain)
    except json.JSONDecodeError as error:
        return error
    return None


def begins(text: bytes) -> bool:
    """Whether this is JSON that was cut off: nothing is wrong with it before its end."""
    try:
        read_json(text.decode(errors="replace"))
    except json.JSONDecodeError as error:
        near_end = len(error.doc.rstrip()) - CUT_TOKEN
        return error.pos >= near_end or error.msg.startswith("Unterminated")
    except (ValueError, RecursionError):
        return False
    return True


def strip_lines(data: bytes, array: bool, first: bool = True) -> list[bytes]:
    """The documents of a text of lines, and b'' for each line that has none."""
    lines = [b""] * (data.count(b"\n") + 1)
    for number, _, text in lines_with_text(data, array, first):
        lines[number] = text
    return lines


def lines_with_text(data: bytes, array: bool, first: bool = True) -> list[Line]:
    """The documents of a block of lines; blank lines, of which there may be millions, cost nothing.

    In an array the brackets (the opening one where the block is the `first`) and the commas
    between the elements are taken off.
    """
    found: list[Line] = []
    number = before = 0
    for match in WITH_TEXT.finditer(data):
        number += data.count(b"\n", before, match.start())
        before = match.start()
        found.append((number, before, match[0].rstrip(BLANK)))
        check_number(len(found), len(data))
    if not array or not found:
        return found
    texts = [text for _, _, text in found]
    if first and texts[0].startswith(b"["):
        closed = texts[0].endswith(b"]") and len(texts) > 1  # then it is a line by itself
        texts[0] = texts[0] if closed else texts[0][1:].lstrip()
    if texts[-1].endswith(b"]"):
        inside = texts[-1][:-1].rstrip()
        own = inside.count(b"[") > inside.count(b"]") and not is_object(inside)
        texts[-1] = texts[-1] if own else inside
    texts = [
        b"" if text == b"]" or text == b"[" else text[:-1].rstrip() if text.endswith(b",") else text
        for text in texts
    ]
    return [(n, at, text) for (n, at, _), text in zip(found, texts, strict=True) if text]


def pieces(
    data: bytes, array: bool, final: bool, known: Known | None = None
) -> tuple[list[Span], int]:
    """Where the documents of a text stand, and where it is damaged, the broken pieces.

    `known` is what documents look like. Returns the (start, end) of each
    and how far the text is used up.
    """
    known = known or Known()
    spans, used = split(data, array, final)
    good = sound(data, spans)
    if spans and good == len(spans):
        last = data[slice(*spans[-1])].strip(BLANK)
        if form_of(last) is not Form.WHOLE and not is_value(last):
            good -= 1
        elif not final and data[used : used + 100].lstrip(BLANK + b",")[:1] not in (b"{", b"["):
            used = spans.pop()[0]  # more of it may follow
            good -= 1
    going_on = not (spans or final) and form_of(data.lstrip(BLANK + b",")) is Form.CUT
    if good < len(spans) or not (spans or final or going_on):
        for text in objects([data[s:e] for s, e in spans[:good][:LESSONS]]):
            known.learn(read_json(text))
        start = spans[good][0] if spans else 0
        behind, length = salvage(data[start:], final, known)
        spans = spans[:good] + [(start + s, start + e) for s, e in behind]
        used = start + length
    return spans, used


def split(data: bytes, array: bool, final: bool) -> tuple[list[Span], int]:
    """The same for a text that is not damaged, found by brackets and quotes alone.

    `array`: elements between commas, up to the closing bracket; else objects one after another.
    A bracket that closes nothing belongs to the document that it stands in, and harms no other.
    Returns the (start, end) of each and how far the text is used up; with `final` all of it.
    """
    at, what = structure(data)
    depth = depths(what)
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
    full = ends > starts  # of millions of commas in a row no list is made
    check_number(int(np.count_nonzero(full)), len(data))
    spans = list(zip(starts[full].tolist(), ends[full].tolist(), strict=True))
    if final:
        if data[used:].strip(BLANK):
            spans.append((used, len(data)))
        used = len(data)
    spans = [(s, e) for s, e in spans if data[s:e].strip(BLANK)]
    return spans, used


def behind_the_missing(data: bytes) -> list[bytes]:
    """The documents of a text that lacks its beginning, as all but the first part of a dump does.

    Its first brackets close what was opened before. What stands between two of them, or behind the
    last, is on one level; of the longest such pieces, that which holds most is taken. The text may
    begin within a string.
    """
    found: list[list[bytes]] = [[]]
    for text in (data, b'"' + data):
        at, what = structure(text)
        least = np.minimum.accumulate(np.minimum(depths(what), 0))
        closing = at[np.diff(least, prepend=0) < 0] + 1
        lengths = np.diff(closing, append=len(text))
        for piece in np.argsort(lengths)[-LONGEST:].tolist():
            inside = text[int(closing[piece]) :][: int(lengths[piece])]
            spans, _ = split(inside, False, True)
            found.append(objects([inside[s:e].strip(BLANK + b",") for s, e in spans]))
    return max(found, key=lambda texts: sum(map(len, texts)))


def sound(data: bytes, spans: list[Span]) -> int:
    """How many of the spans, from the first on, are values that end where they should.

    While all look like objects they are not read. Of those before one that does not, one may be
    broken all the same, and what comes behind that may be parts of it; and the last of them may
    have ended too soon.
    """
    for number, (start, end) in enumerate(spans):
        text = data[start:end].strip(BLANK)
        if not (text.startswith(b"{") and text.endswith(b"}")) and not is_value(text):
            whole = (is_value(data[s:e]) for s, e in spans[:number])
            good = next((at for at, is_whole in enumerate(whole) if not is_whole), number)
            return max(good - 1, 0)
    return len(spans)
