"""Kinds: the least that holds both of two, whatever the order."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.schema.kinds import Node, decimal_node, loose_paths, merge, to_json, walk
from workbench.schema.paths import ITEM

KINDS = ["null", "bool", "int", "double", "string", "timestamp", "datetext", "text"]
NODES = [
    *(Node(kind) for kind in KINDS),
    Node("struct"),
    Node("struct", {"a": Node("int")}),
    Node("struct", {"b": Node("list", item=Node("bool"))}),
    Node("list"),
    Node("list", item=Node("double")),
    decimal_node(20, 0),
    decimal_node(0, 25),
    decimal_node(1, 2),
]


def merged(*nodes: Node) -> Any:
    whole = Node()
    for node in nodes:
        whole = merge(whole, node)
    return to_json(whole)


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (Node("null"), Node("bool"), "bool"),
        (Node("int"), Node("double"), "double"),
        (Node("int"), decimal_node(20, 0), {"decimal": [20, 0]}),
        (Node("int"), decimal_node(1, 2), {"decimal": [19, 2]}),
        (Node("int"), decimal_node(1, 20), "exact"),
        (decimal_node(30, 0), decimal_node(1, 9), "exact"),
        (decimal_node(0, 25), decimal_node(0, 25), {"decimal": [0, 25]}),
        (decimal_node(1, 2), Node("double"), "exact"),
        (Node("timestamp"), Node("datetext"), "apart"),
        (Node("timestamp"), Node("string"), "apart"),
        (Node("datetext"), Node("string"), "apart"),
        (Node("timestamp"), Node("list", item=Node(), hollow=1), "apart"),
        (Node("timestamp"), Node("list", item=Node("int")), "text"),
        (Node("apart"), Node("int"), "text"),
        (Node("bool"), Node("int"), "text"),
        (Node("int"), Node("string"), "text"),
        (Node("string"), Node("struct"), "text"),
        (Node("struct"), Node("list"), "text"),
        (Node("list"), Node("list", item=Node("int")), {"list": "int"}),
        (Node("struct"), Node("struct", {"a": Node()}), {"struct": [["a", "null"]]}),
        (Node("text"), Node("struct", {"a": Node()}), "text"),
    ],
)
def test_two_kinds_become_the_least_that_holds_both(left: Node, right: Node, both: Any) -> None:
    assert (merged(left, right), merged(right, left)) == (both, both)


@pytest.mark.parametrize("node", NODES, ids=lambda n: str(to_json(n)))
def test_a_kind_merged_with_itself_or_null_is_itself(node: Node) -> None:
    assert merged(node, node) == merged(node, Node()) == to_json(node)


def unordered(node: Any) -> Any:
    return node if not isinstance(node, dict) or "struct" not in node else sorted(node["struct"])


@given(st.lists(st.sampled_from(NODES), min_size=3, max_size=3))
@settings(max_examples=300)
def test_the_order_of_blocks_changes_no_kind(nodes: list[Node]) -> None:
    assert len({repr(unordered(merged(*order))) for order in permutations(nodes)}) == 1


@given(st.lists(st.sampled_from(NODES), min_size=4, max_size=4))
@settings(max_examples=300)
def test_the_cut_into_blocks_changes_no_schema(nodes: list[Node]) -> None:
    a, b, c, d = nodes
    assert to_json(merge(merge(a, b), merge(c, d))) == merged(a, b, c, d)


def test_merging_changes_neither_side() -> None:
    left = Node("struct", {"a": Node()})
    merge(left, Node("struct", {"a": Node("int"), "b": Node()}))
    assert to_json(left) == {"struct": [["a", "null"]]}


def test_fields_of_the_left_come_first() -> None:
    both = merge(
        Node("struct", {"z": Node(), "y": Node()}), Node("struct", {"x": Node(), "y": Node()})
    )
    assert list(both.fields) == ["z", "y", "x"]


def test_loose_paths_are_those_of_text() -> None:
    item = Node("struct", {"a": Node("text"), "b": Node("int")})
    node = Node("struct", {"l": Node("list", item=item), "d": Node("datetext")})
    assert loose_paths(node) == {("l", ITEM, "a"): "text", ("d",): "datetext"}


def test_parents_are_walked_first_and_fields_in_order() -> None:
    node = Node("struct", {"b": Node("list", item=Node("int")), "a": Node()})
    assert [path for path, _ in walk(node)] == [(), ("b",), ("b", ITEM), ("a",)]


def test_texts_and_empty_arrays_are_set_apart_from_dates_in_any_order() -> None:
    kinds = [Node("timestamp"), Node("string"), Node("list", item=Node(), hollow=1)]
    kinds += [Node("datetext"), Node("isotime", times=1), Node("string", hollow=1)]
    for order in permutations(kinds):
        assert merged(*order) == "apart"
        assert merged(*order, Node("int")) == "text"
