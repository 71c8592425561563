"""Objects that are used as maps, and arrays that are lone objects now and then: read as such.

What else is proposed is then looked for in the rows as the chain will have them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze import (
    Scan,
    as_maps,
    before_entries,
    check_arrays,
    first_documents,
    sample_counts,
    texts_made,
    value_node,
    values_at,
)
from workbench.errors import UnknownPath, UnsupportedType
from workbench.flatten import maps_of
from workbench.propose.fields import Fields
from workbench.schema import ITEM, Node, Path, node_at, parse_path, show, struct_type

MOSTLY = 0.5  # share of the values that are arrays, where the others are objects
Look = Callable[..., Scan]


@dataclass(frozen=True)
class MapField:
    """An object that looks like a map: how many fields it has, and how many of them at a time."""

    path: Path
    fields: int
    held: float

    def __str__(self) -> str:
        names = f"{self.fields:,} names of one shape"
        return f"{show(self.path)} ({names}, {self.held:.3g} in each object in the mean)"


@dataclass(frozen=True)
class Shape:
    """How the chain will read a dump: with entries of `maps`, and `lone` objects in arrays of one.

    `raw` is the schema before there were entries; `left` are maps that cannot become such.
    """

    raw: Node = field(default_factory=Node)
    maps: list[MapField] = field(default_factory=list)
    left: list[Path] = field(default_factory=list)
    lone: list[Path] = field(default_factory=list)

    def before(self, path: Path) -> list[Path]:
        """The paths in the documents of what stands at a path of the rows; none of a map's keys."""
        return before_entries(path, {one.path for one in self.maps}, self.raw)


def shaped(read: Scan, look: Look) -> tuple[Scan, Shape]:
    """The dump in its shape; `look(name, ...)` reads it once more, with more arguments of `scan`.

    Costs another pass or two where there are lone objects, one where the values of maps are of
    several kinds, and one over the staged rows for each map.
    """
    read, lone = with_lone_array(read, look)
    maps, left = maps_in(read)
    if any(has_texts(read.schema, one.path) for one in maps):  # of times and texts: read as texts
        read = look("maps", arrays=lone, maps=[one.path for one in maps])
    raw, found = read.schema, maps
    while maps:
        read = as_maps(read, [show(one.path) for one in maps])
        maps, more = maps_in(read)  # those inside of entries
        found, left = found + maps, more
    return read, Shape(raw, found, left, lone)


def maps_in(scan: Scan) -> tuple[list[MapField], list[Path]]:
    """The maps that can become entries, and those that cannot."""
    counts = sample_counts(scan)
    maps: list[MapField] = []
    left: list[Path] = []
    for text in maps_of(struct_type(scan.schema), (), counts):
        path = parse_path(text)
        node = node_at(scan.schema, path) or Node()
        if not has_entries(node, path):
            left.append(path)
            continue
        held = sum(counts.present[(*path, name)] for name in node.fields)
        maps.append(MapField(path, len(node.fields), held / max(1, counts.present[path])))
    return maps, left


def has_entries(node: Node, path: Path) -> bool:
    """Whether an object can become entries: a field of its own, with values of one kind."""
    if path[-1] is ITEM:
        return False
    try:
        value_node(node, path)
    except UnsupportedType:
        return False
    return True


def has_texts(schema: Node, path: Path) -> bool:
    """Whether inside the values of a map something is of several kinds, and so JSON text."""
    node = node_at(schema, path) or Node()
    return bool(texts_made(node, value_node(node, path)))


def with_lone_array(read: Scan, look: Look) -> tuple[Scan, list[Path]]:
    """The dump with lone objects as arrays of one, where the array for rows has such; and where."""
    documents = first_documents(read)
    found = [
        path
        for path, node in Fields(read).nodes.items()
        if node.kind == "text" and ITEM not in path and mostly_arrays(values_at(documents, path))
    ]
    if not found:
        return read, []
    again = look("arrays", arrays=found)
    best = next(iter(Fields(again).arrays), ())
    if best not in found:
        return read, []
    again = look("array", arrays=[best]) if len(found) > 1 else again
    try:
        check_arrays(again, [show(best)])
    except UnknownPath:  # beyond the first documents there is something else
        return read, []
    return again, [best]


def mostly_arrays(texts: pa.Array) -> bool:
    """Whether JSON texts are arrays, but for some objects."""
    arrays, objects = (pc.sum(pc.starts_with(texts, mark)).as_py() or 0 for mark in "[{")
    return arrays + objects == len(texts) and arrays > MOSTLY * len(texts)
