"""A text that may be damaged, its values decoded one by one where they stand."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import numpy as np

from workbench.bronze.reading.structure import STRIDE, Brackets, depths, structure

CUT_TOKEN = 12  # the longest part of a token that is cut off; decoders point at its start
TRIES = 50  # bytes decoded in vain, per byte of the text, before the rest is given up
LEAST_TRY, DEEP_TRY = 100, 30_000  # what a try costs at least, and where it ends in the depth
MOST_TRIES = 1 << 19  # in vain, in a text of any length: each takes microseconds, however short
MOST_NESTED = 1 << 22  # objects and arrays of one value: as Python's they take a gigabyte
WINDOW = 1 << 12  # an error of the decoder costs as much as the text it is given is long
MARK = "\xef\xbb\xbf"  # the byte order mark, its bytes as characters
BLANK = " \t\r\n\x0b\x0c\x00\x1e"
# Possessive: a place to go back to for each of millions of blanks is memory without end. Each ends
# in an alternative that is nothing: Python 3.11.2 passes over what the last try, in vain, has read.
BLANKS = re.compile(rf"(?:[{BLANK}]++|{MARK}|)*+")
COMMAS = re.compile(rf"[{BLANK},]*")
MEMBER = re.compile(rf',?[{BLANK}]*"((?:[^"\\]++|\\.|)*+)"[{BLANK}]*:', re.DOTALL)
IN_A_MEMBER = re.compile(rf'"[ \t]*:[ \t]*\[[{BLANK}]*\Z')


class Broken(NamedTuple):
    """How a value broke: nothing is wrong with it before `at`; `cut`, that is the text's end."""

    at: int
    cut: bool


class Object(NamedTuple):
    """A whole object, and where it stands."""

    start: int
    end: int
    value: dict[str, Any]


class BrokenValue(Exception):
    """No whole value."""

    def __init__(self, how: Broken) -> None:
        self.how = how


class Text:
    """One text, a byte a character: JSON's own characters are ASCII, and offsets stay bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tries = TRIES * len(text)
        self.least = max(LEAST_TRY, self.tries // MOST_TRIES)
        self.failed = -1, Broken(0, False)  # the last that was decoded in vain, by whom ever
        # The shape alone matters: digits without limit, control characters, NaN. Of a number its
        # length is kept, for tens of millions of numbers themselves would take memory.
        self.raw_decode = json.JSONDecoder(strict=False, parse_int=len).raw_decode

    def skip(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self.text, at)
        return match.end() if match else at

    def decode(self, at: int) -> tuple[Any, int]:
        """The value that stands here, and its end.

        Raises BrokenValue; RecursionError where it is nested too deep, or holds too much.
        """
        if self.failed[0] == at:
            raise BrokenValue(self.failed[1])
        size = WINDOW
        while True:
            text = self.text[at : at + size]
            last = at + size >= len(self.text)
            try:
                value, end = self.decoded(text)
                if last or end < size:
                    return value, at + end
            except json.JSONDecodeError as error:
                pos = error.pos
                cut = pos >= len(text) - CUT_TOKEN or error.msg.startswith("Unterminated")
            except RecursionError:
                self.tries -= max(DEEP_TRY, self.least)
                raise
            else:
                size *= 16
                continue
            self.tries -= self.least + pos
            if last or not cut:
                self.failed = at, Broken(at + pos, cut)
                # Here, not above: an error keeps the one before it, and that the whole text.
                raise BrokenValue(self.failed[1])
            size *= 16

    def decoded(self, text: str) -> tuple[Any, int]:
        """The value at the beginning of a text, and its end; RecursionError as above."""
        if len(text) > MOST_NESTED and text.count("{") + text.count("[") > MOST_NESTED:
            raise RecursionError
        return self.raw_decode(text)

    def elements(self, at: int, until: int) -> list[Object]:
        """The objects from here with a comma and another behind each, decoded at once.

        Those before one that does not end so; none where one of them is broken.
        """
        data = self.text[at:until].encode("latin-1")
        places, what = structure(data)
        ends = places[(depths(what) == 0) & (what == ord("}"))] + 1
        ends = ends[ends < len(data) - 1]
        codes = np.frombuffer(data, np.uint8)
        others = (codes[ends] != ord(",")) | (codes[ends + 1] != ord("{"))
        ends = ends[: np.append(others, True).argmax()]
        if not len(ends):
            return []
        try:
            values, _ = self.decoded(f"[{self.text[at : at + ends[-1]]}]")
        except (json.JSONDecodeError, RecursionError):
            return []
        ends = ends + at
        starts = np.concatenate(([at], ends[:-1] + 1))
        return list(map(Object, starts.tolist(), ends.tolist(), values))

    def matching(self, at: int) -> int | None:
        """The end of a value that is nested too deep to be decoded."""
        brackets = Brackets()
        for start in range(at, len(self.text), STRIDE):
            ends = brackets.ends(self.text[start : start + STRIDE].encode("latin-1"))
            if ends:
                return start + ends[0]
        return None

    def is_part(self, value: dict[str, Any], after: int) -> bool:
        """Whether more of the object follows; a name that it has already is another's."""
        member = MEMBER.match(self.text, after)
        return member is not None and member[1] not in value

    def in_a_member(self, at: int) -> bool:
        """Whether the first element of a member's array stands here."""
        return bool(IN_A_MEMBER.search(self.text, max(0, at - 100), at))
