"""A dump that is one document around the documents: what is in the way is said, and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.bronze.parsing.envelopes import advice
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import show_plan
from workbench.errors import UnknownPath

USERS = [{"_id": n, "tags": [{"_id": "t"}] * 9} for n in range(3)]
WRAPPED = {"next": None, "errors": [{"code": 1}], "data": USERS}


def quarantined(raw: Any, reason: str = "missing key") -> dict[str, str]:
    return {"reason": reason, "raw": raw if isinstance(raw, str) else json.dumps(raw)}


def test_the_longest_array_of_objects_is_named_with_what_takes_it_out() -> None:
    said = advice(1, quarantined(WRAPPED), "_id")
    assert "one document around an array, data, of 3 elements" in said
    assert "jq -c '.data[]'" in said


@pytest.mark.parametrize(
    ("documents", "first", "path"),
    [
        (1, quarantined({"a b": {"é": USERS}}), '."a b"."é"[]'),
        (1, quarantined({"u1": {"a": 1}, "u2": {"a": 2, "b": [{}, {}, {}]}}),
         '. | to_entries[] | {"_id": .key} + .value'),
        (1, quarantined({"users": {"u1": {"a": 1}, "u2": {"a": 2}}, "n": {"b": 1}}),
         '.users | to_entries[] | {"_id": .key} + .value'),
        (2, quarantined({"u1": {"a": 1}, "u2": {"a": 2}}), ""),
        (1, quarantined({"from": {"a": 1}, "to": {"b": 2}}), ""),
        (1, quarantined('{"n": 1, "data": [{"_id": 1, "cut', "too large"), ".data[]"),
        (2, quarantined(WRAPPED), ".data[]"),
        (2, quarantined({"id": 1, "items": [{"n": 1}]}), ""),
        (1, quarantined({"id": 1, "items": [1, 2]}), ""),
        (1, quarantined('{"data": [{"_id": 1, "cut', "truncated"), ""),
        (1, quarantined('{"a": {"data": [{"_id": 1, "cut', "too large"), ".a.data[]"),
        (1, quarantined('{"n": [1, 2], "m": {"u1": {"a": 1}, "u2": {"a": 2}, "u3": {"a": 3}, "u',
                        "too large"), '.m | to_entries[] | {"_id": .key} + .value'),
        (1, quarantined('{"n": 1, "text": "\\", [{, ', "too large"), ""),
        (1, quarantined("{" * 100_000, "too large"), ""),
    ],
)  # fmt: skip
def test_only_what_may_hold_the_documents_is_named(
    documents: int, first: dict[str, str], path: str
) -> None:
    said = advice(documents, first, "_id")
    assert f"jq -c '{path}'" in said if path else said == ""


def test_flatten_says_it_with_the_key_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "dump.json").write_text(json.dumps(WRAPPED))
    with pytest.raises(UnknownPath, match=r"has _id.*around an array, data"):
        show_plan(Request([str(tmp_path / "dump.json")], key="_id"))
