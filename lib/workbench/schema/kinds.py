"""The types of documents: infer, merge, and turn into Arrow types.

The lattice (what two kinds at one path become) is:

    null < anything        int < double        int < decimal (beyond 64 bits, up to 38 digits)
    timestamp < datetext (a `$date` that does not parse keeps its text)
    anything else together, and numbers beyond 38 digits: text, a string holding JSON text
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from workbench.schema.paths import ITEM, Path

DECIMAL_DIGITS = 38
INT_DIGITS = 19
SCALARS = {
    "null": pa.string(),  # a column that is null in every document stays, as a string
    "bool": pa.bool_(),
    "int": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "datetext": pa.string(),
    "text": pa.string(),
}


@dataclass
class Node:
    """What stands at one path: its kind, and below it fields (struct) or the item (list)."""

    kind: str = "null"
    fields: dict[str, Node] = field(default_factory=dict)
    item: Node | None = None
    digits: int = 0
    scale: int = 0


def merge(left: Node, right: Node) -> Node:
    """The least kind that holds both; fields keep the order of first appearance, left first."""
    if left.kind == "null":
        return right
    if right.kind == "null":
        return left
    kinds = {left.kind, right.kind}
    if kinds == {"struct"}:
        fields = dict(left.fields)
        for name, node in right.fields.items():
            fields[name] = merge(fields[name], node) if name in fields else node
        return Node("struct", fields)
    if kinds == {"list"}:
        return Node("list", item=merge(left.item or Node(), right.item or Node()))
    if kinds <= {"int", "decimal"} and "decimal" in kinds:
        digits = max(INT_DIGITS if n.kind == "int" else n.digits for n in (left, right))
        return decimal_node(digits, max(left.scale, right.scale))
    if len(kinds) == 1:
        return left
    if kinds == {"int", "double"}:
        return Node("double")
    if kinds == {"timestamp", "datetext"}:
        return Node("datetext")
    return Node("text")


def decimal_node(digits: int, scale: int) -> Node:
    """A decimal with so many digits before and after the point, or text where 38 do not do."""
    if digits + scale > DECIMAL_DIGITS:
        return Node("text")
    return Node("decimal", digits=digits, scale=scale)


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path, parents first, fields in order."""
    yield path, node
    if node.kind == "struct":
        for name, child in node.fields.items():
            yield from walk(child, (*path, name))
    elif node.kind == "list" and node.item is not None:
        yield from walk(node.item, (*path, ITEM))


def loose_paths(node: Node) -> dict[Path, str]:
    """The paths whose values must be kept as they were written: kind text or datetext."""
    return {p: n.kind for p, n in walk(node) if n.kind in ("text", "datetext")}


def arrow_type(node: Node) -> pa.DataType:
    """The Arrow type of a node. An object that is empty in every document is JSON text, `{}`."""
    if node.kind == "struct" and node.fields:
        return pa.struct([pa.field(name, arrow_type(n)) for name, n in node.fields.items()])
    if node.kind == "list":
        return pa.list_(pa.field("element", arrow_type(node.item or Node())))
    if node.kind == "decimal":
        return pa.decimal128(DECIMAL_DIGITS, node.scale)
    return SCALARS["text" if node.kind == "struct" else node.kind]


def of_arrow(kind: pa.DataType) -> Node:
    """The node of an Arrow type, where Arrow's own JSON reader has inferred it."""
    if pa.types.is_struct(kind):
        return Node("struct", {f.name: of_arrow(f.type) for f in kind})
    if pa.types.is_list(kind):
        return Node("list", item=of_arrow(kind.value_type))
    if pa.types.is_decimal(kind):
        return Node("decimal", digits=DECIMAL_DIGITS - kind.scale, scale=kind.scale)
    if pa.types.is_timestamp(kind):
        return Node("timestamp")
    names = {pa.null(): "null", pa.bool_(): "bool", pa.int64(): "int", pa.float64(): "double"}
    return Node(names.get(kind, "string"))


def conform(array: pa.Array, have: Node, want: Node, kind: pa.DataType | None = None) -> pa.Array:
    """The same values in a wider type. Raises nothing: `want` is a merge that includes `have`.

    `kind` is the type of `want`, where it is known already.
    """
    target = kind or arrow_type(want)
    if have.kind == "null":
        return pa.nulls(len(array), target)
    if want.kind == "struct" and want.fields:
        at = have_indexes(array) if have.fields else {}
        columns = [
            conform(array.field(at[name]), have.fields[name], child, inner.type)
            if name in have.fields
            else pa.nulls(len(array), inner.type)
            for (name, child), inner in zip(want.fields.items(), target, strict=True)
        ]
        return pa.StructArray.from_arrays(columns, fields=list(target), mask=array.is_null())
    if want.kind == "list":
        inside = have.item or Node(), want.item or Node(), target.value_type
        mask = array.is_null() if array.null_count else None
        values = conform(array.values, *inside)
        return pa.ListArray.from_arrays(array.offsets, values, type=target, mask=mask)
    if pa.types.is_struct(array.type):
        return empty_objects(array)
    # Beyond 2**53 a whole number becomes the nearest double, as in any reader of JSON.
    return array.cast(target, safe=want.kind != "double")


def have_indexes(array: pa.StructArray) -> dict[str, int]:
    """The positions of fields by their exact names (Arrow's own look-up refuses some names)."""
    return {f.name: at for at, f in enumerate(array.type)}


def empty_objects(array: pa.Array) -> pa.Array:
    """Objects without a field, as JSON text."""
    return pa.array(["{}" if valid else None for valid in array.is_valid().to_pylist()])


def to_json(node: Node) -> Any:
    """A node as plain JSON, to be stored beside the table."""
    if node.kind == "struct":
        return {"struct": [[name, to_json(n)] for name, n in node.fields.items()]}
    if node.kind == "list":
        return {"list": to_json(node.item or Node())}
    if node.kind == "decimal":
        return {"decimal": [node.digits, node.scale]}
    return node.kind


def from_json(stored: Any) -> Node:
    """The inverse of `to_json`."""
    if isinstance(stored, str):
        return Node(stored)
    if "struct" in stored:
        return Node("struct", {name: from_json(child) for name, child in stored["struct"]})
    if "list" in stored:
        return Node("list", item=from_json(stored["list"]))
    digits, scale = stored["decimal"]
    return Node("decimal", digits=digits, scale=scale)
