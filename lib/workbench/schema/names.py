"""Column names: from paths of keys to names that Athena takes.

The rule `athena`: keys joined by `_`, camelCase split into snake_case, lower case, accents
stripped, other scripts in Latin letters (anyascii, letter by letter), anything but a-z 0-9 _
becomes `_`, a leading digit gets `_` before it, an empty key is `_empty`, at most 255 bytes (Glue
Data Catalog's limit), cut with a hash. Two paths never share a name, and the names do not depend on
the order of the paths.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from functools import cache, partial

from workbench.schema.paths import ITEM, Path, show

LONGEST = 255
SNAKE_CASE, TAKEN = "snake_case", "is taken"
PREFIX, SEPARATOR = "with the prefix", "with the separator"
ASKED = (SNAKE_CASE, PREFIX, SEPARATOR)  # what makes a name of any path, and surprises nobody


def quote(name: str) -> str:
    """A name as one part of a column reference."""
    return "`" + name.replace("`", "``") + "`"


def unquoted(reference: str) -> tuple[str, ...]:
    """The names in a column reference whose parts are quoted."""
    return tuple(name.replace("``", "`") for name in re.findall(r"`((?:[^`]|``)*)`", reference))


def clean_key(key: str) -> str:
    """One key by the rule `athena`, without the limits of a whole name."""
    plain = key if key.isascii() else "".join(map(latin, unicodedata.normalize("NFC", key)))
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    return re.sub(r"[^a-z0-9_]", "_", split.lower()) if key else "_empty"


@cache
def latin(letter: str) -> str:
    """A letter without its accents, or as it sounds in Latin ones; `_` where nobody knows."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c)
    )
    if plain.isascii():
        return plain
    from anyascii import anyascii

    return anyascii(letter) or "_"


def clean_name(path: Path, sep: str = "_", prefix: str = "") -> str:
    """The name that a path would like to have."""
    keys = [str(key) for key in path if key is not ITEM]
    name = prefix + sep.join(clean_key(key) for key in keys)
    name = "_" + name if name[:1].isdigit() else name
    if len(name) > LONGEST:
        digest = hashlib.sha256(show(path).encode()).hexdigest()[:8]
        name = f"{name[: LONGEST - 9]}_{digest}"
    return name


def source_name(path: Path, sep: str) -> str:
    """The keys as they are, joined."""
    return sep.join(str(key) for key in path if key is not ITEM)


def namer(rule: str, sep: str, prefix: str) -> Callable[[Path], str]:
    """What gives a path the name that it would like to have, by a rule."""
    if rule == "athena":
        return partial(clean_name, sep=sep, prefix=prefix)
    return lambda path: prefix + source_name(path, sep)


def why(path: Path, name: str, taken: Collection[str]) -> str:
    """Why a name is not simply its path; `taken` are the names beside it."""
    plain = source_name(path, "_")
    stem, _, ending = name.rpartition("_")
    there = {other.lower(): other for other in taken}
    if ending.isdigit() and not plain.endswith(f"_{ending}") and stem.lower() in there:
        return f"{there[stem.lower()]} {TAKEN}"
    if plain[:1].isdigit() and name.startswith("_"):
        return "begins with a digit"
    if plain and name.endswith(plain):
        return PREFIX
    if plain and re.search(
        ".*?".join(re.escape(str(key)) for key in path if key is not ITEM) + "$", name
    ):
        return SEPARATOR
    if len(plain.encode()) > LONGEST:
        return f"over {LONGEST} bytes"
    return SNAKE_CASE if re.fullmatch("[A-Za-z0-9_]+", plain) else "only a-z, 0-9 and _"


def assign(
    paths: Collection[Path], wanted: Mapping[Path, str], known: Mapping[str, str] | None = None
) -> dict[Path, str]:
    """A name for each path, all different (also for readers that ignore case).

    `known` holds names given before, by path as `show` writes it: they stay, and no other path
    gets one of them. Then a key that already is its name keeps it, then a path that joins to it;
    the others follow in order of their keys with `_2`, `_3`.
    """
    known = known or {}

    def rank(path: Path) -> tuple[bool, bool, str]:
        name = wanted[path]
        return path != (name,), source_name(path, "_") != name, show(path)

    taken = {name.lower() for name in known.values()}
    names = {path: known[show(path)] for path in paths if show(path) in known}
    for path in sorted((p for p in paths if p not in names), key=rank):
        name, number = wanted[path], 2
        while name.lower() in taken:
            ending = f"_{number}"
            name = wanted[path][: LONGEST - len(ending)] + ending
            number += 1
        taken.add(name.lower())
        names[path] = name
    return names
