"""A person to be forgotten: every spelling of the key."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.bronze import Decoder, as_strict, classify, hashed, iso_micros
from workbench.errors import RequestError
from workbench.gold import key_in
from workbench.lake import Lake, given_key, lake_key
from workbench.schema import Path, as_values, key_paths, values_text


@dataclass
class Field:
    """A field of the key of whom to forget, and how its value may be written (plain, or hashed)."""

    path: Path
    key: str
    written: tuple[str, ...]
    token: re.Pattern[str] = field(init=False)
    in_json: re.Pattern[str] = field(init=False)
    number: Decimal | None = field(init=False)  # 7, 7.0 and 7.00 are one
    moment: int | None = field(init=False)  # microseconds since 1970, of a time

    def __post_init__(self) -> None:
        spelled = {*self.written, json.dumps(self.key)[1:-1]}
        either = "|".join(re.escape(text) for text in sorted(spelled, key=len, reverse=True))
        self.token = re.compile(rf"(?<![\w'.-])(?:{either})(?![\w'.-])")
        number = re.fullmatch(r"(-?\d+)(?:\.0+)?|-?\d+\.\d+", self.key)
        self.number = Decimal(self.key) if number else None
        self.moment = iso_micros(self.key)
        digits = rf"{number[1]}(?:\.0+)?" if number and number[1] else re.escape(self.key)
        bare = rf'|(?<![\w".+-])(?:{digits})(?![\w".])' if number else ""
        self.in_json = re.compile(f'"(?:{either})"{bare}')

    def is_in(self, document: Any) -> bool | None:
        """Whether a document has the value; None where it has none to tell."""
        value = document
        for name in self.path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is None:
            return None
        node, plain = classify(value)
        if self.moment is not None and node.kind in ("timestamp", "string"):
            return bool(self.moment == (iso_micros(plain) if node.kind == "string" else plain))
        number = isinstance(plain, int | float) and not isinstance(plain, bool)
        return bool(plain == self.number) if number else str(plain) in self.written

    def may_be_in(self, raw: str) -> bool:
        """Whether nothing in a text without the value says that it has another."""
        named = re.escape(json.dumps(str(self.path[-1]), ensure_ascii=False))
        value = r'(?:\{\s*"\$\w+"\s*:\s*)?(?:"(?:[^"\\]|\\.)+"|-?\d[\w.+-]*\s*[,}\]])'
        return not re.search(rf"{named}\s*:\s*{value}", raw)


@dataclass(frozen=True)
class Person:
    """Whom to forget: who has these values, of the one field of a key or of all of its fields.

    Where the key is the documents' position, `day` is the only date of which it tells.
    """

    fields: list[Field]
    day: str = ""

    @property
    def key(self) -> str:
        return values_text([field.key for field in self.fields])

    @property
    def token(self) -> re.Pattern[str]:
        """What finds a text in which all of the values stand."""
        if len(self.fields) == 1:
            return self.fields[0].token
        return re.compile(r"(?s)\A" + "".join(f"(?=.*{f.token.pattern})" for f in self.fields))

    def in_text(self, raw: str) -> bool:
        """Whether a quarantined document is theirs; of one without a readable key, any mention."""
        told = self._told(raw)
        return False not in told and all(
            bool(field.in_json.search(raw))
            for field, is_in in zip(self.fields, told, strict=True)
            if is_in is None
        )

    def maybe_in_text(self, raw: str) -> bool:
        """Whether nothing in a quarantined document says whose it is."""
        told = self._told(raw)
        unknown = [field for field, is_in in zip(self.fields, told, strict=True) if is_in is None]
        silent = bool(unknown) and False not in told
        silent = silent and all(f.in_json.search(raw) or f.may_be_in(raw) for f in unknown)
        return silent and not self.in_text(raw)

    def _told(self, raw: str) -> list[bool | None]:
        try:
            document = Decoder(lenient=True).document(as_strict(raw.encode())[0])
        except ValueError:
            document = None
        return [field.is_in(document) for field in self.fields]


def person_of(lake: Lake, key: str, key_path: str, day: str = "") -> Person:
    """Whom a key is of, at its path or paths; `day` where these say `position`.

    Raises RequestError where what is given is no key.
    """
    try:
        paths = key_in(lake, day, key_path) if day else key_paths(key_path)
    except RequestError as error:
        raise RequestError(f"--key-path: {error}") from error
    return person_at(key, paths, own_key(lake), day)


def person_at(key: str, paths: Sequence[Path], secret: bytes | None, day: str = "") -> Person:
    """Who has a key at some paths; `secret` is the key of the hashes that may stand for values."""
    if not key:
        raise RequestError("--key: it is empty; give the value that the person's documents have.")
    try:
        values = as_values(key, paths)
    except RequestError as error:
        raise RequestError(f"--key-path: {error}") from error
    fields = zip(paths, values, strict=True)
    return Person([Field(path, text, written(text, secret)) for path, text in fields], day)


def written(value: str, secret: bytes | None) -> tuple[str, ...]:
    """How a value may stand in a table: plain, in a column of JSON text, or hashed."""
    plain = (value, json.dumps(value, ensure_ascii=False))
    return (*plain, hashed(pa.array([value]), secret)[0].as_py()) if secret else plain


def own_key(lake: Lake) -> bytes | None:
    """The key of the hashes; None where there is none, for none is made here."""
    if given_key() or (lake.private / "pii.key").exists():
        return lake_key(lake.private)
    return None
