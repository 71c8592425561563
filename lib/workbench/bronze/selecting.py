"""What is read of each document, where a person has named paths to include or to leave out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace

import pyarrow as pa

from workbench.errors import RequestError
from workbench.proof import leaves, of_array
from workbench.schema import ITEM, Node, Path, Selection, have_indexes, show


def selection(
    include: Iterable[Path], exclude: Iterable[Path], keys: Collection[Path]
) -> Selection:
    """The selection, with the key of the documents in it. RequestError where it is left out."""
    chosen = Selection(frozenset(include), frozenset(exclude))
    if chosen.include:
        chosen = replace(chosen, include=chosen.include.union(keys))
    for name, paths in (("include", chosen.include), ("exclude", chosen.exclude)):
        if () in paths:
            raise RequestError(f"{name}: '' is no path of a field. Write it as in `a.b[].c`.")
    for key in keys:
        if not chosen.keeps(key):
            raise RequestError(
                f"exclude: {show(key)} is the key, which tells documents apart. Leave it in, and "
                "name it in pii where nobody is to see it."
            )
    return chosen


def pruned(node: Node, chosen: Selection, path: Path = ()) -> Node:
    """The schema of what is read; objects and arrays of which nothing is left are null."""
    if node.kind == "struct" and node.fields:
        kept = ((name, child) for name, child in node.fields.items())
        inner = {n: pruned(c, chosen, (*path, n)) for n, c in kept if chosen.keeps((*path, n))}
        left = {n: c for n, c in inner.items() if c.kind != "null" or node.fields[n].kind == "null"}
        return replace(node, fields=left) if left or not path else Node()
    if node.kind == "list" and node.item and node.item.kind != "null":
        item = pruned(node.item, chosen, (*path, ITEM)) if chosen.keeps((*path, ITEM)) else Node()
        return replace(node, item=item) if item.kind != "null" else Node()
    return node


def pruned_array(
    array: pa.Array, have: Node, want: Node, left_out: Counter[Path], path: Path = ()
) -> pa.Array:
    """The values of what is read; `left_out` counts the others by path."""
    if have.kind == "list" and have.item and want.item:
        values = pruned_array(array.values, have.item, want.item, left_out, (*path, ITEM))
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, mask=mask)
    if have.kind != "struct" or not have.fields:
        return array
    at, kept = have_indexes(array), []
    without = array.flatten() if have.fields.keys() - want.fields.keys() else []
    for name, child in have.fields.items():
        if name in want.fields:
            inner, below = array.field(at[name]), (*path, name)
            kept.append(pruned_array(inner, child, want.fields[name], left_out, below))
        else:
            below_null = without[at[name]]  # null where the object is
            left_out[(*path, name)] += leaves(of_array(below_null, (*path, name)))
    if not kept:  # of these documents; others may have more
        return pa.array([{}] * len(array), pa.struct([]))
    fields = [pa.field(name, made.type) for name, made in zip(want.fields, kept, strict=True)]
    return pa.StructArray.from_arrays(kept, fields=fields, mask=array.is_null())
