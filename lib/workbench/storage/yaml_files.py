"""Names in a YAML file, of which one that comes twice would silently lose its first value."""

from __future__ import annotations

from typing import Any

from workbench.errors import RequestError


def refuse_twice(where: str, node: Any) -> None:
    """Raises RequestError where a mapping of a composed file, at any depth, has a name twice."""
    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop()
        inside = getattr(node, "value", None)  # pairs of a mapping, items of a list, or a text
        if not isinstance(inside, list) or id(node) in seen:
            continue
        seen.add(id(node))  # aliases may name one thing many times
        if node.tag.endswith(":map"):
            names = [name.value for name, _ in inside]
            twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
            if twice is not None:
                raise RequestError(f"{where} gives {twice} twice. Leave one of them out.")
            inside = [value for _, value in inside]
        waiting += inside
