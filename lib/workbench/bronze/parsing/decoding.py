"""Single documents by Python's JSON decoder, made strict; and what is wrong with the bad ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from workbench.bronze.parsing.extended_json import is_null
from workbench.bronze.parsing.parsed import Bad
from workbench.bronze.reading import (
    BLOCK,
    CUT_TOKEN,
    LARGE,
    TooMany,
    as_strict,
    values_in,
    whole_pairs,
)
from workbench.schema import Path, show

MAX_DEPTH = 100
SAFE_DIGITS, SAFE_LEAST = 15, 1e-300  # so many digits each double holds, but the very smallest
MOST_DIGITS = 767  # of the longest double written out in full
LONG = 1000  # digits; Python refuses to read 4,300, and its time grows with the square
LONG_INTEGER = re.compile(rb"\d{%d}" % (LONG - 1))
# Of a document: Sail takes some 200 bytes for each where its array stays JSON text, and one row is
# whole. MongoDB's 16 MB have room for some two million.
MOST_VALUES = 5 << 20
MOST_BAD = 1 << 20  # of a block; a cut of 16 MB has more where its documents are of some bytes
MISSING_KEY, TOO_LARGE, NOT_BSON = "missing key", "too large", "invalid BSON"
TOLD, LARGEST_NEAR = 20, 1 << 20  # bad documents of a block, and their bytes, that are looked at
SPLIT = (
    f"{MOST_VALUES:,}; of an array of objects --records makes a document of each (records of a "
    "run), others are to be split before, as jq does it"
)
LENIENT = "--lenient reads it (lenient: true of a run)"
INVALID, TRUNCATED = BROKEN = ("invalid JSON", "truncated")


class Number(float):
    """A number with a fraction or an exponent, and how it was written."""

    text: str

    def __new__(cls, text: str) -> Number:
        made = super().__new__(cls, text)
        made.text = text
        return made

    @property
    def exact(self) -> bool:
        """Whether the double holds the number: rounded to as many digits, it is what was written.

        So 0.1 is held, and the 0.10000000000000001 of writers that show 17 digits always.
        """
        if not isfinite(self):
            return True
        digits = len(self.text.lower().partition("e")[0].replace(".", "").lstrip("-0"))
        if digits <= SAFE_DIGITS and (not digits or abs(self) > SAFE_LEAST):
            return True
        if digits > MOST_DIGITS:
            return False
        # Halfway between two of so many digits (2**-24), the shortest spelling may be the other.
        return Decimal(self.text) in (Decimal(f"{self:.{digits - 1}e}"), Decimal(repr(self)))


class Digits(Number):
    """An integer beyond what Python turns into an int; it is kept as it was written."""


def is_infinite(value: Any) -> bool:
    """Whether a value is NaN or infinite, and written so."""
    return isinstance(value, float) and not (isfinite(value) or isinstance(value, Digits))


class Decoder:
    """Python's JSON decoder made strict, counting the keys repeated inside one object.

    One that is `lenient` takes NaN and the infinities, and counts them. `read` is what is
    made of a document, once it is decoded.
    """

    def __init__(
        self, lenient: bool = False, read: Callable[[Any], Any] = lambda document: document
    ) -> None:
        self.repeated = self.infinite = 0
        self.lenient = lenient
        self.read = read
        self._decode = self._decoder(int).decode

    def _decoder(self, parse_int: Callable[[str], Any]) -> json.JSONDecoder:
        return json.JSONDecoder(
            object_pairs_hook=self._pairs,
            parse_float=self._float,
            parse_int=parse_int,
            parse_constant=self._constant,
        )

    def _pairs(self, items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        self.repeated += len(items) - len(made)
        return made

    @staticmethod
    def _float(text: str) -> Number:
        number = Number(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError("a number beyond the range of doubles")
        return number

    @staticmethod
    def _integer(text: str) -> int | Digits:
        return int(text) if len(text) < LONG else Digits(text)

    def decode(self, text: str) -> Any:
        return self._decode(text)

    def _constant(self, text: str) -> Number:
        if not self.lenient:
            raise ValueError(f"{text} is not JSON")
        self.infinite += 1
        return Number(text)

    def document(self, text: bytes) -> Any:
        """The document. Raises ValueError with what is wrong, never with its content."""
        try:
            long = len(text) > LONG and LONG_INTEGER.search(text)
            if len(text) > LARGE:
                Tester(self.lenient).decode(text.decode())
            value = (self._decoder(self._integer) if long else self).decode(text.decode())
            if b"\\u" in text:
                json.dumps(value, ensure_ascii=False).encode()
            if text.count(b"{") + text.count(b"[") > MAX_DEPTH and depth(value) > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        except UnicodeDecodeError as error:
            raise ValueError(f"not UTF-8 at byte {error.start}") from error
        except UnicodeEncodeError as error:
            raise ValueError("half of a surrogate pair in a string") from error
        except RecursionError as error:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from error
        return value


class Tester(Decoder):
    """Raises what the other does, and makes nothing of what it reads: a document that is broken
    near to its end would take a gigabyte until then."""

    def _decoder(self, parse_int: Callable[[str], Any]) -> json.JSONDecoder:
        return json.JSONDecoder(
            object_pairs_hook=len,
            parse_float=lambda text: bool(self._float(text)),
            parse_int=len,
            parse_constant=lambda text: bool(self._constant(text)),
        )


def depth(value: Any) -> int:
    """Levels of nesting; a scalar has 0."""
    inside = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth, inside), default=0) if isinstance(value, dict | list) else 0


def decode_all(
    texts: list[bytes],
    keys: tuple[Path, ...],
    decoder: Decoder,
    faults: Mapping[int, str] | None = None,
) -> tuple[dict[int, dict[str, Any]], list[Bad]]:
    """The good documents by index, and the bad; `faults` are those of BSON that was no document.

    Raises TooMany for bad documents by the million.
    """
    good: dict[int, dict[str, Any]] = {}
    bad: list[Bad] = []
    for at, text in enumerate(texts):
        if len(bad) > MOST_BAD:
            raise TooMany(
                f"more than {MOST_BAD:,} documents in some {BLOCK >> 20} MB are bad (the first: "
                f"{bad[0].reason}, {bad[0].detail}). Check the source; nothing of it was kept."
            )
        if faults and at in faults:
            bad.append(Bad(at, NOT_BSON, faults[at]))
            continue
        if values := too_many(text):
            bad.append(Bad(at, TOO_LARGE, f"{values:,} values, and a document may have {SPLIT}"))
            continue
        try:
            document = decoder.read(decoder.document(text))
        except ValueError as error:
            detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            if not decoder.lenient and len(bad) < TOLD and is_near(text):
                detail = f"{detail}; {LENIENT}"
            bad.append(Bad(at, TRUNCATED if truncated(error) else INVALID, detail))
            continue
        fault = key_fault(document, keys)
        if fault:
            bad.append(Bad(at, *fault))
        else:
            good[at] = document
    return good, bad


def too_many(text: bytes) -> int:
    """How many values a document has, where these are more than it may have; else 0.

    Those of two bytes, a digit and a comma, are the shortest.
    """
    found = values_in(text, MOST_VALUES) if len(text) > 2 * MOST_VALUES else 0
    return found if found > MOST_VALUES else 0


def is_near(text: bytes) -> bool:
    """Whether a lenient run would read a document that this one does not."""
    if len(text) > LARGEST_NEAR:
        return False
    try:
        Decoder(lenient=True).document(whole_pairs(as_strict(text)[0])[0])
    except ValueError:
        return False
    return True


def truncated(error: ValueError) -> bool:
    """Whether a document is at fault for its end alone."""
    if not isinstance(error, json.JSONDecodeError) or error.msg == "Extra data":
        return False
    if error.msg.startswith("Unterminated"):
        return True
    unclosed = error.doc.startswith("{") and not error.doc.endswith("}")
    return error.pos >= len(error.doc) - (CUT_TOKEN if unclosed else 0)


def key_fault(document: Any, keys: tuple[Path, ...]) -> tuple[str, str] | None:
    """Why a decoded value is not a document with a key; None where it is. `()`: no key needed."""
    if not isinstance(document, dict):
        names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
        return "not an object", names.get(type(document), "a number")
    for key in keys:
        value: Any = document
        for name in key:
            if not isinstance(value, dict) or name not in value:
                return MISSING_KEY, show(key)
            value = value[name]
        if is_null(value):
            return "null key", show(key)
    return None
