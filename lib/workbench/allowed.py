"""What values of parameters may be: of which type, within which limits; what is wrong, in words."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Any, Final

from workbench.storage import PATTERNS, scheme_of

LOCALES = ("pt_BR", "en")
DAY: Final = "a day of the calendar written YYYY-MM-DD"


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, written YYYY-MM-DD."""
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def date_fault(value: str) -> str:
    return "" if is_day(value) else DAY


def share_fault(value: float) -> str:
    return "" if 0 <= value <= 1 else "a share from 0 to 1"


def edges_fault(value: list[int]) -> str:
    rising = all(a < b for a, b in pairwise(value))
    fit = all(-(1 << 31) <= edge < (1 << 31) - 1 for edge in value)
    right = value and rising and fit
    return "" if right else "at least one whole number of 32 bits, each greater than the last"


def scale_fault(value: int) -> str:
    return "" if 1 <= value <= 1_000_000 else "a whole number from 1 to 1,000,000"


def place_fault(value: str) -> str:
    return "a path on this machine" if scheme_of(value) else ""


def folder_fault(value: str) -> str:
    return place_fault(value) or full_fault(value)


def lake_fault(value: str) -> str:
    if scheme_of(value) not in ("", "s3"):
        return "a path on this machine, or an address s3://"
    plain = value and not set(value) & set(PATTERNS)
    return "" if plain else f"a path without any of {' '.join(PATTERNS)}, which make patterns"


def source_fault(value: list[str]) -> str:
    odd = [scheme for scheme in map(scheme_of, value) if scheme not in ("", "s3")]
    return "paths on this machine, or addresses s3://" if odd else full_fault(value)


def full_fault(value: str | list[str]) -> str:
    return "" if value else "not empty"


def locale_fault(value: str) -> str:
    return "" if value in LOCALES else " or ".join(LOCALES)


def typed_fault(value: str) -> str:
    return "" if value in ("", "dynamodb") else "dynamodb, or empty"


def drift_fault(value: str) -> str:
    return "" if value in ("report", "fail", "restate") else "report, fail or restate"


def is_a(value: Any, kind: str) -> bool:
    """Whether a value is of a declared type; a whole number also is a float, a bool is no int."""
    if " | " in kind:
        return any(is_a(value, one) for one in kind.split(" | "))
    if kind.startswith("list["):
        return isinstance(value, list) and all(is_a(v, kind[5:-1]) for v in value)
    if kind.startswith("dict["):
        texts = isinstance(value, dict) and [*value, *value.values()]
        return texts is not False and all(is_a(v, "str") for v in texts)
    if kind == "float":
        return type(value) in (int, float)
    return type(value).__name__ == kind


def mistyped(value: Any, kind: str) -> str:
    """What a value of another type is: of a list the first that does not belong in it."""
    if value is None:
        return "no value is given"
    wrong = value
    if kind.startswith("list[") and isinstance(value, list):
        wrong = next(v for v in value if not is_a(v, kind[5:-1]))
        return f"{value!r} holds {wrong!r}, which is {article(type(wrong).__name__)}"
    if kind.startswith("dict[") and isinstance(value, dict):
        wrong = next(v for pair in value.items() for v in pair if not is_a(v, "str"))
        return f"{value!r} holds {wrong!r}, which is {article(type(wrong).__name__)}"
    return f"{wrong!r} is {article(type(wrong).__name__)}"


def article(name: str) -> str:
    return ("an " if name[0] in "aeiou" else "a ") + name.replace(" | ", " or ")
