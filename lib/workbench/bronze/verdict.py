"""Whether enough of the documents are good; if not, what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pyarrow.compute as pc

from workbench.bronze.parsing import MISSING_KEY, NOT_AN_ARRAY, ODD_ELEMENT, WRAPPERS, advice
from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import Scan
from workbench.errors import SourceError, TooManyBadDocuments, UnknownPath, WorkbenchError
from workbench.parameters import PARAMETERS
from workbench.schema import Path, show
from workbench.suggest import likely

NOTHING_WRITTEN = "Nothing was written."


def check_good(read: Scan, kept: str = NOTHING_WRITTEN, max_bad_share: float = 1) -> None:
    """Raises where no document, or too few, are good; `kept` says where the bad ones are.

    SourceError where there is none, or none that has a field, UnknownPath where each lacks the key,
    TooManyBadDocuments above `max_bad_share`.
    """
    bad = read.documents - read.good
    if not read.documents:
        names = ", ".join(s.path for s in read.sources)
        raise SourceError(
            f"source: {names} holds no document, only an empty array. Check that the export "
            f"finished, or name another source. {NOTHING_WRITTEN}"
        )
    if read.good and not read.schema.fields:
        raise SourceError(
            f"source: none of the {read.documents} documents has a field. The good ones are all "
            "{}, of which no table can be made. Check the export."
        )
    if read.good and bad / read.documents <= max_bad_share:
        return
    row = first_bad(read)
    if not read.good:
        raise none_good(read, row, kept)
    raise TooManyBadDocuments(
        f"{bad} of {read.documents} documents are bad ({counted(read)}), a share of "
        f"{bad / read.documents:.4f}; max_bad_share is {max_bad_share}. {told(row)}{kept} "
        "Look at them, then mend the dump or raise max_bad_share."
    )


def bad_told(read: Scan) -> str:
    """What a run with `max_bad_share` as it is will do about bad documents; empty without any."""
    bad, allowed = read.documents - read.good, PARAMETERS["max_bad_share"].default
    if not bad:
        return ""
    few = bad / read.documents <= allowed
    most = f"A run fails above a share of {allowed}: mend the dump, or set max_bad_share."
    then = "A run keeps them in quarantine." if few else most
    told_of = f"{bad:,} of {read.documents:,} documents are bad ({counted(read)})."
    return f"{told_of} {told(first_bad(read))}{then}"


def check_arrays(read: Scan, explode: Sequence[str]) -> None:
    """Raises UnknownPath where too many documents have no array where rows are to be made of one.

    The share is the default of `max_bad_share` (workbench.parameters).
    """
    allowed = PARAMETERS["max_bad_share"].default
    odd, strangers = read.reasons[ODD_ELEMENT], read.reasons[NOT_AN_ARRAY]
    if odd > allowed * read.documents:
        raise UnknownPath(
            f"explode: {', '.join(explode)} holds elements of several forms: in {odd} of "
            f"{read.documents} documents one is none of what nearly all others are "
            f"({told(first_bad(read, ODD_ELEMENT)).strip()}), and a share of {allowed} may be. "
            "Leave it out, or mend the source."
        )
    if strangers <= allowed * read.documents:
        return
    raise UnknownPath(
        f"explode: {', '.join(explode)} holds values of several kinds, not an array in each "
        f"document: in {strangers} of {read.documents} it is something else, and a share of "
        f"{allowed} may be. Leave it out, or mend the source."
    )


def first_bad(read: Scan, reason: str = "") -> dict[str, Any]:
    tables = quarantined(read, set())
    found = (t.filter(pc.equal(t["reason"], reason)) if reason else t for t in tables)
    row: dict[str, Any] = next(table for table in found if len(table)).slice(0, 1).to_pylist()[0]
    return row


def counted(read: Scan) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(read.reasons.items()))


def told(row: Mapping[str, Any]) -> str:
    return f"The first, number {row['position']} of {row['source_file']}: {row['detail']}. "


def none_good(read: Scan, row: Mapping[str, Any], kept: str) -> WorkbenchError:
    """Why nothing can be made: where each document lacks the key, it is the key that is wrong."""
    more = advice(read.documents, row, read.key)
    if set(read.reasons) == {MISSING_KEY}:
        with suppress(ValueError):  # what was cut for its length
            there = [show(path) for path in scalars(json.loads(row["raw"]))]
            near = likely(read.key, there)
            return UnknownPath(
                f"key: none of the {read.documents} documents has {read.key}. "
                f"The first has: {near or 'no field'}. {kept} "
                f"Name the field that tells the documents apart.{more}"
            )
    named = f"{', `contract`' * ('contract' in read.reasons)}{' and `key`' * bool(read.key)}"
    return SourceError(
        f"None of the {read.documents} documents is good ({counted(read)}). {told(row)}{kept} "
        f"Check the source{named}.{more}"
    )


def scalars(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of a document that hold a single value."""
    if isinstance(value, dict) and not set(value) & WRAPPERS:
        for key, inner in value.items():
            yield from scalars(inner, (*path, key))
    elif not isinstance(value, list):
        yield path
