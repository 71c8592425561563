"""What tells documents apart: a field, several together, or where each stands in the dump."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from workbench.errors import RequestError
from workbench.schema.paths import ITEM, Path, parse_path, show

AT = "position"
PART = re.compile(r"(?:`(?:[^`]|``)*`|[^,`])+")


def key_text(key: str | Sequence[str]) -> str:
    """A key as one text: paths with commas between, or `position`; a list of paths joined so."""
    if isinstance(key, str):
        return key
    return AT if [*key] == [AT] else spelled(map(parse_path, key))


def key_paths(key: str | Sequence[str]) -> tuple[Path, ...]:
    """The paths of a key; none where documents are told apart by where they stand.

    Raises RequestError where one of them is no path of a single value, or named twice.
    """
    text = key_text(key)
    parts = [] if text in ("", AT) else [part.strip() for part in PART.findall(text)]
    paths = tuple(map(parse_path, parts))
    if any(not path or ITEM in path for path in paths) or len(set(paths)) < len(paths):
        raise RequestError(
            f"key: {text!r} is not what it may be: the path of a single value, for example _id, "
            f"different ones with commas between, or {AT}, the place of a document in the dump."
        )
    return paths


def spelled(paths: Iterable[Path]) -> str:
    """The inverse of `key_paths`."""
    text = ",".join(show(path, ",") for path in paths)
    return f"`{AT}`" if text == AT else text


def as_values(text: str, paths: Sequence[Path]) -> list[str]:
    """The values of a document's key: of several fields parted by commas, as in CSV.

    Raises RequestError where there are not as many as fields.
    """
    values = next(csv.reader([text], strict=True), []) if len(paths) > 1 else [text]
    if len(values) != len(paths):
        raise RequestError(
            f"key: {text!r} is not a value each of {spelled(paths)}: give them with commas "
            'between, one with a comma inside in quotes ("a,b",7).'
        )
    return values


def values_text(values: Sequence[object]) -> str:
    """The inverse of `as_values`."""
    if len(values) == 1:
        return str(values[0])
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(values)
    return text.getvalue()
