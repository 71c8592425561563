"""The fingerprints of typed documents, computed on Arrow arrays."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.fingerprint import LOW, Fingerprint, Fingerprints, together
from workbench.paths import ITEM, Path
from workbench.schema import Node, have_indexes


def of_array(array: pa.Array, node: Node, path: Path = ()) -> Fingerprints:
    """The fingerprints of typed documents, one struct per document."""
    if node.kind == "struct" and node.fields:
        children, at = array.flatten(), have_indexes(array)
        return together(
            of_array(children[at[name]], child, (*path, name))
            for name, child in node.fields.items()
        )
    if node.kind == "list":
        return of_array(array.flatten(), node.item or Node(), (*path, ITEM))
    count = len(array) - array.null_count
    if node.kind == "struct":  # without fields: `{}` as text
        return {path: Fingerprint(count, 2 * count)}
    if not count:
        return {path: Fingerprint()}
    if node.kind == "int":
        high, low = pc.shift_right(array, 32), pc.bit_wise_and(array, LOW)
        total = (pc.sum(high).as_py() << 32) + pc.sum(low).as_py()
        return {path: Fingerprint(count, total, *bounds(array))}
    if node.kind == "bool":
        return {path: Fingerprint(count, pc.sum(array).as_py())}
    if node.kind == "timestamp":
        return {path: Fingerprint(count, None, *bounds(array.cast(pa.int64())))}
    if node.kind in ("double", "decimal"):
        if node.kind == "double":
            array = pc.if_else(pc.is_nan(array), None, array)
        return {path: Fingerprint(count, None, *bounds(array))}
    return {path: Fingerprint(count, pc.sum(pc.utf8_length(array)).as_py())}


def bounds(array: pa.Array) -> tuple[Any, Any]:
    found = pc.min_max(array)
    return found["min"].as_py(), found["max"].as_py()
