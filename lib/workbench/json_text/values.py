"""The JSON text of values, by the rules of `json_text.columns`, where no engine is at hand."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

import pyarrow as pa

from workbench.json_text.columns import dump
from workbench.schema import Node, of_arrow


def json_texts(array: pa.Array, node: Node | None = None) -> pa.Array:
    """The JSON text of each value that is not null. `node` says which strings are JSON already."""
    node = node or of_arrow(array.type)
    values = array.to_pylist()
    return pa.array([None if v is None else value_text(v, node) for v in values], pa.string())


def value_text(value: Any, node: Node) -> str:
    if value is None:
        return "null"
    if node.kind == "text" or (node.kind == "struct" and not node.fields):
        return str(value) if isinstance(value, str) else "{}"
    if isinstance(value, dict):
        fields = ((k, v, node.fields[k]) for k, v in value.items() if v is not None)
        return "{" + ",".join(f"{dump(k)}:{value_text(v, inner)}" for k, v, inner in fields) + "}"
    if isinstance(value, list):
        return "[" + ",".join(value_text(v, node.item or Node()) for v in value) + "]"
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float) and not isfinite(value):
        return dump(dump(value))
    if isinstance(value, datetime):
        return dump(value.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z")
    if isinstance(value, date):
        return dump(value.isoformat())
    return dump(b64encode(value).decode() if isinstance(value, bytes) else value)
