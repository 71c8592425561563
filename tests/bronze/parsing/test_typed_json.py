"""DynamoDB's typed JSON: each type, what only looks typed, and both readers alike."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest

from workbench.bronze.parsing import parser
from workbench.bronze.parsing.extended_arrow import Undecided
from workbench.bronze.parsing.fast import fast
from workbench.bronze.parsing.parsed import Parsed, Rules
from workbench.bronze.parsing.parser import parse
from workbench.bronze.parsing.typed_json import is_typed, untyped_document
from workbench.bronze.reading.documents import Block, Documents
from workbench.bronze.reading.layouts import LINES, Source
from workbench.schema.arrow_types import conform
from workbench.schema.kinds import Node

RULES = Rules((), {}, frozenset(), typed=True)
PLAIN = Rules((), {}, frozenset())
ITEMS = [
    {"id": {"S": "2024-01-02"}, "n": {"N": "1"}, "tags": {"SS": ["x", "y"]}, "z": {"NULL": True}},
    {"id": {"S": ""}, "n": {"N": "-9"}, "b": {"BOOL": False}, "ns": {"NS": ["1", "2.5"]}},
    {"id": {"S": "c"}, "m": {"M": {"a": {"N": "0.10"}, "l": {"L": [{"M": {"q": {"B": "aa=="}}}]}}}},
    {"id": {"S": "d"}, "m": {"M": {"a": {"NULL": True}, "e": {"M": {}}}}, "bs": {"BS": ["aa=="]}},
]
AS_THEY_ARE: list[dict[str, Any]] = [
    {"id": "2024-01-02", "n": 1, "tags": ["x", "y"], "z": None},
    {"id": "", "n": -9, "b": False, "ns": [1.0, 2.5]},
    {"id": "c", "m": {"a": 0.1, "l": [{"q": "aa=="}]}},
    {"id": "d", "m": {"a": None, "e": {}}, "bs": ["aa=="]},
]


def read(documents: list[Any], rules: Rules = RULES) -> Parsed:
    data = b"".join(json.dumps(one).encode() + b"\n" for one in documents)
    return parse(
        Documents(Block(0, Source("a.json", 0, LINES, "none"), 0, True, payload=data)), rules
    )


def values(parsed: Parsed) -> list[Any]:
    found: list[Any] = conform(parsed.rows, parsed.node, parsed.node).to_pylist()
    return found


@pytest.mark.parametrize("around", [True, False])
@pytest.mark.parametrize("quick", [True, False])
def test_typed_documents_are_the_plain_ones(around: bool, quick: bool) -> None:
    """As Arrow reads them all at once, and one by one."""
    documents = [{"Item": item} for item in ITEMS] if around else ITEMS
    stop = mock.patch.object(parser, "attempt" if not quick else "decode_all")
    with stop as stopped:
        stopped.side_effect = AssertionError if quick else None
        stopped.return_value = None
        found = read(documents)
    assert values(found) == values(read(AS_THEY_ARE, PLAIN))
    assert found.node == read(AS_THEY_ARE, PLAIN).node


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["9007199254740993", "1"], [9007199254740993, 1]),
        (["1.5", "2"], [1.5, 2.0]),
        (["12345678901234567890123", "1"], [Decimal(12345678901234567890123), Decimal(1)]),
        (["1E+2", "0.1"], [100.0, 0.1]),
    ],
)
def test_numbers_keep_their_digits(texts: list[str], expected: list[Any]) -> None:
    assert [row["n"] for row in values(read([{"n": {"N": text}} for text in texts]))] == expected


def test_more_digits_than_a_double_has_ask_for_the_exact_type() -> None:
    found = read([{"n": {"N": "0.12345678901234567890"}}, {"n": {"N": "1"}}])
    assert found.node.fields["n"].kind == "exact"


@pytest.mark.parametrize(
    ("document", "plain"),
    [
        ({"S": {"S": "x"}}, {"S": "x"}),
        ({"Item": {"S": "x"}}, {"Item": "x"}),
        ({"Item": {"S": {"S": "x"}}}, {"S": "x"}),
        ({"Item": {"M": {"x": {"N": "1"}}}}, {"Item": {"x": 1}}),
        ({"Item": {"a": {"S": "x"}}, "Other": 1}, {"Item": {"a": "x"}, "Other": 1}),
        ({"NewImage": {"a": {"N": "1"}}, "Keys": {}}, {"NewImage": {"a": 1}, "Keys": {}}),
        ({"a": {"S": 1}}, {"a": {"S": 1}}),
        ({"a": {"N": "x"}}, {"a": {"N": "x"}}),
        ({"a": {"NULL": False}}, {"a": {"NULL": False}}),
        ({"a": {"M": {"b": 1}}}, {"a": {"M": {"b": 1}}}),
        ({"a": {"L": [{"S": "x"}, 1]}}, {"a": {"L": ["x", 1]}}),
        ({"a": {"S": "x", "N": "1"}}, {"a": {"S": "x", "N": "1"}}),
    ],
)
def test_what_only_looks_typed_stays(document: Any, plain: Any) -> None:
    assert untyped_document(document) == plain
    assert values(read([document])) == values(read([plain], PLAIN))


def test_different_types_at_one_path_are_looked_at_one_by_one() -> None:
    with pytest.raises(Undecided):
        fast(b'{"a":{"S":"x"}}\n{"a":{"N":"1"}}\n', 2, RULES)
    assert read([{"a": {"S": "x"}}, {"a": {"N": "1"}}]).node.fields["a"].kind == "text"


@pytest.mark.parametrize(
    ("documents", "typed"),
    [
        (ITEMS, True),
        ([{"Item": ITEMS[0]}], True),
        ([{"Item": {"S": "x"}}], True),
        (AS_THEY_ARE, False),
        ([{"a": {"S": "x"}, "b": 1}], False),
        ([{"Item": AS_THEY_ARE[0]}], False),
    ],
)
def test_typed_documents_are_recognised(documents: list[Any], typed: bool) -> None:
    assert is_typed(read(documents, PLAIN).node) == typed


def test_nothing_is_not_typed() -> None:
    assert not is_typed(Node("struct"))
