"""The laws of flattening in plain Python, from the words of the design alone.

Nothing here comes from the library: it says what the tables must hold, and the tests ask whether
they do. Documents are what `json.loads` gives; a key is a string.

- One table per array; each element is a row, with its position; `null` elements too.
- A missing, null or empty array has no rows. An array of arrays is a table of tables.
- Objects are columns: a leaf is known by the keys on the way to it, arrays left out.
- An empty array or text, where all others have objects with fields, is null.
- Where a path has several kinds, its values are JSON text; a number among whole and broken ones
  is broken, or keeps its digits where a whole one is no float; an object that never has a field is
  the text `{}`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

Path = tuple[Any, ...]  # keys, and EACH for "each element"
EACH = None


def kinds(documents: Iterable[Any]) -> dict[Path, set[str]]:
    """Every path with the kinds of values that stand there."""
    found: dict[Path, set[str]] = {}

    def look(value: Any, path: Path) -> None:
        found.setdefault(path, set())
        if value is None:
            return
        found[path].add(kind_of(value))
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, (*path, key))
        if isinstance(value, list):
            for inner in value:
                look(inner, (*path, EACH))

    for document in documents:
        look(document, ())
    for path, seen in found.items():
        fields = any(p[:-1] == path for p in found if p and p[-1] is not EACH)
        if "object" in seen and fields and seen <= {"object", *HOLLOW}:
            seen.difference_update(HOLLOW)
        for kind in seen & HOLLOW.keys():
            seen.remove(kind)
            seen.add(HOLLOW[kind])
    return found


HOLLOW = {"no elements": "array", "no letters": "text"}


def kind_of(value: Any) -> str:
    if value in ([], ""):
        return "no letters" if value == "" else "no elements"
    names = {dict: "object", list: "array", bool: "boolean", int: "whole", float: "broken"}
    return names.get(type(value), "text")


def mixed(found: set[str]) -> bool:
    return len(found) > 1 and not found <= {"whole", "broken"}


def kept_exact(documents: Iterable[Any]) -> set[Path]:
    """The paths of whole and broken numbers where a whole one is no float."""
    odd = set[Path]()

    def look(value: Any, path: Path) -> None:
        if type(value) is int and int(float(value)) != value:
            odd.add(path)
        listed = [(EACH, inner) for inner in value] if isinstance(value, list) else []
        for key, inner in value.items() if isinstance(value, dict) else listed:
            look(inner, (*path, key))

    for document in documents:
        look(document, ())
    found = kinds(documents)
    return {path for path in odd if found[path] == {"whole", "broken"}}


def leaves(documents: list[Any]) -> Counter[tuple[Path, Any]]:
    """The multiset of (path, value) of all leaves that are not null."""
    found, exact = kinds(documents), kept_exact(documents)

    def below(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
        if value is None or (value in ([], "") and found[path] == {"object"}):
            return
        if mixed(found[path]):
            yield path, as_text(value)
        elif isinstance(value, dict) and any(p[:-1] == path and p for p in found if p):
            for key, inner in value.items():
                yield from below(inner, (*path, key))
        elif isinstance(value, dict):
            if path:
                yield path, "{}"
        elif isinstance(value, list):
            for inner in value:
                yield from below(inner, (*path, EACH))
        elif path in exact:
            yield path, Decimal(as_text(value))
        else:
            yield path, float(value) if "broken" in found[path] else value

    return Counter(
        (path, normal(value)) for document in documents for path, value in below(document, ())
    )


def rows(documents: list[Any]) -> dict[Path, list[tuple[int, ...]]]:
    """For each array's path (and `()`), one entry per row: which document, then the positions."""
    found = kinds(documents)
    made: dict[Path, list[tuple[int, ...]]] = {(): []}
    made |= {p: [] for p, kind in found.items() if kind == {"array"} and not inside_text(p, found)}

    def look(value: Any, path: Path, at: tuple[int, ...]) -> None:
        if value is None or mixed(found[path]):
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, (*path, key), at)
        elif isinstance(value, list):
            for position, inner in enumerate(value):
                made[path].append((*at, position))
                look(inner, (*path, EACH), (*at, position))

    for number, document in enumerate(documents):
        made[()].append((number,))
        look(document, (), (number,))
    return made


def inside_text(path: Path, found: dict[Path, set[str]]) -> bool:
    return any(mixed(found[path[:length]]) for length in range(len(path) + 1))


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def normal(value: Any) -> Any:
    """Values that count as the same, and no others: `True` is no `1`, `1` is no `1.0`."""
    return type(value).__name__, repr(value) if isinstance(value, float) else value
