"""The one writer of a value's JSON text in Python: what an engine cannot spell is spelled here.

No spaces; fields that are null are left out of their object; the shortest digits that read back as
the same double, every digit of a decimal; NaN and the infinities as texts; times in UTC with their
microseconds, a year beyond 9999 with its sign (ISO 8601, 4.1.2.4).
"""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from workbench.schema import Node

if TYPE_CHECKING:
    import pyarrow as pa


class JsonText(str):
    """A text that is the JSON of a value, as no other text is."""


def dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def json_texts(array: pa.Array, node: Node | None = None) -> pa.Array:
    """The JSON text of each value that is not null. `node` says which strings are JSON already."""
    import pyarrow as pa  # what only plans needs none of it

    from workbench.schema import of_arrow

    node = node or of_arrow(array.type)
    values = with_moments(array).to_pylist()
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


def moments(array: pa.Array) -> pa.Array:
    """Times or dates as the texts that stand in JSON, whatever the year: Python's end with 9999."""
    import numpy as np
    import pyarrow as pa

    days = pa.types.is_date(array.type)
    kind = pa.date32() if days else pa.timestamp("us", array.type.tz)
    numbers = array.cast(kind, safe=False).cast(pa.int32() if days else pa.int64()).fill_null(0)
    plain = np.datetime_as_string(numbers.to_numpy().astype(f"datetime64[{'D' if days else 'us'}]"))
    texts = [f"+{t}" if t[4] != "-" and t[0] != "-" else t for t in plain.tolist()]
    end = "" if days else "Z"
    return pa.array([t + end for t in texts], pa.string(), mask=array.is_null().to_numpy(False))


def with_moments(array: pa.Array) -> pa.Array:
    """The same values with texts for times and dates."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return moments(array)
    if not holds_moments(kind):
        return array
    if pa.types.is_list(kind):
        from workbench.schema import elements, sizes

        counts = pa.array(sizes(array))
        offsets = pa.concat_arrays([pa.array([0]), pc.cumulative_sum(counts)])
        inside = with_moments(elements(array))
        return pa.ListArray.from_arrays(offsets.cast(pa.int32()), inside, mask=array.is_null())
    children = [with_moments(child) for child in array.flatten()]
    names = [field.name for field in kind]
    return pa.StructArray.from_arrays(children, names=names, mask=array.is_null())


def holds_moments(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_list(kind):
        return holds_moments(kind.value_type)
    if pa.types.is_struct(kind):
        return any(holds_moments(field.type) for field in kind)
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))
