"""Arrays whose elements become fields, one for each place: `tags` becomes `tags.0`, `tags.1`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.results import POSITION, Scan
from workbench.bronze.staging import as_staged, documents, whose
from workbench.errors import UnknownPath
from workbench.flatten import check_length, replaced
from workbench.proof import (
    Contents,
    Fingerprint,
    Fingerprints,
    Hashes,
    compare,
    of_array,
    positions,
    together,
)
from workbench.schema import ITEM, Node, Path, elements, have_indexes, node_at, show, sizes, walk
from workbench.storage import relay
from workbench.suggest import likely


def spread_staged(
    scan: Scan, node: Node, path: Path, known: Fingerprints
) -> tuple[Node, Fingerprints]:
    """Each staged file once more, with the array at `path` as an object with a field per place.

    `known` are the fingerprints of the rows. Returns the schema and the fingerprints of those that
    were made; where no array has an element, what was given. Raises UnknownPath where there is no
    such array, RequestError where one is too long, LeavesLost where a value is not in its place.
    """
    check_array(node, path)
    files = documents(scan.folder)
    longest = max((longest_in(rows, path) for _, rows, _ in staged_rows(files)), default=0)
    check_length(path, longest)
    if not longest:
        return node, known
    expected: list[Fingerprints] = []
    before, after = Contents(), Contents()
    for file, rows, at in staged_rows(files):
        before += as_staged(scan.keys, rows)
        plain = pa.StructArray.from_arrays(
            [rows.field(i) for i, f in enumerate(rows.type) if f.name != POSITION],
            names=[f.name for f in rows.type if f.name != POSITION],
        )
        expected.append(by_place(list_at(plain, path), path, whose(plain, scan.keys, at), longest))
        made = replaced(rows, path, longest)
        after += as_staged(scan.keys, made)
        pq.write_table(pa.Table.from_struct_array(made), file, compression="lz4")
        relay.hand_over(file)
    compare(known, before.leaves, "What was staged")
    own = {path: after.leaves.get(path, Fingerprint())}  # of the object itself, which was an array
    others = {p: f for p, f in known.items() if p[: len(path)] != path}
    compare(others | own | together(expected), after.leaves, f"What was made of {show(path)}")
    return spread_node(node, path, longest), after.leaves


def check_array(node: Node, path: Path) -> None:
    found = node_at(node, path)
    if found is None or found.kind != "list" or ITEM in path:
        arrays = [show(p) for p, n in walk(node) if n.kind == "list" and ITEM not in p]
        near = likely(show(path), arrays)
        raise UnknownPath(
            f"as_columns: {show(path)} is no array of the documents, outside of others. "
            + (f"Arrays: {near}." if near else "They have none; leave it out.")
        )


def staged_rows(files: list[FilePath]) -> Iterator[tuple[FilePath, pa.StructArray, pa.Array]]:
    """The rows of each staged file, and their positions."""
    for file in files:
        table = pq.read_table(file, partitioning=None).combine_chunks()
        rows = table.to_struct_array()
        rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        yield file, rows, rows.field(have_indexes(rows)[POSITION])


def list_at(rows: pa.Array, path: Path) -> pa.Array:
    """The arrays at a path outside of others, null where the object around is."""
    for key in path:
        rows = rows.flatten()[have_indexes(rows)[str(key)]]
    return rows


def longest_in(rows: pa.Array, path: Path) -> int:
    return int(sizes(list_at(rows, path)).max(initial=0))


def by_place(array: pa.Array, path: Path, around: Hashes, longest: int) -> Fingerprints:
    """What the field of each place must hold, from the arrays themselves."""
    counts = sizes(array)
    inside, homes, places = elements(array), np.repeat(around, counts), positions(counts)
    found: Fingerprints = {}
    for place in range(longest):
        here = places == place
        found |= of_array(inside.filter(pa.array(here)), (*path, str(place)), None, homes[here])
    return found


def spread_node(node: Node, path: Path, longest: int) -> Node:
    """The schema of what was made."""
    if not path:
        return Node("struct", {str(place): node.item or Node() for place in range(longest)})
    key = str(path[0])
    inner = spread_node(node.fields[key], path[1:], longest)
    return replace(node, fields=node.fields | {key: inner})
