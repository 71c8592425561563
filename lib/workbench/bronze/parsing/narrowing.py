"""Documents with more fields than any table should have, of which those that nobody wants go first.

Elsewhere what is left out is typed as all else is, and goes then: in Arrow's hands that costs less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.bronze.parsing.exact import classify
from workbench.bronze.parsing.parsed import Rules
from workbench.bronze.reading import Documents, has_many_names, too_wide, widest
from workbench.schema import ITEM, Path

LeftOut = dict[int, Counter[Path]]  # how many values, by their paths, of each document


def narrowed(documents: Documents, decoded: dict[int, dict[str, Any]], rules: Rules) -> LeftOut:
    """Takes out of decoded documents what is not selected, where the rules say so; counts it.

    Raises BoundExceeded where they have too many fields still.
    """
    if not rules.narrow:
        return {}
    names: dict[Path, str] = {}
    left_out: LeftOut = {}
    for at, document in decoded.items():
        left_out[at] = Counter()
        decoded[at] = without(document, (), rules, names, left_out[at])
    if has_many_names(decoded.values(), rules.most_fields):
        raise too_wide(documents.path, rules.most_fields, widest(documents.texts))
    return left_out


def without(
    value: Any, path: Path, rules: Rules, names: dict[Path, str], left_out: Counter[Path]
) -> Any:
    """A value without what is not selected.

    Where something was, one name is left, with null: an object is not empty for what was taken out
    of it. That name goes with all else that is left out, once there are types. Under it those are
    counted that nobody named, of which each document may have others.
    """
    if isinstance(value, list):
        return [without(one, (*path, ITEM), rules, names, left_out) for one in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Any] = {}
    for name, inner in value.items():
        below = (*path, name)
        if rules.selected.keeps(below):
            made[name] = without(inner, below, rules, names, left_out)
        else:
            first = names.setdefault(path, name)
            made[first] = None
            named = below in rules.selected.exclude
            left_out[below if named else (*path, first)] += leaves(inner)
    return made


def leaves(value: Any) -> int:
    """How many values that are not null stand in one."""
    node, plain = classify(value)
    if node.kind in ("struct", "list"):
        return sum(map(leaves, plain.values() if node.kind == "struct" else plain))
    return int(node.kind != "null")


def of_those(left_out: Mapping[int, Counter[Path]], kept: Iterable[int]) -> Counter[Path]:
    """The counts of the documents that are kept."""
    found = Counter[Path]()
    for at in kept if left_out else ():
        found.update(left_out[at])
    return found
