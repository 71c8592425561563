"""Documents of more fields than any table should have: objects used as maps, keys of their own.

A column for each would take memory without end, so they are counted before they are typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from workbench.bronze.reading.familiar import objects_in as every_object
from workbench.bronze.reading.json_read import read_json
from workbench.errors import BoundExceeded

MOST_FIELDS = 6_000  # of a dump whose fields become columns; engines plan some seconds per thousand
MOST_KEYS = 50_000  # of one whose maps become rows
MOST_LETTERS = 8 << 20  # of all names together: every part of the way keeps copies of them
NAME = re.compile(rb'"((?:[^"\\]|\\.){0,256})"[ \t\r\n]*:')
FIRST = 1000  # documents of a block that are looked into for where their names are
LOOK, SUSPICIOUS = 1 << 15, 300  # bytes looked at three times; names in them that are many


def is_wide(data: bytes, most: int) -> bool:
    """Whether a text has more than `most` names of fields."""
    if len(data) < most:
        return False
    looks = (data[at : at + LOOK] for at in (0, len(data) // 2, max(0, len(data) - LOOK)))
    if len({name for look in looks for name in NAME.findall(look)}) < SUSPICIOUS:
        return False
    names: set[bytes] = set()
    for match in NAME.finditer(data):
        names.add(match[1])
        if len(names) > most:
            return True
    return False


def has_many_names(documents: Iterable[dict[str, Any]], most: int) -> bool:
    """Whether documents have more than `most` names of fields."""
    names: set[str] = set()
    for document in documents:
        for value in every_object(document):
            names.update(value)
        if len(names) > most:
            return True
    return False


def too_wide(path: str, most: int, where: str) -> BoundExceeded:
    """What is said of such a dump; one of `MOST_KEYS` is read with maps, or only to be planned."""
    advice = (
        "`workbench flatten --as-map PATH` makes a row of each of its entries, `--exclude PATH` "
        "leaves it out (exclude of a run); `--plan` shows them."
        if most < MOST_KEYS
        else "No more of them become rows: leave it out (--exclude PATH, without --as-map of it), "
        "or make an array of it before (jq's to_entries)."
    )
    return BoundExceeded(
        f"{path}: its documents have more than {most:,} fields of different names, so each would "
        f"be a column of its own. The most are in {where}: it looks like an object used as a map. "
        f"{advice}"
    )


def check_letters(names: Iterable[str], path: str) -> None:
    """BoundExceeded, saying what to do, where names are as long as only values should be."""
    letters, longest = 0, ""
    for name in names:
        letters += len(name)
        longest = max(longest, name, key=len)
    if letters > MOST_LETTERS:
        raise BoundExceeded(
            f"{path}: the names of its fields have more than {MOST_LETTERS:,} letters together; "
            f"the longest has {len(longest):,}, and begins with {longest[:20]!r}. These are values "
            "that stand where names should. Mend those documents, or leave out what is around "
            "them with --exclude PATH."
        )


def widest(texts: Sequence[bytes]) -> str:
    """Where the objects stand that have the most names in the first documents."""
    found: dict[str, set[str]] = {}
    for text in texts[:FIRST]:
        with suppress(ValueError, RecursionError):
            for path, value in objects_in(read_json(text), ""):
                found.setdefault(path, set()).update(value)
    return max(found, key=lambda path: len(found[path]), default="") or "the documents themselves"


def objects_in(value: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a document, and its path."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from objects_in(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value[:100]:
            yield from objects_in(inner, f"{path}[]")
