"""YAML that people write: small, flat, and with each name once.

A name that comes twice would silently lose its first value; a few lines of aliases can stand for
more than any memory holds, a few thousand brackets for more than any stack, and a megabyte of
commas for a minute of work.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from workbench.errors import RequestError

LARGEST, DEEPEST, MOST_ALIASES = 1 << 20, 50, 5  # characters, levels, names for other parts
MOST_PARTS = 100_000  # values, names, beginnings and ends: 40,000 lines


def yaml_text(where: str, path: Path) -> str:
    """The text of a file, which is not read beyond what is looked at. RequestError if it has more.

    OSError and ValueError where it cannot be read, or is no text.
    """
    with path.open(encoding="utf-8") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise RequestError(f"{where} has more than {LARGEST:,} characters; up to that are read.")
    return text


def yaml_loader(kind: str) -> Any:
    """PyYAML's loader of a kind (`Base`, `Safe`), in C where there is one: ten times faster."""
    import yaml

    return getattr(yaml, f"{'C' * yaml.__with_libyaml__}{kind}Loader")


def checked_yaml(where: str, text: str) -> None:
    """Raises RequestError where a text is no YAML that people write, or has a name twice.

    YAMLError where it is no YAML at all. `where` is what errors call it.
    """
    import yaml

    loader = yaml_loader("Safe")
    if len(text) > LARGEST:
        raise RequestError(f"{where} has {len(text):,} characters; up to {LARGEST:,} are read.")
    depth = aliases = 0
    for parts, event in zip(count(1), yaml.parse(text, loader)):
        if parts > MOST_PARTS:
            raise RequestError(
                f"{where} has more than {MOST_PARTS:,} names, values and brackets. Keep those that "
                "are needed."
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > DEEPEST or aliases > MOST_ALIASES:
            what = f"brackets or indents {depth} deep" if depth > DEEPEST else f"{aliases} aliases"
            raise RequestError(
                f"{where} has {what}, and no such file needs that many. Write the values out, one "
                "below the other."
            )
    refuse_twice(where, yaml.compose(text, loader))


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
            names: set[str] = set()
            for name in (key.value for key, _ in inside if isinstance(key.value, str)):
                if name in names:
                    raise RequestError(f"{where} gives {name} twice. Leave one of them out.")
                names.add(name)
            inside = [value for _, value in inside]
        waiting += inside
