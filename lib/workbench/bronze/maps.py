"""Objects used as maps become arrays of entries in staged documents, column by column.

What `workbench.flatten.as_map` says to an engine, which takes minutes to plan thousands of fields.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.results import Scan
from workbench.bronze.staging import as_staged, documents
from workbench.errors import UnsupportedType
from workbench.flatten import find_struct, mapped
from workbench.json_text import json_texts
from workbench.proof import Contents, Fingerprint, Fingerprints, compare, together
from workbench.schema import (
    ITEM,
    Node,
    Path,
    arrow_type,
    conform,
    elements,
    merge,
    node_at,
    settled,
    show,
    struct_type,
    walk,
)
from workbench.storage import relay


def as_maps(scan: Scan, paths: Iterable[str]) -> Scan:
    """The dump with the objects at some paths as arrays of entries, in its staged rows too."""
    node, found = scan.schema, scan.fingerprints
    for path in paths:
        node, found = map_staged(scan, node, find_struct(struct_type(node), path), found)
    return replace(scan, schema=node, fingerprints=found)


def before_entries(path: Path, maps: Collection[Path], raw: Node) -> list[Path]:
    """The paths in documents of schema `raw` of what stands at a path of rows with entries.

    None of the key of an entry, which was the name of a field.
    """
    found: list[Path] = [()]
    rest = list(path)
    while rest:
        at, key = path[: len(path) - len(rest)], rest.pop(0)
        if at not in maps:
            found = [(*one, key) for one in found]
            continue
        around = [(one, (node_at(raw, one) or Node()).fields) for one in found]
        found = [(*one, name) for one, fields in around for name in fields]
        inner = {name.lower() for _, fields in around for v in fields.values() for name in v.fields}
        stands_in = "value" if not inner or "key" in inner else None  # else beside the key
        if rest[:1] == ["key"] or (stands_in and rest[:1] != [stands_in]):
            return []
        rest = rest[1:] if stands_in else rest
    return [one for one in found if (node_at(raw, one) or Node()).kind != "null"]


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
    """The least node that holds the values of all fields; inside them, JSON text may."""
    found = Node()
    for name, child in node.fields.items():
        before, found = found, merge(found, child)
        if found.kind == "text" and not {before.kind, child.kind} <= {"text", "null"}:
            raise UnsupportedType(
                f"as_map: {show((*whole, name))} is of another kind ({child.kind}) than the fields "
                f"before it ({before.kind}): no column holds both. Leave it an object."
            )
    return settled(found)


def entry_node(node: Node, whole: Path) -> Node:
    """`key` and the fields of the value; or `key` and `value`."""
    value, key = value_node(node, whole), {"key": Node("string")}
    return Node("struct", key | (value.fields if beside(value) else {"value": value}))


def beside(value: Node) -> bool:
    """Whether the fields of the values stand beside the key: there are some, and none is `key`."""
    return bool(value.fields) and "key" not in {name.lower() for name in value.fields}


def texts_made(node: Node, value: Node) -> list[Path]:
    """The paths inside the values where those of other fields are of other kinds: JSON text."""
    texts = [path for path, inner in walk(value) if inner.kind == "text"]
    fields = node.fields.values()
    told = {"text", "null"}
    return [p for p in texts if any((node_at(f, p) or Node()).kind not in told for f in fields)]


def map_staged(
    scan: Scan, node: Node, path: Path, known: Fingerprints
) -> tuple[Node, Fingerprints]:
    """Each staged file once more, with the object at `path` as an array of entries.

    `known` are the fingerprints of the rows. Returns the schema and the fingerprints of those that
    were made. Raises LeavesLost where one does not hold what it was made from.
    """
    key, inner = str(path[0]), node_at(node, path) or Node()
    kind = arrow_type(mapped_node(node, path, path).fields[key])
    value = value_node(inner, path)
    texts, counts = texts_made(inner, value), Counter[Path]()
    before, after = Contents(), Contents()

    def widen(name: str, values: pa.Array, wanted: pa.DataType) -> pa.Array:
        counts.update({text: count_at(values, text) for text in texts})
        have = inner.fields[name]
        return conform(textual(values, have, value) if texts else values, have, value, wanted)

    for part in documents(scan.folder):
        table = pq.read_table(part, partitioning=None)
        before += of_staged(scan, table)
        at = table.column_names.index(key)
        column = table.column(at).combine_chunks()
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        made = mapped(column, path[1:], kind, beside(value), widen)
        table = table.set_column(at, key, made)
        after += of_staged(scan, table)
        pq.write_table(table, part, compression="lz4")
        relay.hand_over(part)
    compare(known, before.leaves, "What was staged")
    wanted = mapped_node(node, path, path)
    expected, widened = mapped_fingerprints(known, node, wanted, path, counts)
    entry: Path = (*path, ITEM, "key")  # was the name of a field, and so no leaf
    found = {p: one for p, one in unhashed(after.leaves, path).items() if p != entry}
    compare(expected, found, f"What was made of the map {show(path)}", widened)
    return wanted, after.leaves


def of_staged(scan: Scan, table: pa.Table) -> Contents:
    rows = table.to_struct_array()
    parts = rows.chunks if isinstance(rows, pa.ChunkedArray) else [rows]
    return sum((as_staged(scan.keys, part) for part in parts), Contents())


def textual(array: pa.Array, have: Node, want: Node) -> pa.Array:
    """The values with JSON text where `want` is text and they are not."""
    if want.kind == "text":
        return array if have.kind in ("text", "null") else json_texts(array, have)
    if want.kind == "list" and have.item and want.item:
        values = textual(array.values, have.item, want.item)
        return pa.ListArray.from_arrays(array.offsets, values, mask=array.is_null())
    if want.kind != "struct" or not have.fields:
        return array
    columns = [
        textual(array.field(at), inner, want.fields[name])
        for at, (name, inner) in enumerate(have.fields.items())
    ]
    return pa.StructArray.from_arrays(columns, names=list(have.fields), mask=array.is_null())


def count_at(array: pa.Array, path: Path) -> int:
    """How many values that are not null there are at a path."""
    for key in path:
        if key is ITEM and pa.types.is_list(array.type):
            array = elements(array)
            continue
        names = [f.name for f in array.type] if pa.types.is_struct(array.type) else []
        if key not in names:
            return 0
        array = array.flatten()[names.index(key)]
    return int(len(array) - array.null_count)


def mapped_fingerprints(
    found: Fingerprints, before: Node, after: Node, target: Path, texts: Counter[Path]
) -> tuple[Fingerprints, set[Path]]:
    """The fingerprints of the mapped documents, and the paths where only counts can agree.

    What stood below each field of the object stands below one path now. Where the fields were of
    several kinds the values have been widened, and their sums cannot be told; or they have become
    JSON text, at the paths in `texts`. An object that is empty below one field, and has fields
    below another, is no leaf.
    """
    spread = beside(value_node(node_at(before, target) or Node(), target))
    values: Path = (*target, ITEM) if spread else (*target, ITEM, "value")
    told = {(*values, *path): count for path, count in texts.items()}
    parts: list[Fingerprints] = [{path: Fingerprint(count)} for path, count in told.items()]
    kinds: dict[Path, set[str]] = {}
    for leaf, fingerprint in unhashed(found, target).items():
        if leaf[: len(target)] != target:
            parts.append({leaf: fingerprint})
            continue
        moved = (*values, *leaf[len(target) + 1 :])
        if any(moved[: len(path)] == path for path in told):
            continue
        have, want = node_at(before, leaf), node_at(after, moved)
        if have is None or want is None or want.fields or not fingerprint.count:
            continue
        kinds.setdefault(moved, set()).add(have.kind)
        parts.append({moved: fingerprint})
    widened = {path for path, found_kinds in kinds.items() if len(found_kinds) > 1}
    return together(parts), widened | set(told)


def unhashed(found: Fingerprints, target: Path) -> Fingerprints:
    """The fingerprints without the hashes of what stands in an object used as a map.

    Its places are others there than in the array that it becomes.
    """
    made: Fingerprints = {}
    for path, fingerprint in found.items():
        if path[: len(target)] != target:
            made[path] = fingerprint
        elif fingerprint.count or fingerprint.total is not None:
            made[path] = Fingerprint(fingerprint.count, fingerprint.total)
    return made
