"""The types of the lattice in Arrow."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from workbench.schema.kinds import DECIMAL_DIGITS, Node, is_hollow
from workbench.schema.paths import ITEM, Path

SCALARS = {
    "null": pa.string(),  # a column that is null in every document stays, as a string
    "bool": pa.bool_(),
    "int": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "datetext": pa.string(),
    "text": pa.string(),
    "exact": pa.string(),
    "apart": pa.string(),
    "isotime": pa.timestamp("us", "UTC"),
    "isotext": pa.string(),
}


def arrow_type(node: Node) -> pa.DataType:
    """The Arrow type of a node. An object that is empty in every document is JSON text, `{}`."""
    if node.kind == "struct" and node.fields:
        return pa.struct([pa.field(name, arrow_type(n)) for name, n in node.fields.items()])
    if node.kind == "list":
        return pa.list_(pa.field("element", arrow_type(node.item or Node())))
    if node.kind == "decimal":
        return pa.decimal128(node.precision, node.scale)
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


def leaf_nodes(node: Node) -> Iterator[Node]:
    """The nodes of the columns that a Parquet file has for a node, in its order."""
    if node.kind == "struct" and node.fields:
        for child in node.fields.values():
            yield from leaf_nodes(child)
    elif node.kind == "list":
        yield from leaf_nodes(node.item or Node())
    else:
        yield node


def conform(array: pa.Array, have: Node, want: Node, kind: pa.DataType | None = None) -> pa.Array:
    """The same values in a wider type. Raises nothing: `want` is a merge that includes `have`.

    `kind` is the type of `want`, where it is known already.
    """
    target = kind or arrow_type(want)
    if have.kind == "null" or is_hollow(have, want):
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
    # Arrow calls none beyond 2**53 safe; those that are no double never come here (`Node.wide`).
    return array.cast(target, safe=want.kind != "double")


def wider_types(have: Node, want: Node, path: Path = ()) -> dict[Path, pa.DataType]:
    """The types of `want`, by path, where `conform` gives values another than they have.

    Where it makes them null, the type of nulls.
    """
    if have.kind == "null":
        return {}
    if is_hollow(have, want):
        return {path: pa.null()}
    if have.fields:
        inner = ((name, child, want.fields[name]) for name, child in have.fields.items())
        return {p: k for n, h, w in inner for p, k in wider_types(h, w, (*path, n)).items()}
    if have.kind == "list":
        return wider_types(have.item or Node(), want.item or Node(), (*path, ITEM))
    target = arrow_type(want)
    return {} if target == arrow_type(have) or not path else {path: target}


def have_indexes(array: pa.StructArray) -> dict[str, int]:
    """The positions of fields by their exact names (Arrow's own look-up refuses some names)."""
    return {f.name: at for at, f in enumerate(array.type)}


def empty_objects(array: pa.Array) -> pa.Array:
    """Objects without a field, as JSON text."""
    return pa.array(["{}" if valid else None for valid in array.is_valid().to_pylist()])
