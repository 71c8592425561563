"""Arrays to be rows: what nearly all of their elements are, and documents with others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.exact import classify, holders
from workbench.bronze.parsing.holding import values_at_path
from workbench.bronze.parsing.parsed import Bad
from workbench.schema import ITEM, Node, Path, node_at, show

ODD_ELEMENT = "odd element"
MOST = 0.75  # of the elements at a path are of one form: then the others are strangers
OBJECT, ARRAY, SINGLE = "object", "array", "single value"
FORMS = {"struct": OBJECT, "list": ARRAY}
Elements = Counter[tuple[Path, str]]


def form_of(node: Node) -> str:
    return FORMS.get(node.kind, SINGLE)


def elements_of(rows: pa.StructArray, node: Node, arrays: Iterable[Path]) -> Elements:
    """How many elements of each form there are in some arrays."""
    counts: Elements = Counter()
    for path in arrays:
        item = node_at(node, (*path, ITEM))
        if item is None or item.kind == "null":
            continue
        values = values_at_path(rows, (*path, ITEM))[0]
        if item.kind == "text":
            for form, pattern in ((OBJECT, r"^\{"), (ARRAY, r"^\[."), (SINGLE, r'^[^{\["]|^"[^"]')):
                there = pc.match_substring_regex(values, pattern)
                counts[path, form] += pc.sum(there).as_py() or 0
        else:
            counts[path, form_of(item)] += len(values) - values.null_count
    return counts


def expected_forms(counts: Elements) -> dict[Path, str]:
    """The form of nearly all elements, of the arrays that have others too."""
    found = {}
    for path in {path for path, _ in +counts}:
        forms = {form: count for (there, form), count in counts.items() if there == path and count}
        most = max(forms, key=lambda form: forms[form])
        if len(forms) > 1 and forms[most] >= MOST * sum(forms.values()):
            found[path] = most
    return found


def take_out_odd(
    decoded: dict[int, dict[str, Any]], bad: list[Bad], expected: Mapping[Path, str]
) -> None:
    """Takes documents for bad in which an element is of another form than nearly all of them."""
    for path, form in expected.items():
        for at, document in list(decoded.items()):
            values = (holder[key] for holder, key in holders(document, (*path, ITEM)))
            kinds = (classify(v)[0] for v in values if v not in (None, "", []))
            odd = next((kind for kind in kinds if form_of(kind) != form), None)
            if odd:
                said = f"{show((*path, ITEM))} is {odd.kind}, and nearly all others are {form}s"
                bad.append(Bad(at, ODD_ELEMENT, said))
                del decoded[at]
    bad.sort(key=lambda b: b.at)


def any_odd(node: Node, expected: Mapping[Path, str]) -> bool:
    """Whether elements of another form than expected stand in an array."""
    items = ((node_at(node, (*path, ITEM)), form) for path, form in expected.items())
    return any(item and item.kind != "null" and form_of(item) != form for item, form in items)
