"""Where in a text of objects, which comes in pieces, arrays and objects at a path stand."""

from __future__ import annotations

import itertools
import json
import re
from typing import NamedTuple

import numpy as np

from workbench.bronze.reading.structure import Numbers, depths, structure
from workbench.schema import Path

NAMED, LOOKED = 10, 100  # keys that a message shows; commas and brackets of a piece looked behind
LONGEST_NAME = 1 << 16  # bytes; what goes on without a comma or a bracket leads nowhere
BLANK = rb"[\s\0\x1e]*+"
NAME = re.compile(BLANK + rb'("(?:[^"\\]++|\\.)*+")' + BLANK + rb":", re.DOTALL)
SHORT = dict(zip('"\\/\b\f\n\r\t', '"\\/bfnrt', strict=True))


class Found(NamedTuple):
    """What stands at a path in a text: where each begins that ends there, and where it ends.

    The one that goes on behind the text begins at `last`. `commas` are all that may stand between
    fields of theirs, and some more.
    """

    text: bytes
    opens: Numbers
    closes: Numbers
    last: int | None
    commas: Numbers


class Finder:
    """Looks for arrays and objects at a path in a text of objects that comes in pieces.

    By the brackets and commas outside of strings, all of a piece at once: a piece may hold one, or
    ten thousand of them.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: dict[str, None] = {}
        self._keys = [leading_to(name) for name in path]
        self._depth = self._on_path = 0  # open brackets; how many of them lead to the path
        self._rest = b""  # what stood behind the last comma or bracket

    def seek(self, chunk: bytes) -> Found:
        """What is found in the next chunk, which begins behind what was found to go on.

        The text is that of the chunk, and before it some of the chunk before.
        """
        text = b"," + self._rest + chunk
        at, what = structure(text)
        at, what = at[1:], what[1:]
        depth = depth_behind(self._depth, what)
        self._see_names(text, np.append(self._depth == 1, depth == 1), np.append(0, at))
        opening = (what == ord("{")) | (what == ord("["))
        found = self._follow(text, at, what, np.where(opening, depth - 1, -1))
        closing = np.flatnonzero((depth == len(self.path)) & ~opening & (what != ord(",")))
        ends = np.searchsorted(closing, found)
        ends = closing[ends[ends < len(closing)]]
        last = int(at[found[-1]]) if len(ends) < len(found) else None
        self._go_on(text, at, depth, last)
        commas = at[(what == ord(",")) & (depth == len(self.path) + 1)]
        return Found(text, at[found[: len(ends)]], at[ends], last, commas)

    def _follow(self, text: bytes, at: Numbers, what: Numbers, level: Numbers) -> Numbers:
        """Which brackets begin what stands at the path; of others that lead there takes note.

        Of each bracket that opens, the level is how many were open before it.
        """
        on_path = len(self.path)
        leads = np.flatnonzero(level == 0)
        on = (what[leads] == ord("{")) | (not self.path)
        for number, key in enumerate(self._keys, 1):
            if not (on[-1] if len(on) else self._on_path >= number):
                on_path = min(on_path, number - 1)
            inner = np.flatnonzero(level == number)
            around = np.searchsorted(leads, inner)  # the next; around is the one before
            inside = np.append(self._on_path >= number, on)[around]
            on = inside & np.isin(inner, behind(key, text, at))
            if number < len(self.path):
                on &= what[inner] == ord("{")
            leads = inner
        self._on_path = on_path
        found: Numbers = leads[on]
        return found

    def _go_on(self, text: bytes, at: Numbers, depth: Numbers, last: int | None) -> None:
        """Keeps what the next chunk needs of a text."""
        if last is not None:
            self._depth = self._on_path = len(self.path)
            self._rest = b""
            return
        if len(at):
            self._depth = int(depth[-1])
            text = text[int(at[-1]) :]
        self._on_path = min(self._on_path, self._depth)
        self._rest = text[1:] if len(text) <= LONGEST_NAME else shortened(text[1:])

    def _see_names(self, text: bytes, outermost: Numbers, at: Numbers) -> None:
        """Takes note of some of the outermost keys."""
        if len(self.names) >= NAMED:
            return
        found = (NAME.match(text, place + 1) for place in at[outermost][:LOOKED].tolist())
        names = (name_of(match[1]) for match in found if match)
        new = dict.fromkeys(name for name in names if name is not None)
        self.names |= dict(itertools.islice(new.items(), NAMED - len(self.names)))


def depth_behind(depth: int, what: Numbers) -> Numbers:
    """How many brackets are open behind each; one that closes nothing harms no other."""
    behind = depths(what) + np.int32(depth)
    if len(behind) and behind.min() < 0:
        behind -= np.minimum.accumulate(np.minimum(behind, 0))
    return behind


def behind(key: re.Pattern[bytes], text: bytes, at: Numbers) -> Numbers:
    """Which of the brackets that stand `at` places of a text follow a key and a colon.

    Before the first place stands a comma, at the beginning of the text.
    """
    starts = np.fromiter((match.start() for match in key.finditer(text)), np.int64)
    before = np.append(0, at)
    found = np.searchsorted(before, starts)
    real = before[np.minimum(found, len(at))] == starts  # others stand in strings
    brackets: Numbers = found[real]
    return brackets


def leading_to(name: str | None) -> re.Pattern[bytes]:
    """The comma or bracket behind which a name and a colon stand before a bracket.

    A name may be written in several ways. To an array's elements none leads.
    """
    if name is None:
        return re.compile(rb"(?!)")
    written = b"".join(map(spellings, name))
    return re.compile(
        rb"[{,](?=" + BLANK + b'"' + written + b'"' + BLANK + b":" + BLANK + rb"[\[{])"
    )


def spellings(letter: str) -> bytes:
    """All ways to write a letter in a string of JSON, as a pattern."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4)).encode()
    ways = [escaped]
    if letter not in '"\\':
        ways.append(re.escape(letter.encode("utf-8", "surrogatepass")))
    if letter in SHORT:
        ways.append(re.escape(b"\\" + SHORT[letter].encode()))
    return b"(?:" + b"|".join(ways) + b")"


def shortened(text: bytes) -> bytes:
    """What stands for a long text, without commas and brackets, before what follows it.

    Neither it nor its end is a name that leads anywhere.
    """
    at, _ = structure(text + b",")
    if not len(at):
        odd = (len(text) - len(text.rstrip(b"\\"))) % 2
        return b'0"' + b"\\" * odd
    text = text.rstrip(b" \t\r\n\v\f\0\x1e")
    return text if len(text) <= LONGEST_NAME else b"0"


def name_of(string: bytes) -> str | None:
    """What a name says, as it stands in a text; None of what is no name, or no JSON."""
    try:
        return str(json.loads(string, strict=False))
    except ValueError:
        return None
