"""Objects used as maps become arrays of entries in staged documents, column by column.

What `workbench.flatten.as_map` says to an engine, which takes minutes to plan thousands of fields.
"""

from __future__ import annotations

from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import UnsupportedType
from workbench.fingerprint import Fingerprints, together
from workbench.flatten.map_rows import mapped
from workbench.paths import ITEM, Path, show
from workbench.schema import Node, arrow_type, conform, merge


def mapped_node(node: Node, path: Path, whole: Path) -> Node:
    """A schema after the object at `path` has become an array of entries."""
    if not path:
        return Node("list", item=entry_node(node, whole))
    if node.kind == "list":
        return Node("list", item=mapped_node(node.item or Node(), path[1:], whole))
    fields = dict(node.fields)
    key = str(path[0])
    fields[key] = mapped_node(fields[key], path[1:], whole)
    return Node("struct", fields)


def value_node(node: Node, whole: Path) -> Node:
    """The least node that holds the values of all fields."""
    found = Node()
    for name, child in node.fields.items():
        before, found = found, merge(found, child)
        if found.kind == "text" and {before.kind, child.kind} != {"text"}:
            raise UnsupportedType(
                f"as_map: {show((*whole, name))} is of another kind ({child.kind}) than the fields "
                f"before it ({before.kind}): no column holds both. Leave it an object."
            )
    return found


def entry_node(node: Node, whole: Path) -> Node:
    """`key` and the fields of the value; or `key` and `value`."""
    value, key = value_node(node, whole), {"key": Node("string")}
    return Node("struct", key | (value.fields if beside(value) else {"value": value}))


def beside(value: Node) -> bool:
    """Whether the fields of the values stand beside the key: there are some, and none is `key`."""
    return bool(value.fields) and "key" not in {name.lower() for name in value.fields}


def map_staged(folder: FilePath, node: Node, path: Path) -> None:
    """Each staged file once more, with the object at `path` as an array of entries."""
    key, inner = str(path[0]), node_at(node, path) or Node()
    kind = arrow_type(mapped_node(node, path, path).fields[key])
    value = value_node(inner, path)

    def widen(name: str, values: pa.Array, wanted: pa.DataType) -> pa.Array:
        return conform(values, inner.fields[name], value, wanted)

    for part in sorted(folder.iterdir()):
        table = pq.read_table(part, partitioning=None)
        at = table.column_names.index(key)
        column = table.column(at).combine_chunks()
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        made = mapped(column, path[1:], kind, beside(value), widen)
        pq.write_table(table.set_column(at, key, made), part, compression="lz4")


def mapped_fingerprints(
    found: Fingerprints, before: Node, after: Node, target: Path
) -> tuple[Fingerprints, set[Path]]:
    """The fingerprints of the mapped documents, and the paths where only counts can agree.

    What stood below each field of the object stands below one path now. Where the fields were of
    several kinds the values have been widened, and their sums cannot be told. An object that is
    empty below one field, and has fields below another, is no leaf.
    """
    spread = beside(value_node(node_at(before, target) or Node(), target))
    parts: list[Fingerprints] = []
    kinds: dict[Path, set[str]] = {}
    for leaf, fingerprint in found.items():
        if leaf[: len(target)] != target:
            parts.append({leaf: fingerprint})
            continue
        entry, rest = (*target, ITEM), leaf[len(target) + 1 :]
        moved = (*entry, *rest) if rest and spread else (*entry, "value", *rest)
        have, want = node_at(before, leaf), node_at(after, moved)
        if have is None or want is None or want.fields or not fingerprint.count:
            continue
        kinds.setdefault(moved, set()).add(have.kind)
        parts.append({moved: fingerprint})
    return together(parts), {p for p, found_kinds in kinds.items() if len(found_kinds) > 1}


def node_at(node: Node | None, path: Path) -> Node | None:
    """The node at a path; None where there is none."""
    for key in path:
        if node is None:
            return None
        node = node.item if key is ITEM else node.fields.get(str(key))
    return node
