"""The exact way: a document at a time in Python, where the fast way cannot tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from workbench.bronze.parsing.decoding import Digits, Number
from workbench.bronze.parsing.extended_json import is_null, unwrap
from workbench.bronze.parsing.parsed import Rules
from workbench.schema import ITEM, Node, Path, arrow_type, decimal_node, merge


def exact(documents: list[dict[str, Any]], rules: Rules) -> tuple[pa.StructArray, Node]:
    """The documents as Arrow by way of Python values. Grain: one row per document."""
    node = Node("struct")
    for document in documents:
        node = merge(node, observe(document, (), rules))
    rows = [render(document, node, (), rules) for document in documents]
    return pa.array(rows, type=arrow_type(node) if node.fields else pa.struct([])), node


def observe(value: Any, path: Path, rules: Rules) -> Node:
    """What one value is; with the rules for loose and personal paths."""
    wanted = rules.loose.get(path)
    if value is None:
        return Node()
    if wanted == "text":
        return Node("text")
    node, plain = classify(value) if path else (Node("struct"), value)
    if path in rules.personal and node.kind not in ("struct", "list"):
        return Node("string")
    if node.kind == "timestamp" and wanted == "datetext":
        return Node("datetext")
    if node.kind == "struct":
        return Node("struct", {k: observe(v, (*path, k), rules) for k, v in plain.items()})
    if node.kind == "list":
        item = Node()
        for element in plain:
            item = merge(item, observe(element, (*path, ITEM), rules))
        return Node("list", item=item, hollow=int(not plain))
    return Node("string", hollow=1) if value == "" else node


def classify(value: Any) -> tuple[Node, Any]:
    """The node of a single value (children not looked at), and the value without its wrapper."""
    if isinstance(value, dict):
        return unwrap(value) or (Node("struct"), value)
    if isinstance(value, list):
        return Node("list"), value
    if isinstance(value, bool):
        return Node("bool"), value
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return Node("int"), value
        return decimal_node(len(str(abs(value))), 0), value
    if isinstance(value, Digits):
        return Node("text"), value
    if isinstance(value, float):
        return Node("double"), value
    return Node("null" if value is None else "string"), value


def render(value: Any, node: Node, path: Path, rules: Rules) -> Any:
    """The value as Arrow takes it for the node's type."""
    if value is None or (path and node.kind != "text" and is_null(value)):
        return None
    if node.kind == "struct" and value in ("", []):
        return None
    if node.kind == "text" or (node.kind == "struct" and not node.fields and path):
        return dump(value)
    if node.kind == "struct":
        inner: Callable[[str], Any] = value.get
        return {k: render(inner(k), n, (*path, k), rules) for k, n in node.fields.items()}
    if node.kind == "list":
        item = node.item or Node()
        return [render(element, item, (*path, ITEM), rules) for element in value]
    _, plain = classify(value)
    if node.kind == "datetext":
        return date_text(value["$date"])
    if path in rules.personal:
        return plain if isinstance(plain, str) else dump(plain)
    return float(plain) if node.kind == "double" else plain


def date_text(inner: Any) -> str:
    """What was written inside `$date`."""
    return str(inner["$numberLong"]) if isinstance(inner, dict) else str(inner)


def dump(value: Any) -> str:
    """JSON text without spaces, numbers as they were written, keys in their order."""
    if isinstance(value, dict):
        parts = [f"{json.dumps(k, ensure_ascii=False)}:{dump(v)}" for k, v in value.items()]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    if isinstance(value, Number):
        return value.text
    return json.dumps(value, ensure_ascii=False, default=str)
