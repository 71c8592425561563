"""Dataclasses that are kept as JSON: what is written, what older and newer ones are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from workbench.stored import NOT_STORED, Document, Stored, as_json, from_json


@dataclass(kw_only=True)
class Part(Stored):
    name: str
    share: float = 0.0


@dataclass(kw_only=True)
class Whole(Document):
    parts: list[Part]
    named: dict[str, Part]
    commit: str | None
    later: int | None = None
    folder: Path | None = field(default=None, metadata=NOT_STORED)


WHOLE = {"parts": [{"name": "a", "share": 1}], "named": {"b": {"name": "b"}}, "commit": None}


def test_what_was_written_is_read() -> None:
    whole = Whole(parts=[Part(name="a")], named={"b": Part(name="b")}, commit="c", later=1)
    assert from_json(Whole, json.loads(whole.text())) == whole


def test_what_came_later_is_left_out_where_it_is_not_known_and_what_is_here_only_always() -> None:
    whole = Whole(parts=[], named={}, commit=None, folder=Path("x"))
    assert as_json(whole) == {"version": 1, "parts": [], "named": {}, "commit": None}


def test_a_document_without_a_version_is_an_older_one() -> None:
    read = from_json(Whole, WHOLE)
    assert (read.version, read.parts[0].name, read.later) == (1, "a", None)


def test_fields_that_are_not_known_are_written_again() -> None:
    given: dict[str, Any] = WHOLE | {"new": [1], "parts": [{"name": "a", "share": 1, "other": {}}]}
    written = as_json(from_json(Whole, given))
    assert written["new"] == [1] and written["parts"][0]["other"] == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "it is an array, not an object"),
        ({"named": {}}, "it has no parts"),
        (WHOLE | {"parts": {}}, "parts is an object"),
        (WHOLE | {"parts": [1]}, "parts: it is a number, not an object"),
        (WHOLE | {"named": {"b": {"name": None}}}, "named.b: name is null"),
        (WHOLE | {"version": 2}, "of version 2, and this Workbench knows versions up to 1"),
    ],
)
def test_what_is_no_such_document_is_refused(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        from_json(Whole, given)
