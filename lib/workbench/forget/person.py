"""A person to be forgotten: every spelling of the key."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.bronze import Decoder, classify, hashed
from workbench.errors import RequestError
from workbench.lake import Lake, given_key, lake_key
from workbench.schema import ITEM, Path, parse_path


@dataclass
class Person:
    """Whom to forget: the key's path, and how its value may be written (plain, or hashed)."""

    path: Path
    key: str
    written: tuple[str, ...]
    token: re.Pattern[str] = field(init=False)
    in_json: re.Pattern[str] = field(init=False)
    number: Decimal | None = field(init=False)  # 7, 7.0 and 7.00 are one

    def __post_init__(self) -> None:
        spelled = {*self.written, json.dumps(self.key)[1:-1]}
        either = "|".join(re.escape(text) for text in sorted(spelled, key=len, reverse=True))
        self.token = re.compile(rf"(?<![\w'.-])(?:{either})(?![\w'.-])")
        number = re.fullmatch(r"(-?\d+)(?:\.0+)?|-?\d+\.\d+", self.key)
        self.number = Decimal(self.key) if number else None
        digits = rf"{number[1]}(?:\.0+)?" if number and number[1] else re.escape(self.key)
        bare = rf'|(?<![\w".+-])(?:{digits})(?![\w".])' if number else ""
        self.in_json = re.compile(f'"(?:{either})"{bare}')

    def in_text(self, raw: str) -> bool:
        """Whether a quarantined document is theirs; of one without a readable key, any mention."""
        value = self.key_in(raw)
        if value is None:
            return bool(self.in_json.search(raw))
        _, plain = classify(value)
        number = isinstance(plain, int | float) and not isinstance(plain, bool)
        return plain == self.number if number else str(plain) in self.written

    def maybe_in_text(self, raw: str) -> bool:
        """Whether nothing in a quarantined document says whose it is."""
        named = re.escape(json.dumps(str(self.path[-1]), ensure_ascii=False))
        value = r'(?:\{\s*"\$\w+"\s*:\s*)?(?:"(?:[^"\\]|\\.)+"|-?\d[\w.+-]*\s*[,}\]])'
        unknown = self.key_in(raw) is None and not re.search(rf"{named}\s*:\s*{value}", raw)
        return unknown and not self.in_json.search(raw)

    def key_in(self, raw: str) -> Any:
        """The key of a quarantined document; None where it has none, or cannot be read."""
        try:
            value = Decoder().document(raw.encode())
        except ValueError:
            return None
        for name in self.path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def person_of(lake: Lake, key: str, key_path: str) -> Person:
    path = parse_path(key_path)
    if not path or ITEM in path:
        raise RequestError(f"--key-path: {key_path!r} is no path of one value, such as _id.")
    if not key:
        raise RequestError("--key: it is empty; give the value that the person's documents have.")
    written = [key, json.dumps(key, ensure_ascii=False)]  # the second in columns of JSON text
    secret = own_key(lake)
    if secret:
        written.append(hashed(pa.array([key]), secret)[0].as_py())
    return Person(path, key, tuple(written))


def own_key(lake: Lake) -> bytes | None:
    """The key of the hashes; None where there is none, for none is made here."""
    if given_key() or (lake.private / "pii.key").exists():
        return lake_key(lake.private)
    return None
