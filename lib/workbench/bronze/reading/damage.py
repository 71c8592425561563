"""Documents out of a text that is damaged: each whole one kept, what is broken between them named.

Brackets and quotes alone (`brackets`) find no document behind a missing quote. Here each value is
decoded where it stands; behind one that is broken, the next document is looked for. An object
there may be a part of the broken document, so what follows it decides: after the last element of
an inner array comes `]}` or `],"name"`, after the last document of a dump its end or another dump.
Where that says nothing, an object is a document if it has the keys of those before.
"""

from __future__ import annotations

import re
from enum import Enum
from operator import itemgetter

from workbench.bronze.reading.damaged_text import (
    BLANK,
    BLANKS,
    COMMAS,
    MARK,
    MEMBER,
    BrokenValue,
    Object,
    Text,
)
from workbench.bronze.reading.familiar import Known, Like

CHAIN = 1 << 20  # bytes of documents in a row that are enough to judge the first of them
MANY = 1 << 12  # bytes of a row behind which as many again are decoded at once
# Possessive: a place to go back to for each of millions of blanks is memory without end. Each ends
# in an alternative that is nothing: Python 3.11.2 passes over what the last try, in vain, has read.
BETWEEN = re.compile(rf"(?:[{BLANK},\]]++|{MARK}|\[(?=[{BLANK}]*+[{{\]]|[{BLANK}]*+\Z)|)*+")
NOISE = re.compile(r"[^{\[,\]]+(?=[{\[,\]]|\Z)")
ARRAY = re.compile(rf"\[[{BLANK}]*(?:[{{\]]|\Z)")
OF_A_MEMBER = re.compile(r'"[ \t]*:[ \t]*\Z')
OBJECT = re.compile(rf'\{{(?=[{BLANK}]*["}}])')
Span = tuple[int, int]


class Follows(Enum):
    """What an object (or a row of them) is, judged by what comes after it."""

    DOCUMENT = "the next document, or another dump"
    END = "the end of an array and of the text"
    MEMBER = "more of an object that it stands in"
    UNCLEAR = "neither"
    CUT = "the text is not read to there yet"


def salvage(data: bytes, final: bool = True, known: Known | None = None) -> tuple[list[Span], int]:
    """Where the documents of a text stand, and the broken pieces between them, in order.

    Between the pieces there are blanks, NULs, commas, brackets of arrays and byte order marks
    alone. Returns also how far the text is used up: with `final` to its end, else to what may go
    on in the bytes that follow.
    """
    return Scanner(data.decode("latin-1"), final, known or Known()).pieces()


class Scanner(Text):
    """The documents of one text, and the broken pieces between them."""

    def __init__(self, text: str, final: bool, known: Known) -> None:
        super().__init__(text)
        self.final = final
        self.known = known
        self.broken = self.failed  # where the last one stands, and how it broke

    def pieces(self) -> tuple[list[Span], int]:
        found: list[Span] = []
        at = self.skip(BETWEEN, 0)
        while at < len(self.text):
            first = not found and self.text[at] == "{"
            part = first and self.row(at)[2] is Follows.MEMBER
            end = None if part else self.value(at)
            if end is None:
                end = self.next_document(at)
            if end is None:
                return found, at
            found.append((at, at + len(self.text[at:end].rstrip(BLANK + ","))))
            at = self.skip(BETWEEN, end)
        return found, len(self.text)

    def value(self, at: int) -> int | None:
        """The end of a whole value, if one stands here and nothing hangs on to it."""
        try:
            value, end = self.decode(at)
        except BrokenValue as error:
            self.broken = at, error.how
            return None
        except RecursionError:
            return self.matching(at)
        after = self.skip(BLANKS, end)
        follows = self.text[after : after + 1]
        if not isinstance(value, dict):
            return end if follows in (",", "]") or (self.final and not follows) else None
        if self.is_part(value, after):
            return None
        if not self.final and self.skip(COMMAS, after) == len(self.text):
            return None
        if follows in ("", ",", "]", "{", "[") or NOISE.match(self.text, after):
            self.known.learn(value)
            return end
        return None

    def next_document(self, broken: int) -> int | None:
        """Where the first document behind a broken one starts, or the text ends.

        None where it is not read far enough to know.
        """
        if not self.final and self.goes_on(broken):
            return None
        at = self.candidate(broken + 1)
        while at >= 0 and self.tries > 0:
            row, end, follows = self.row(at)
            self.tries -= self.least * bool(row)  # of none the decoder has taken it
            if row and follows is not Follows.MEMBER:
                first = self.first_document(row, follows, broken)
                if first is not None:
                    return first
                if follows is Follows.CUT:
                    return None
            at = self.candidate(end if row else at + 1)
        return len(self.text) if self.final else None

    def first_document(self, row: list[Object], follows: Follows, broken: int) -> int | None:
        """Where the first object of a row starts that is a document, not a part of the broken.

        What stands before the place where that broke is a part of it, unless it is like a document
        and like no part; where it could be both, what follows the row decides.
        """
        whole_until = self.broken[1].at if self.broken[0] == broken else broken
        sure = follows is Follows.DOCUMENT or (follows is Follows.END and not self.known.documents)
        ends = follows in (Follows.DOCUMENT, Follows.END)
        unsure = None
        kinds = set(map(tuple, map(itemgetter(2), row)))  # of a long array one or a few
        if not sure and all(self.known.like(names) is Like.OTHER for names in kinds):
            return None
        for start, end, value in row:
            like, inside = self.known.like(value), end <= whole_until
            if like is Like.DOCUMENT or (like is Like.EITHER and (ends or not inside)):
                return start
            if sure and unsure is None and not (inside and self.known.documents):
                unsure = start
        return unsure

    def candidate(self, at: int) -> int:
        """Where the next object starts that is no member's value; -1 where there is none.

        Behind a member's value comes a comma or a bracket that closes: else its document was cut
        off in front of it.
        """
        while (match := OBJECT.search(self.text, at)) and self.tries > 0:
            at = match.start()
            if not OF_A_MEMBER.search(self.text, max(0, at - 100), at):
                return at
            try:
                end = self.decode(at)[1]
            except (BrokenValue, RecursionError):
                at += 1
                continue
            # Not in vain, so half of such a try; but of millions each takes as long.
            self.tries -= self.least // 2
            behind = self.skip(BLANKS, end)  # the rest of the text is not copied for each
            if self.text[behind : behind + 1] in ("{", "["):
                return at
            at = end
        return -1

    def goes_on(self, at: int) -> bool:
        """Whether nothing is wrong with a value before the end of the text."""
        if self.broken[0] == at:
            return self.broken[1].cut
        try:
            _, end = self.decode(at)
        except BrokenValue as error:
            return error.how.cut
        except RecursionError:
            return True
        return self.skip(BLANKS, end) == len(self.text)

    def row(self, at: int) -> tuple[list[Object], int, Follows]:
        """The objects from here, with commas or nothing between them; their end; what follows.

        Those at its end that are a part of another object do not count, unless all are.
        """
        found: list[Object] = []
        start, end, parted, close, many = at, at, 0, False, MANY
        follows = Follows.UNCLEAR
        while True:
            try:
                value, end = self.decode(start)
            except BrokenValue as error:
                follows = Follows.CUT if error.how.cut and not self.final else Follows.UNCLEAR
                break
            except RecursionError:
                break
            found.append(Object(start, end, value))
            parted += close
            if self.text.startswith(",{", end) and end - at <= CHAIN:
                if end - at > many:
                    more = self.elements(end + 1, min(end + end - at, at + CHAIN))
                    found += more
                    many = 0 if more else 2 * (end - at)  # in vain, it costs no more than that
                    end = found[-1].end
                start, close = end + 1, False  # as below, for the many elements of a long array
                continue
            after = self.skip(BLANKS, end)
            start = self.skip(COMMAS, after)
            close = start == after
            if self.text[start : start + 1] != "{" or end - at > CHAIN:
                follows = self.follows(found, end)
                break
        if follows is Follows.MEMBER and (own := self.before_parts(found, start)):
            found, end, follows = found[:own], found[own].start, Follows.UNCLEAR
        # What follows a longer row was not read, and one comma that is missing there says nothing.
        enough = 1 if end - at <= CHAIN else 1 + len(found) // 2
        another = parted >= enough and follows is not Follows.MEMBER
        return found, end, Follows.DOCUMENT if another else follows

    def before_parts(self, found: list[Object], end: int) -> int:
        """How many objects of a row are no part of the object that goes on behind it.

        Behind an array its elements are parts, which are alike; else the last alone is one.
        """
        if self.text[end : end + 1] != "]":
            return 0 if self.in_a_member(found[0].start) else len(found) - 1
        parts = Known()
        parts.learn(found[-1].value)
        alike = (parts.like(each.value) is not Like.OTHER for each in reversed(found))
        return next((len(found) - n for n, like in enumerate(alike) if n and not like), 0)

    def follows(self, row: list[Object], end: int) -> Follows:
        """What comes after the objects of a row."""
        at, last = row[0].start, row[-1].value
        after = self.skip(BLANKS, end)
        there = self.skip(COMMAS, after)
        sign = self.text[there : there + 1]
        if sign == "":
            return Follows.UNCLEAR if self.final else Follows.CUT
        if sign == '"' and self.is_part(last, after):
            return Follows.MEMBER
        if sign == "}":
            inner = self.text[max(0, at - 100) : at].rstrip(BLANK).endswith(":")
            return Follows.MEMBER if inner else Follows.UNCLEAR
        if sign == "[":
            another = after == there and ARRAY.match(self.text, there)
            return Follows.DOCUMENT if another and not self.in_a_member(at) else Follows.UNCLEAR
        if sign != "]":
            return Follows.UNCLEAR
        found = self.after_array(there + 1)
        # Elements that were cut off may have documents behind them, up to the end of the dump.
        first_and_last = [
            self.known.like(each.value) is Like.DOCUMENT for each in (row[0], row[-1])
        ]
        whole = found is not Follows.CUT and first_and_last != [False, True]
        return Follows.MEMBER if whole and self.in_a_member(at) else found

    def after_array(self, at: int) -> Follows:
        there = self.skip(BLANKS, at)
        sign = self.text[there : there + 1]
        if sign == "":
            return Follows.END if self.final else Follows.CUT
        if sign in "{[":
            return Follows.DOCUMENT
        comma = sign == "," and not MEMBER.match(self.text, there)
        return Follows.UNCLEAR if comma or sign not in ",}]" else Follows.MEMBER
