"""Near-JSON written as strict JSON, where a person has asked for lenient reading.

What JSON5, JavaScript, Python and the shells of MongoDB write: comments, commas before a closing
bracket, names without quotes, texts in other quotes, `ObjectId("...")`. Rewritten a token at a
time, so that every digit and every text stays; values of the shell become Extended JSON. NaN and
the infinities stay as they are: those who read documents know them. What is neither stays too, and
is found broken there.

Grammar: https://spec.json5.org; the shell:
https://www.mongodb.com/docs/mongodb-shell/reference/data-types/.
"""

from __future__ import annotations

import json
import re
from collections import Counter

from workbench.bronze.reading.as_it_came import Places
from workbench.bronze.reading.json_read import read_json
from workbench.bronze.reading.near_escapes import unescaped
from workbench.bronze.reading.near_grammar import (
    CALL,
    CALLED,
    LETTERS_IN_A_ROW,
    PAIRS,
    PARTS,
    PIECE,
    PLAIN_NUMBER,
    RUN,
    STRICT_TEXT,
    TOKEN,
    WORD,
)
from workbench.bronze.reading.shell_values import in_extended_json
from workbench.bronze.reading.structure import escapes, outside_strings, structure

COMMENTS, COMMAS, NAMES, TEXTS, SHELL, WORDS, NUMBERS, HALVES = (
    "comments",
    "commas before a closing bracket",
    "names without quotes",
    "texts in other quotes or with other escapes",
    "values of the MongoDB shell",
    "words that are no JSON (None, True, undefined)",
    "numbers in another notation",
    "halves of surrogate pairs, read as U+FFFD",
)
MARKS = b'{}[]:,"0123456789.-+eE'
ODD_PAIRS = [sign + b"." for sign in (b":", b",", b"[", b"-", b"+")]
ODD_PAIRS += [b"." + sign for sign in (b",", b"}", b"]", b".", b"e", b"E")]
ODD_PAIRS += [sign + b"+" for sign in (b":", b",", b"[", b'"')]
STRICT = (b"true", b"false", b"null", b"NaN", b"Infinity")
AHEAD = 1 << 12  # what follows a token must be known so far
LONGEST = 24 << 20  # a text or comment beyond this is none; MongoDB has 16 MB of base64 at most
MOST_HEX = 3_000  # digits of a number beyond which Python writes it in no others


def as_strict(text: bytes) -> tuple[bytes, Counter[str]]:
    """One text as strict JSON, where it is near to it; and how often it was not, by what it was."""
    rewriter = Rewriter()
    return rewriter.feed(text, True), rewriter.counts


def is_strict(text: bytes) -> bool:
    """Whether a text is JSON, in which NaN and the infinities may stand."""
    try:
        read_json(text)
    except (ValueError, RecursionError):
        return False
    return True


def whole_pairs(text: bytes) -> tuple[bytes, int]:
    """The text with U+FFFD for each half of a surrogate pair, and how many there were."""
    halves = 0

    def mended(found: re.Match[bytes]) -> bytes:
        nonlocal halves
        if found["half"] is None:
            return found[0]
        halves += 1
        return b"\\ufffd"

    return PAIRS.sub(mended, text), halves


def is_plain(text: bytes) -> bool:
    """Whether a text that begins outside of strings has only what strict JSON is made of there."""
    bare = outside_strings(text).translate(None, b" \t\r\n")
    names = bare.count(b":") == bare.count(b'":')
    if b"\\" in text and escapes(text).translate(None, b'"\\/bfnrtu'):
        return False
    if b"\\u{" in text:
        return False
    if not names or any(odd in bare for odd in (b",}", b",]", *ODD_PAIRS)):
        return False
    for word in STRICT:
        bare = bare.replace(word, b"0")
    return not bare.translate(None, MARKS)


class Rewriter:
    """Rewrites a text that comes in pieces; `counts` tells what was no JSON."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self.places = Places()
        self._rest = b""
        self._begin = 0  # where the rest stands in the source
        self._comma = b""  # one that may stand before a closing bracket, and blanks behind it
        self._comma_at = 0

    def feed(self, data: bytes, final: bool) -> bytes:
        """What is known to be whole of the text so far."""
        data, self._rest = self._rest + data, b""
        cut = len(data) if final else last_bracket(data)
        if cut and not self._comma and is_plain(data[:cut]):
            self._rest = data[cut:]
            self.places.note(self._begin, cut)
            self._begin += cut
            return data[:cut]
        made: list[bytes] = []
        at, limit = 0, len(data) if final else len(data) - AHEAD
        while at < limit:
            found = RUN.match(data, at)
            if found and found.end() == len(data) and not final:
                break
            found = found or token_at(data, at)
            waits = found.end() > limit if found and found.re is TOKEN else begun(data, at)
            if waits and not final and len(data) - at < LONGEST:
                break
            end = found.end() if found else past_broken(data, at)
            written = self._written(found) if found else data[at:end]
            self._take(written, self._begin + at, made)
            at = end
        self._rest = data[at:]
        self._begin += at
        if final and self._comma:
            self._put(self._comma, self._comma_at, made)
            self._comma = b""
        return b"".join(made)

    def _put(self, text: bytes, place: int, made: list[bytes]) -> None:
        self.places.note(place, len(text))
        made.append(text)

    def _take(self, text: bytes, place: int, made: list[bytes]) -> None:
        """Puts what a token was written as behind the others; a comma waits for what follows it."""
        first = text.lstrip()[:1]
        if self._comma and not first:
            self._comma += text
            return
        if self._comma:
            closes = first in (b"}", b"]")
            if closes:
                self.counts[COMMAS] += 1
            self._put(self._comma[closes:], self._comma_at + closes, made)
            self._comma = b""
        if text == b",":
            self._comma, self._comma_at = text, place
        else:
            self._put(text, place, made)

    def _written(self, found: re.Match[bytes]) -> bytes:
        kind, text = found.lastgroup, found[0]
        if kind in (None, "blank", "mark"):
            return text
        if kind == "comment":
            self.counts[COMMENTS] += 1
            return b"\n" * text.count(b"\n") or b" "
        if kind == "text":
            return self._text(text)
        if kind == "name":
            self.counts[NAMES] += 1
            return b'"%s"' % text
        if kind == "number":
            return self._number(text)
        return self._word(text) if kind == "word" else self._shell(found)

    def _text(self, text: bytes) -> bytes:
        if STRICT_TEXT.fullmatch(text):
            return text
        self.counts[TEXTS] += 1
        inside = b"".join(piece[0][1:-1] for piece in PIECE.finditer(text))
        return b'"%s"' % unescaped(inside)

    def _number(self, text: bytes) -> bytes:
        if PLAIN_NUMBER.fullmatch(text):
            return text
        sign, digits = text[:1].strip(b"+0123456789."), text.lstrip(b"+-")
        if digits[:2].lower() == b"0x":
            if len(digits) > MOST_HEX:
                return text
            plain = str(int(digits, 16)).encode()
        else:
            parts = PARTS.fullmatch(digits)
            assert parts is not None
            whole, point, fraction, exponent = parts.groups()
            if len(whole) > 1 and whole.startswith(b"0"):  # to some it is an octal number
                return text
            plain = (whole or b"0") + (b"." + (fraction or b"0") if point else b"") + exponent
        self.counts[NUMBERS] += 1
        return sign + plain

    def _word(self, text: bytes) -> bytes:
        sign, word = text[:1].strip(b"+" + LETTERS), text.lstrip(b"+-")
        plain = WORD.get(word)
        if plain is None or (sign and plain != b"Infinity"):
            return text
        if sign + plain != text:
            self.counts[WORDS] += 1
        return sign + plain

    def _shell(self, found: re.Match[bytes]) -> bytes:
        """A value of the shell in Extended JSON; what is none stays."""
        if found["regex"] is not None:
            pattern, options = found[0][1:].rpartition(b"/")[::2]
            made = {"pattern": pattern.decode(errors="replace"), "options": options.decode()}
            value: object = {"$regularExpression": made}
        else:
            value = called(found["call"])
        if value is None:
            return found[0]
        self.counts[SHELL] += 1
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


LETTERS = bytes(range(ord("A"), ord("z") + 1))


def called(text: bytes) -> object:
    """What a call of the shell stands for, as Extended JSON; None where it is not known."""
    whole = re.fullmatch(CALL, text, re.DOTALL)
    assert whole is not None
    inside, _ = as_strict(b"[" + whole[2] + b"]")
    try:
        given = json.loads(inside, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    return in_extended_json(whole[1].decode(), given)


def token_at(data: bytes, at: int) -> re.Match[bytes] | None:
    return None if unclosed(data, at) else TOKEN.match(data, at)


def unclosed(data: bytes, at: int) -> bool:
    """Whether a comment begins here that has no end: found at once, however many there are."""
    return data.startswith(b"/*", at) and data.find(b"*/", at + 2) < 0


def begun(data: bytes, at: int) -> bool:
    """Whether what is no token may become one with what follows."""
    sign = data[at : at + 1]
    if sign in (b'"', b"'", b"`"):
        return data.find(b"\n", at) < 0
    return unclosed(data, at) or CALLED.match(data, at) is not None


def past_broken(data: bytes, at: int) -> int:
    """Where to go on behind what is no token: a text without an end is over with its line."""
    if unclosed(data, at):
        return len(data)
    if data[at : at + 1] in (b'"', b"'", b"`", b"/"):
        end = data.find(b"\n", at)
        return len(data) if end < 0 else end
    word = LETTERS_IN_A_ROW.match(data, at)  # whole: none of its parts is looked into
    return word.end() if word else at + 1


def last_bracket(data: bytes) -> int:
    """The end of the last bracket outside of strings, if the text is strict JSON; else anything."""
    at, what = structure(data)
    there = at[what != ord(",")]
    return int(there[-1]) + 1 if len(there) else 0
