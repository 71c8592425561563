"""Brackets, commas and quotes of a text: what is inside of strings, and what is not."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[Any]]
_STRUCTURAL = bytes(chr(c) in '"{}[],' for c in range(256))
_STEPS = bytes({"{": 1, "[": 1, "}": 255, "]": 255}.get(chr(c), 0) for c in range(256))
_SCALARS = bytes(c if chr(c) in '"{}[],: \t\r\n' else ord("0") for c in range(256))
BEFORE = (b",", b"[", b"{")  # what stands before each value but the first
STRIDE = 1 << 22  # a text of brackets alone has as many positions as bytes


def structure(data: bytes) -> tuple[Numbers, Numbers]:
    """The positions of brackets and commas outside strings, and which of them stands there.

    The text has less than 2 GiB.
    """
    codes = np.frombuffer(data, dtype=np.uint8)
    there = np.frombuffer(data.translate(_STRUCTURAL), dtype=bool)
    at, filled = np.empty(np.count_nonzero(there), np.int32), 0
    for start in range(0, len(there), STRIDE):
        found = np.flatnonzero(there[start : start + STRIDE])
        at[filled : filled + len(found)] = found + start
        filled += len(found)
    what = codes[there]
    if b"\\" in data:
        # Behind pairs of them, the one that is left makes what follows plain.
        alone = np.frombuffer(data.replace(b"\\\\", b"\0\0"), np.uint8) == ord("\\")
        plain = np.concatenate(([True], ~alone))
        at, what = at[plain[at]], what[plain[at]]
    if b'"' not in data:
        return at, what
    quotes = what == ord('"')
    outside = (np.cumsum(quotes, dtype=np.int32) & 1 == 0) & ~quotes
    return at[outside], what[outside]


def outside_strings(data: bytes) -> bytes:
    """What stands outside of strings; of each string its closing quote."""
    codes = np.frombuffer(data, np.uint8)
    quotes = codes == ord('"')
    if b"\\" in data:
        plain = escaped(codes)
        quotes[plain[plain < len(codes)]] = False
    within = np.cumsum(quotes, dtype=np.uint8) & 1 == 1  # overflow keeps what is odd
    return bytes(codes[~within])


def shape(data: bytes) -> bytes:
    """The text with each string empty, and 0 for each other scalar, whether it is one or not."""
    codes = np.frombuffer(outside_strings(data).translate(_SCALARS), np.uint8)
    zeros = codes == ord("0")
    again = zeros & np.concatenate(([False], zeros[:-1]))[: len(zeros)]
    return bytes(codes[~again]).replace(b'"', b'""')


def escapes(data: bytes) -> bytes:
    """The characters behind backslashes."""
    codes = np.frombuffer(data, np.uint8)
    after = escaped(codes)
    return bytes(codes[after[after < len(codes)]])


def nesting(data: bytes) -> int:
    """How many brackets are open at the deepest place."""
    _, what = structure(data)
    return int(depths(what).max(initial=0))


def values_in(data: bytes, enough: int) -> int:
    """How many values a document has, objects and arrays too; 0 where it has fewer than enough."""
    if sum(map(data.count, BEFORE)) < enough:  # those in strings too, which are not many
        return 0
    _, what = structure(data)
    return 1 + number(what, b"".join(BEFORE))


def depths(what: Numbers) -> Numbers:
    """How many brackets are open behind each; as bytes, for an index would take eight each."""
    steps = np.frombuffer(what.tobytes().translate(_STEPS), np.int8)
    return np.cumsum(steps, dtype=np.int32)


def escaped(codes: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """The positions of characters that a backslash makes plain (the second of `\\\\`, `\\"`)."""
    found, open_ = [np.empty(0, np.int32)], False  # whether the last byte makes the next one plain
    for start in range(0, len(codes), STRIDE):
        piece = codes[start : start + STRIDE]
        slashes = np.flatnonzero(piece == ord("\\")).astype(np.int32)
        slashes = slashes[1:] if open_ and len(slashes) and slashes[0] == 0 else slashes
        new_run = np.diff(slashes, prepend=np.int32(-2)) > 1
        order = np.arange(len(slashes), dtype=np.int32)
        run_start = np.maximum.accumulate(np.where(new_run, order, np.int32(0)))
        slashes = slashes[(order - run_start) % 2 == 0]
        open_ = bool(len(slashes)) and int(slashes[-1]) == len(piece) - 1
        found.append(slashes + np.int32(start + 1))
    return np.concatenate(found)


class Brackets:
    """Counts the brackets of a document that comes in pieces, `depth` of them open already."""

    def __init__(self, depth: int = 0) -> None:
        self._depth, self._open = depth, b""  # what to put before the next piece: an open string

    def ends(self, data: bytes) -> list[int]:
        """Where the document ends in this piece, if it does."""
        if self.cannot_end(data):
            return []
        shift = len(self._open)
        at, what = structure(self._open + data + b",")
        outside = bool(len(at)) and int(at[-1]) == shift + len(data)
        at, what = (at[:-1], what[:-1]) if outside else (at, what)
        depth = self._depth + depths(what)
        closed = np.flatnonzero((depth <= 0) & (what != ord("{")) & (what != ord("[")))
        if len(closed):
            return [int(at[closed[0]]) - shift + (what[closed[0]] != ord(","))]
        text = self._open + data
        slashes = len(text) - len(text.rstrip(b"\\"))
        self._depth = int(depth[-1]) if len(depth) else self._depth
        self._open = b"" if outside else b'"' + b"\\" * (slashes % 2)
        return []

    def cannot_end(self, data: bytes) -> bool:
        """Whether a piece closes too little, and has no strings: then it is counted at once."""
        if self._open or b'"' in data or b"\\" in data:
            return False
        codes = np.frombuffer(data, np.uint8)
        opening, closing = number(codes, b"[{"), number(codes, b"]}")
        if closing >= self._depth:
            return False
        self._depth += opening - closing
        return True


def number(codes: Numbers, wanted: bytes) -> int:
    """How many of some bytes there are: bytes that are all of these cost what others do."""
    return sum(int(np.count_nonzero(codes == one)) for one in wanted)
