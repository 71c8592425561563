"""Drift: how the schema of an ingestion differs from that of the one before.

A path is `added`, `removed`, `widened` (its new kind holds the old values too, as double does
int), `conflicting` (only a string of JSON text holds both) or `narrowed` (its old kind holds the
new values too: no reader of the old is surprised, so this alone is no failure).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from workbench.errors import SchemaDrift
from workbench.schema.kinds import Node, merge, settled
from workbench.schema.paths import ITEM, Path, show

NARROWED = "narrowed"


@dataclass(frozen=True)
class Change:
    """One path that differs, with its kinds; None where it is not there."""

    path: str
    change: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        kinds = " -> ".join(kind for kind in (self.before, self.after) if kind)
        return f"{self.path} {self.change} ({kinds})"


def changes(before: Node, after: Node) -> list[Change]:
    """Every path that differs, in the order of the new schema, then what is gone."""
    return list(compared(before, after, ()))


def compared(before: Node | None, after: Node | None, path: Path) -> Iterator[Change]:
    if before is None or after is None:
        for place, node in leaves(before or after or Node(), path):
            kind = describe(node)
            gone = after is None
            yield Change(
                show(place),
                "removed" if gone else "added",
                kind if gone else None,
                None if gone else kind,
            )
    elif before.kind == after.kind == "struct":
        for name in {**after.fields, **before.fields}:
            yield from compared(before.fields.get(name), after.fields.get(name), (*path, name))
    elif before.kind == after.kind == "list":
        yield from compared(before.item or Node(), after.item or Node(), (*path, ITEM))
    elif describe(before) != describe(after):
        yield Change(show(path), direction(before, after), describe(before), describe(after))


def direction(before: Node, after: Node) -> str:
    """What becomes of a path whose two kinds are not the same."""
    both = describe(settled(merge(before, after)))
    if both == describe(before):
        return NARROWED
    return "conflicting" if both == "text" else "widened"


def leaves(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    """The leaves of a node; of an array, those of its elements."""
    if node.kind == "struct" and node.fields:
        for name, child in node.fields.items():
            yield from leaves(child, (*path, name))
    elif node.kind == "list":
        yield from leaves(node.item or Node(), (*path, ITEM))
    else:
        yield path, node


def describe(node: Node) -> str:
    """A kind in a word; of a decimal, with its scale, which is part of its type."""
    return f"decimal with {node.scale} places" if node.kind == "decimal" else node.kind


def as_rows(found: list[Change]) -> list[dict[str, Any]]:
    return [asdict(change) for change in found]


def refuse_drift(found: list[Change], since: str, on_drift: str) -> None:
    """Raises SchemaDrift, naming the paths, where `on_drift` is "fail" and a path drifted."""
    wrong = [change for change in found if change.change != NARROWED]
    if on_drift != "fail" or not wrong:
        return
    shown = "\n".join(f"  {change}" for change in wrong[:20])
    more = f"\n  and {len(wrong) - 20} more" if wrong[20:] else ""
    raise SchemaDrift(
        f"The schema differs from that of the ingestion of {since} in {len(wrong)} path(s):\n"
        f"{shown}{more}\n"
        "on_drift is fail, so nothing was published. Mend the dump, or accept the change with "
        "on_drift=report."
    )
