"""What a pass over a dump teaches the next: kinds that conflict, arrays, texts that need a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from workbench.bronze.parsing import Rules, expected_forms
from workbench.bronze.results import Outcome
from workbench.schema import ITEM, Node, Path, PathSet, loose_paths, merge, node_at, show, walk


def with_learned(
    rules: Rules,
    wanted: set[Path],
    maps: Iterable[Path],
    outcomes: Iterable[Outcome],
    schema: Node,
) -> Rules:
    """The rules, and what a pass has taught: where kinds conflict, and where arrays are expected.

    `wanted` are such paths; those that no document has an array at are taken out.
    """
    lists, taken, elements = set[Path](), False, Counter[tuple[Path, str]]()
    for outcome in outcomes:
        lists |= outcome.lists
        taken |= outcome.taken
        elements += outcome.elements
    wanted -= rules.arrays - lists
    loose = still_loose(schema, rules) | loose_in_maps(schema, maps)
    arrays = frozenset(path for path in wanted if path in rules.arrays or loose.get(path) == "text")
    written = {path: kind for path, kind in (rules.loose | loose).items() if path not in arrays}
    forms = expected_forms(elements)
    odd = {path: form for path, form in forms.items() if path not in rules.elements}
    written = {path: kind for path, kind in written.items() if path[:-1] not in odd}
    rules = replace(rules, elements=rules.elements | odd)
    name = rules.file_column
    if taken:  # then two things were merged there
        written = {p: kind for p, kind in written.items() if p[0] != name or p in rules.loose}
        name = free_name(name, schema)
    return set_beside(replace(rules, loose=written, arrays=arrays, file_column=name), schema)


def free_name(name: str, schema: Node) -> str:
    """Another name, which no field of the documents has."""
    while name in schema.fields:
        name = f"_{name}"
    return name


def still_loose(schema: Node, rules: Rules) -> dict[Path, str]:
    """The paths to be looked at as written; text where the numbers' own digits fit no decimal."""
    found = loose_paths(schema)
    for path, kind in found.items():
        if kind == rules.loose.get(path) == "exact":
            found[path] = "text"
        elif kind == "isotext" and path[-1] is not ITEM and has_times(schema, path):
            found[path] = "apart"
    return found


def has_times(schema: Node, path: Path) -> bool:
    """Whether the texts there are times, but for a few."""
    node = node_at(schema, path)
    return node is not None and node.has_times


def loose_in_maps(schema: Node, maps: Iterable[Path]) -> dict[Path, str]:
    """The paths inside maps where some fields hold times and others other texts.

    All stay texts, unless nearly all are times in a field that has room for others beside it.
    """
    found: dict[Path, str] = {}
    for target in maps:
        entries = (node_at(schema, target) or Node()).fields
        odd = {path: kind_in_map(path, node) for path, node in odd_in_map(entries).items()}
        found |= {(*target, name, *path): kind for path, kind in odd.items() for name in entries}
    return found


def odd_in_map(entries: Mapping[str, Node]) -> dict[Path, Node]:
    """The paths inside the values where not all texts, or dates, are times."""
    values = Node()
    for entry in entries.values():
        values = merge(values, entry)
    return {path: node for path, node in walk(values) if node.kind in ("isotext", "apart")}


def kind_in_map(path: Path, node: Node) -> str:
    if node.kind == "apart":
        return "datetext"
    return "apart" if node.has_times and path and path[-1] is not ITEM else "isotext"


def texts_in_maps(schema: Node, maps: Iterable[Path]) -> dict[Path, Node]:
    """The paths of entries whose texts stay texts though many are times."""
    return {
        (*target, ITEM, *path): replace(node, kind="string")
        for target in maps
        for path, node in odd_in_map((node_at(schema, target) or Node()).fields).items()
        if kind_in_map(path, node) == "isotext" and node.likely_times
    }


def set_beside(rules: Rules, schema: Node) -> Rules:
    """The rules with names for the texts of dates that are no times, where there is none yet."""
    names = {path for path, _ in walk(schema)}
    loose, beside, personal = dict(rules.loose), dict(rules.beside), rules.personal
    unread = {p for p in rules.expand if loose.get(p) == "text"}  # not all texts hold JSON
    apart = {p for p, kind in loose.items() if kind == "apart"}
    for path in sorted((apart | unread) - beside.keys(), key=show):
        if path[-1] is ITEM:  # an array has no room for a field beside
            loose[path] = "datetext" if path in apart else "text"
            continue
        if path in unread:
            del loose[path]
        name = f"{path[-1]}_text"
        while (*path[:-1], name) in names:
            name = f"{name}_"
        beside[path] = name
        if path in unread and any(p[: len(path)] == path for p in personal):
            # Nobody knows what stands in such a text.
            personal = PathSet(personal | {(*path[:-1], name)})
    return replace(rules, loose=loose, beside=beside, personal=personal)
