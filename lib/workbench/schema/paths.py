"""Paths in nested documents: a tuple of keys; ITEM stands for "each element of the array"."""

from __future__ import annotations

ITEM = None
Path = tuple[str | None, ...]


def show(path: Path, odd: str = "") -> str:
    """A path as people write it: `alreadyHaveProducts[].productId`; odd keys in backticks.

    `odd`: what makes a key odd, beside what is odd in any path.
    """
    text = ""
    for key in path:
        if key is ITEM:
            text += "[]"
            continue
        plain = key != "" and not set(key) & set(f".[]` {odd}")
        text += ("." if text else "") + (key if plain else "`" + key.replace("`", "``") + "`")
    return text


def parse_path(text: str) -> Path:
    """The inverse of `show`, for paths given as parameters."""
    path: list[str | None] = []
    rest = text
    while rest:
        if rest.startswith("[]"):
            path.append(ITEM)
            rest = rest[2:]
        elif rest.startswith("`"):
            key, end = "", 1
            while end < len(rest):
                if rest[end] == "`" and rest[end : end + 2] != "``":
                    break
                end += 2 if rest[end : end + 2] == "``" else 1
            key = rest[1:end].replace("``", "`")
            path.append(key)
            rest = rest[end + 1 :]
        else:
            end = min((i for i in (rest.find("."), rest.find("[]")) if i >= 0), default=len(rest))
            path.append(rest[:end])
            rest = rest[end:]
        rest = rest[1:] if rest.startswith(".") else rest
    return tuple(path)
