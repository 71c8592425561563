"""Where arrays are expected, a lone object is an array of one; any other stranger is bad."""

from __future__ import annotations

from collections import Counter
from typing import Any

from workbench.bronze.parsing.exact import classify, holders
from workbench.bronze.parsing.parsed import Bad, Rules
from workbench.schema import ITEM, Node, Path, show

NOT_AN_ARRAY = "not an array"


def expect_arrays(
    decoded: dict[int, dict[str, Any]], bad: list[Bad], rules: Rules
) -> tuple[Counter[Path], set[Path]]:
    """Puts lone objects into arrays, and takes documents with other strangers for bad.

    Returns how many lone objects there were by path, and the paths of those with arrays.
    """
    lone, lists = Counter[Path](), set[Path]()
    for path in sorted(rules.arrays, key=len):
        for at, document in list(decoded.items()):
            fault = ""
            for holder, key in holders(document, path):
                value = holder[key]
                if isinstance(value, list):
                    lists.add(path)
                elif value is not None and classify(value)[0].kind == "struct":
                    holder[key] = [value]
                    lone[path] += 1
                elif value is not None:
                    fault = f"{show(path)} is {classify(value)[0].kind}"
            if fault:
                bad.append(Bad(at, NOT_AN_ARRAY, fault))
                del decoded[at]
    bad.sort(key=lambda b: b.at)
    return lone, lists


def unlisted(node: Node, arrays: frozenset[Path]) -> bool:
    """Whether something else than an array stands where one is expected."""
    return any(found.kind not in ("list", "null") for found in at_paths(node, arrays).values())


def at_paths(node: Node, paths: frozenset[Path]) -> dict[Path, Node]:
    """The nodes at some paths, of those that are there."""
    found = {}
    for path in paths:
        inner: Node | None = node
        for key in path:
            inner = inner and (inner.item if key is ITEM else inner.fields.get(str(key)))
        if inner:
            found[path] = inner
    return found
