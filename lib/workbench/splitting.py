"""Where one document of a text ends and the next begins, without parsing it."""

from __future__ import annotations

import itertools
import json
import re

import numpy as np

CUT_TOKEN = 12  # the longest part of a token that is cut off; decoders point at its start


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
