"""A dump that is one document around its documents: in an array, or by their keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Any

from workbench.bronze.parsing.decoding import MISSING_KEY, TOO_LARGE, Decoder, key_fault
from workbench.bronze.reading import Documents, Source, as_strict, blocks, shown
from workbench.schema import Node, Path, key_paths, show, walk

HEAD = 1 << 16
FEWEST = 3  # elements, or fields, around which one document is likely to be no more than a frame
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],]', re.DOTALL)
Collection = tuple[Path, list[Any] | dict[str, Any]]
PLAIN = re.compile(r"[a-zA-Z_]\w*", re.ASCII)


def unwrap(path: Path, elements: int | None, documents: int = 1) -> str:
    """What to do about an array of so many elements (None: not known) around the documents."""
    around = "The dump is one document" if documents == 1 else "The first document is"
    many = "" if elements is None else f", of {elements:,} elements"
    inside = "".join(f".{in_jq(str(name))}" for name in path)
    return (
        f"{around} around an array, {show(path)}{many}. To count those, make each a document of "
        f"its own, and look at that file:\n  jq -c '{inside}[]' dump.json > documents.json\n"
        f"or name them: --records {quote(shown(path))} (-p records=... of a run)"
    )


def unmap(path: Path, fields: int | None, key: str) -> str:
    """What to do about an object of so many fields (None: not known), whose names are the keys of
    the documents."""
    where = f"one document around an object, {show(path)}, of" if path else "one object of"
    many = "many" if fields is None else f"{fields:,}"
    inside = "".join(f".{in_jq(str(name))}" for name in path) or "."
    return (
        f"The dump is {where} {many} objects. To count those, make each a document of its own, "
        "with its name as the key, and look at that file:\n"
        f"  jq -c '{inside} | to_entries[] | {{{json.dumps(key)}: .key}} + .value' dump.json "
        f"> documents.json\nor name them: --records {quote(shown(path))} (-p records=... of a run)"
    )


def in_jq(name: str) -> str:
    return name if PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def advice(documents: int, first: Mapping[str, Any], key: str) -> str:
    """The same after a blank, where the first document in quarantine is such a one; else empty.

    Of several documents, the elements have the key.
    """
    if first["reason"] == TOO_LARGE:
        begun = in_beginning(first["raw"][:HEAD])
        if begun is None:
            return ""
        path, is_map = begun
        return f" {unmap(path, None, key or 'key') if is_map else unwrap(path, None)}"
    if first["reason"] != MISSING_KEY:
        return ""
    found = list(
        collections(Decoder(lenient=True).document(as_strict(first["raw"].encode())[0]), ())
    )
    if documents > 1:
        wanted = key_paths(key)
        lists = ((path, inner) for path, inner in found if isinstance(inner, list))
        found = [(path, inner) for path, inner in lists if not key_fault(inner[0], wanted)]
    if not found:
        return ""
    path, inner = longest(found)
    if isinstance(inner, dict):
        return f" {unmap(path, len(inner), key)}"
    return f" {unwrap(path, len(inner), documents)}"


def proposed_records(sources: list[Source], documents: int, schema: Node) -> Path | None:
    """Where the documents stand in a dump that is one document around them; None where it is not.

    A map has at least three objects with a field in common, an array at least three objects. The
    dump is looked into where its schema, unless it has none, says that there may be such.
    """
    if documents != 1 or (schema.fields and not may_frame(schema)):
        return None
    block = next(iter(blocks(sources)))
    if block.too_large:
        begun = in_beginning((block.payload or b"")[:HEAD].decode(errors="replace"))
        return begun[0] if begun else None
    try:
        value = Decoder(lenient=True).document(Documents(block).strict[0])
    except ValueError:
        return None
    found = [(p, inner) for p, inner in collections(value, ()) if len(inner) >= FEWEST]
    return longest(found)[0] if found else None


def in_beginning(text: str) -> tuple[Path, bool] | None:
    """What documents stand in, and whether that is a map, by the beginning of the one around it.

    Of documents that are large themselves there may be no more than a part of the first.
    """
    try:
        value = Decoder(lenient=True).document(closed(text).encode())
    except ValueError:
        return None
    found = [(p, x) for p, x in collections(value, ()) if isinstance(x, list) or len(x) >= FEWEST]
    if not found:
        return None
    path, inner = longest(found)
    return path, isinstance(inner, dict)


def longest(found: list[Collection]) -> Collection:
    """The collection of the most elements or fields, of some with their paths."""
    return max(found, key=lambda pair: len(pair[1]))


def closed(text: str) -> str:
    """The beginning of a JSON text up to its last comma, as a whole one."""
    cut, ends, brackets = 0, "", ""  # what closes those that are open, the innermost first
    for token in TOKEN.finditer(text):
        if token[0] in ("{", "["):
            brackets = ("}" if token[0] == "{" else "]") + brackets
        elif token[0] in ("}", "]"):
            brackets = brackets[1:]
        elif token[0] == ",":
            cut, ends = token.start(), brackets
    return text[:cut] + ends


def may_frame(schema: Node) -> bool:
    """Whether there is an array of objects, or an object of some."""
    return any(
        node.item is not None and node.item.kind == "struct"
        if node.kind == "list"
        else sum(inner.kind == "struct" for inner in node.fields.values()) >= FEWEST
        for _, node in walk(schema)
    )


def collections(value: Any, path: Path) -> Iterator[Collection]:
    """The arrays of objects in a value, and the objects of alike ones; none within another."""
    inside = list(value.values()) if isinstance(value, dict) else value
    objects = isinstance(inside, list) and inside and all(isinstance(x, dict) for x in inside)
    if isinstance(value, list):
        if objects:
            yield path, value
    elif objects and len(inside) > 1 and set.intersection(*map(set, inside)):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from collections(inner, (*path, name))
