"""Names in a YAML file, of which one that comes twice would silently lose its first value."""

from __future__ import annotations

from typing import Any

from workbench.errors import RequestError


def refuse_twice(where: str, node: Any) -> None:
    """Raises RequestError where a mapping of a composed file, at any depth, has a name twice."""
    if not getattr(node, "tag", "").endswith(":map"):
        return
    names = [name.value for name, _ in node.value]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise RequestError(f"{where} gives {name} twice. Leave one of them out.")
    for _, inner in node.value:
        refuse_twice(where, inner)
