"""The types of documents: infer, merge, and turn into Arrow types.

The lattice (what two kinds at one path become) is:

    null < anything        int < double        int < decimal (beyond 64 bits, up to 38 digits)
    numbers that no double holds together (a wide int beside a double): exact
    isotime (a text that is an ISO time) < timestamp; beside other texts: isotext
    isotext where nearly all are times: as apart
    date: only where a person chose it
    timestamp beside datetext (a `$date` that does not parse), texts or empty arrays: apart
    anything else together, and numbers beyond 38 digits: text, a string holding JSON text

Some are no kinds of a table, but ask for another look at what was written: `exact` for the numbers'
own digits, which make a decimal or text; `apart` to set the texts of such dates beside the times;
`isotext` to leave all texts as they are, or to set apart those that are no times, where most are.

Beside objects an empty array or an empty text is null (PHP writes its empty objects as `[]`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from workbench.schema.paths import ITEM, Path

DECIMAL_DIGITS = 38
INT_DIGITS = 19
WRITTEN = (
    "text",
    "datetext",
    "exact",
    "apart",
    "isotext",
)  # kinds whose values are kept as they were written
MOST = 0.75  # of the texts at a path are times: then it has times, and the others are set apart
TOLD = 0.1  # and so many at least: then it is told why they are none
DATES = {"timestamp", "isotime", "datetext", "apart"}
TEXTS = {"string", "isotime", "isotext"}
SETTLED = {"exact": "text", "apart": "datetext", "isotime": "timestamp", "isotext": "string"}
NUMBERS = {"int", "double", "decimal", "exact"}


@dataclass
class Node:
    """What stands at one path: its kind, and below it fields (struct) or the item (list).

    `hollow`: of objects, how many empty arrays and texts stood in their place; of another kind,
    how many there are of these, where there is nothing else.
    `wide`: among the integers is one that no double holds, as 2**53 + 1.
    `times`, `others`: of texts, how many are ISO times, and are not; empty ones are neither.
    `plain`: of text, that there are texts and empty arrays alone, which `$date` sets apart.
    `precision`: of a decimal, the digits of its type; fewer than 38 only where a person said so.
    """

    kind: str = "null"
    fields: dict[str, Node] = field(default_factory=dict)
    item: Node | None = None
    digits: int = 0
    scale: int = 0
    precision: int = DECIMAL_DIGITS
    hollow: int = field(default=0, compare=False)
    wide: bool = False
    times: int = field(default=0, compare=False)
    others: int = field(default=0, compare=False)
    plain: bool = field(default=False, compare=False)

    @property
    def has_times(self) -> bool:
        """Whether so many of the texts are times that the others are strangers."""
        return self.times > 0 and self.times >= MOST * (self.times + self.others)

    @property
    def likely_times(self) -> bool:
        """Whether so many of the texts are times that a person wonders why it has none."""
        return self.times > 0 and self.times >= TOLD * (self.times + self.others)


def merge(left: Node, right: Node) -> Node:
    """The least kind that holds both; fields keep the order of first appearance, left first."""
    if left.kind == "null":
        return right
    if right.kind == "null":
        return left
    kinds = {left.kind, right.kind}
    both = left.hollow + right.hollow
    if kinds == {"struct"}:
        fields = dict(left.fields)
        for name, node in right.fields.items():
            fields[name] = merge(fields[name], node) if name in fields else node
        return Node("struct", fields, hollow=both)
    if is_hollow(left, right) or is_hollow(right, left):
        return Node("struct", left.fields or right.fields, hollow=both)
    hollow = both if left.hollow and right.hollow else 0
    if kinds == {"list"}:
        item = merge(left.item or Node(), right.item or Node())
        return Node("list", item=item, hollow=hollow)
    if kinds <= TEXTS:
        kind = left.kind if len(kinds) == 1 else "isotext"
        times, others = left.times + right.times, left.others + right.others
        return Node(kind, hollow=hollow, times=times, others=others)
    plain = all(is_plain(node) for node in (left, right))
    if hollow:
        return Node(left.kind if len(kinds) == 1 else "text", hollow=hollow, plain=plain)
    if kinds <= {"int", "decimal"} and "decimal" in kinds:
        digits = max(INT_DIGITS if n.kind == "int" else n.digits for n in (left, right))
        scale = max(left.scale, right.scale)
        if left.precision == right.precision and digits + scale <= left.precision:
            return replace(decimal_node(digits, scale), precision=left.precision)
        return decimal_node(digits, scale) if digits + scale <= DECIMAL_DIGITS else Node("exact")
    if kinds == {"int"}:
        return Node("int", wide=left.wide or right.wide)
    if len(kinds) == 1 and kinds != {"text"}:
        return left
    if kinds == {"int", "double"} and not (left.wide or right.wide):
        return Node("double")
    if kinds <= NUMBERS:
        return Node("exact")
    if kinds == {"isotime", "timestamp"}:
        return Node("timestamp")
    if all(node.kind in DATES or is_plain(node) for node in (left, right)) and not plain:
        return Node("apart")
    return Node("text", plain=plain)


def is_plain(node: Node) -> bool:
    """Whether there are texts and empty arrays alone: beside `$date` they are set apart."""
    empty = node.kind == "list" and node.hollow > 0 and (node.item or Node()).kind == "null"
    return node.kind in TEXTS or empty or (node.kind == "text" and node.plain)


def is_hollow(have: Node, want: Node) -> bool:
    """Whether all there is are empty arrays and texts, where others have objects."""
    return bool(have.hollow) and have.kind != "struct" and want.kind == "struct"


def settled(node: Node) -> Node:
    """The node in kinds of tables, where no other look at what was written can be had.

    Text where numbers of unknown digits fit no double: no decimal is sure to.
    """
    if node.kind == "struct":
        return replace(node, fields={name: settled(n) for name, n in node.fields.items()})
    if node.kind == "list":
        return replace(node, item=settled(node.item or Node()))
    return replace(node, kind=SETTLED.get(node.kind, node.kind))


def number_node(number: Decimal) -> Node:
    """The least exact type of a number, with the digits that it was written with."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):  # NaN, or infinite
        return Node("text")
    return decimal_node(max(len(digits) + exponent, 0), max(0, -exponent))


def decimal_node(digits: int, scale: int) -> Node:
    """A decimal with so many digits before and after the point, or text where 38 do not do."""
    if digits + scale > DECIMAL_DIGITS:
        return Node("text")
    return Node("decimal", digits=digits, scale=scale)


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node with its path, parents first, fields in order."""
    yield path, node
    if node.kind == "struct":
        for name, child in node.fields.items():
            yield from walk(child, (*path, name))
    elif node.kind == "list" and node.item is not None:
        yield from walk(node.item, (*path, ITEM))


def node_at(node: Node | None, path: Path) -> Node | None:
    """The node at a path; None where there is none."""
    for key in path:
        if node is None:
            return None
        node = node.item if key is ITEM else node.fields.get(str(key))
    return node


def loose_paths(node: Node) -> dict[Path, str]:
    """The paths whose values must be looked at as they were written, by kind.

    Objects that never have a field, and empty arrays or texts beside them, are text.
    """
    found = {p: n.kind for p, n in walk(node) if n.kind in WRITTEN}
    empty = (p for p, n in walk(node) if n.kind == "struct" and n.hollow and not n.fields)
    return found | dict.fromkeys(empty, "text")


def to_json(node: Node) -> Any:
    """A node as plain JSON, to be stored beside the table."""
    if node.hollow and node.kind != "struct":
        return {"hollow": [node.hollow, to_json(replace(node, hollow=0))]}
    if node.kind == "struct":
        return {"struct": [[name, to_json(n)] for name, n in node.fields.items()]}
    if node.kind == "list":
        return {"list": to_json(node.item or Node())}
    if node.kind == "decimal":
        chosen = [node.precision] if node.precision != DECIMAL_DIGITS else []
        return {"decimal": [node.digits, node.scale, *chosen]}
    return node.kind


def from_json(stored: Any) -> Node:
    """The inverse of `to_json`."""
    if isinstance(stored, str):
        return Node(stored)
    if "hollow" in stored:
        count, plain = stored["hollow"]
        return replace(from_json(plain), hollow=count)
    if "struct" in stored:
        return Node("struct", {name: from_json(child) for name, child in stored["struct"]})
    if "list" in stored:
        return Node("list", item=from_json(stored["list"]))
    digits, scale, *chosen = stored["decimal"]
    precision = chosen[0] if chosen else DECIMAL_DIGITS
    return Node("decimal", digits=digits, scale=scale, precision=precision)
