"""From kinds to types of Arrow, and values that stay whole in a wider one."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from workbench.schema.arrow_types import arrow_type, conform, of_arrow
from workbench.schema.kinds import Node, decimal_node, to_json

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


@pytest.mark.parametrize("node", NODES, ids=lambda n: str(to_json(n)))
def test_an_all_null_column_takes_any_type(node: Node) -> None:
    found = conform(pa.nulls(2), Node(), node)
    assert (found.type, found.null_count) == (arrow_type(node), 2)


@pytest.mark.parametrize(
    ("values", "want", "becomes"),
    [
        ([2**53 + 1, None], Node("double"), [2.0**53, None]),
        ([-(2**63), None], decimal_node(38, 0), [-(2**63), None]),
        ([[1], None, []], Node("list", item=Node("double")), [[1.0], None, []]),
        ([{"a": 1}, None], Node("struct", {"b": Node(), "a": Node("int")}), "b before a"),
    ],
)
def test_values_stay_in_a_wider_type(values: list[Any], want: Node, becomes: Any) -> None:
    array = pa.array(values)
    expected = [{"b": None, "a": 1}, None] if becomes == "b before a" else becomes
    assert conform(array, of_arrow(array.type), want).to_pylist() == expected


def test_empty_objects_are_text_until_a_field_comes() -> None:
    array, have = pa.array([{}, None], pa.struct([])), Node("struct")
    wider = Node("struct", {"a": Node("int")})
    assert conform(array, have, have).to_pylist() == ["{}", None]
    assert conform(array, have, wider).to_pylist() == [{"a": None}, None]
