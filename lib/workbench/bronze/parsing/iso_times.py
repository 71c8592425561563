"""Texts that are ISO times: read as such, and what is none among many of them set apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.extended_arrow import Undecided, dates
from workbench.bronze.parsing.extended_json import ISO_TIME, is_time
from workbench.bronze.parsing.parsed import Rules
from workbench.schema import Node, Path

LIKE_TIME = f"^(?:{ISO_TIME.pattern})$"
DAY_FIRST = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"
SOME = 64  # texts that are looked at first


def with_times(texts: pa.Array, node: Node, apart: bool) -> pa.Array:
    """Texts as times, if all are, or if the others are set `apart`; its node told so."""
    if not apart and not seem_times(texts):
        node.others = full(texts)
        return texts
    made, rest = times_apart(texts)
    node.times, node.others = len(made) - made.null_count, full(rest)
    if apart and not node.times:  # then there is nothing here, as where each is looked at
        vars(node).update(vars(Node()))
        return pa.nulls(len(texts))
    if apart or rest.null_count == len(rest):
        node.kind = "isotime"
        return made
    node.kind = "isotext" if node.has_times else "string"
    return texts


def texts_beside(
    array: pa.StructArray, node: Node, rules: Rules, path: Path
) -> Iterator[tuple[str, pa.Array]]:
    """The texts that are no times, of the fields where these are set apart, by their new names."""
    for at, (name, child) in enumerate(node.fields.items()):
        place = (*path, name)
        if place in rules.beside and child.kind == "string" and rules.loose.get(place) == "apart":
            _, rest = times_apart(array.field(at))
            if rest.null_count < len(rest):
                yield rules.beside[place], rest


def seem_times(texts: pa.Array) -> bool:
    """Whether there are times among a few of the texts: to look through all would cost a tenth of
    reading them.
    """
    some = texts.take(np.linspace(0, len(texts) - 1, min(SOME, len(texts))).astype(np.int64))
    return bool(pc.any(pc.match_substring_regex(some, DAY_FIRST)).as_py())


def times_apart(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """ISO times as timestamps, and the texts that are none; each is null where the other is not."""
    alike = pc.match_substring_regex(texts, LIKE_TIME)
    found = moments(pc.if_else(alike, texts, None))
    if found is None:  # a day or an hour that there is not, or a year that not all readers know
        known = pc.if_else(alike, texts, None).dictionary_encode()
        right = pa.array([is_time(text) for text in known.dictionary.to_pylist()], pa.bool_())
        alike = pc.fill_null(right.take(known.indices), False)
        found = moments(pc.if_else(alike, texts, None))
    if found is None:
        raise Undecided
    return found, pc.if_else(alike, None, texts)


def full(texts: pa.Array) -> int:
    """How many texts there are that are not empty."""
    return pc.sum(pc.greater(pc.binary_length(texts), 0)).as_py() or 0


def times(texts: pa.Array) -> pa.Array | None:
    """Texts that all are ISO times as timestamps (microseconds, UTC); None where one is none."""
    first = next((text.as_py() for text in texts if text.is_valid), "")
    if not ISO_TIME.fullmatch(first):
        return None
    return moments(texts) if pc.all(pc.match_substring_regex(texts, LIKE_TIME)).as_py() else None


def moments(texts: pa.Array) -> pa.Array | None:
    """Texts that look like times as timestamps; None where one is none."""
    zoned = pc.match_substring_regex(texts, "(Z|[+-][0-9]{2}:?[0-9]{2})$")
    named = pc.if_else(zoned, texts, pc.binary_join_element_wise(texts, "Z", ""))
    try:
        return dates(named)
    except (Undecided, pa.ArrowInvalid):
        return None
