"""The exact way: a document at a time in Python, where the fast way cannot tell."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from json.encoder import encode_basestring
from math import isfinite, isnan
from typing import Any

import pyarrow as pa

from workbench.bronze.parsing.chosen import as_chosen
from workbench.bronze.parsing.decoding import Digits, Number, is_infinite
from workbench.bronze.parsing.extended_json import (
    integer,
    is_null,
    is_time,
    iso_micros,
    iso_text,
    unwrap,
)
from workbench.bronze.parsing.parsed import Rules
from workbench.schema import (
    ITEM,
    NUMBERS,
    Node,
    Path,
    arrow_type,
    decimal_node,
    merge,
    node_at,
    number_node,
    walk,
)

# Values by the million, which `json.dumps` would make an encoder for each.
PLAIN: dict[type, Callable[[Any], str]] = {int: str, str: encode_basestring}
PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def exact(documents: list[dict[str, Any]], rules: Rules) -> tuple[pa.StructArray, Node]:
    """The documents as Arrow by way of Python values. Grain: one row per document."""
    if rules.beside:
        documents = [set_apart(document, (), rules) for document in documents]
    node = Node("struct")
    for document in documents:
        node = merge(node, observe(document, (), rules))
    for path, found in walk(node):  # in others there may be more times
        found.kind = "string" if found.kind == "isotext" and not found.has_times else found.kind
        if found.kind == "null" and path in rules.types:
            vars(found).update(vars(rules.types[path]))
    rows = [render(document, node, (), rules) for document in documents]
    return pa.array(rows, type=arrow_type(node) if node.fields else pa.struct([])), node


def observe(value: Any, path: Path, rules: Rules) -> Node:
    """What one value is; with the rules for loose and personal paths."""
    wanted = rules.loose.get(path)
    if value is None:
        return Node()
    if wanted == "text":
        return Node("text")
    node, plain = classify(value) if path else (Node("struct"), value)
    if path in rules.personal and node.kind not in ("struct", "list"):
        return Node("string")
    chosen = rules.types.get(path)
    if chosen and as_chosen(node, plain, value, chosen) is not None:
        return replace(chosen)
    if chosen and chosen.kind == "decimal" and node.kind in NUMBERS:  # told with its digits
        return number_node(as_decimal(plain))
    if wanted == "exact" and node.kind in NUMBERS:
        return number_node(as_decimal(plain))
    if node.kind == "string" and rules.may_be_time(path):  # an ObjectId is a text too
        time = is_time(plain)
        node = Node("isotime" if time else "string", times=time, others=not time and plain != "")
    if wanted == "datetext" and (node.kind in ("timestamp", "isotime", "string") or plain == []):
        return Node("datetext")
    if node.kind == "struct":
        return Node("struct", {k: observe(v, (*path, k), rules) for k, v in plain.items()})
    if node.kind == "list":
        item = Node()
        for element in plain:
            item = merge(item, observe(element, (*path, ITEM), rules))
            if item.kind == "text" and not item.hollow:
                break  # whatever else there is
        return Node("list", item=item, hollow=int(not plain))
    return Node("string", hollow=1) if value == "" else node


def classify(value: Any) -> tuple[Node, Any]:
    """The node of a single value (children not looked at), and the value without its wrapper."""
    if isinstance(value, dict):
        return unwrap(value) or (Node("struct"), value)
    if isinstance(value, list):
        return Node("list"), value
    if isinstance(value, bool):
        return Node("bool"), value
    if isinstance(value, int):
        if -(2**63) <= value < 2**63:
            return integer(value), value
        return decimal_node(len(str(abs(value))), 0), value
    if isinstance(value, Digits):
        return Node("text"), value
    if isinstance(value, Number):
        return Node("double" if value.exact else "exact"), value
    return Node("null" if value is None else "string"), value


def render(value: Any, node: Node, path: Path, rules: Rules) -> Any:
    """The value as Arrow takes it for the node's type."""
    if value is None or (path and is_null(value)):
        return None
    if node.kind == "struct" and value in ("", []):
        return None
    if node.kind in ("text", "exact", "apart") or (
        node.kind == "struct" and not node.fields and path
    ):
        return dump(value)
    if node.kind == "struct":
        inner: Callable[[str], Any] = value.get
        return {k: render(inner(k), n, (*path, k), rules) for k, n in node.fields.items()}
    if node.kind == "list":
        item = node.item or Node()
        return [render(element, item, (*path, ITEM), rules) for element in value]
    kind, plain = classify(value)
    chosen = rules.types.get(path)
    if chosen and node == chosen:
        return as_chosen(kind, plain, value, chosen)
    if node.kind == "datetext":
        written = value["$date"] if isinstance(value, dict) else value
        return dump(value) if value == [] else date_text(written)
    if path in rules.personal:
        return plain if isinstance(plain, str) else dump(plain)
    if node.kind in ("timestamp", "isotime") and isinstance(plain, str):
        return iso_micros(plain)
    if node.kind == "decimal":
        return as_decimal(plain)
    return float(plain) if node.kind == "double" else plain


def cast_in(documents: list[dict[str, Any]], node: Node, rules: Rules) -> Counter[Path]:
    """How many values at each path are of another type than they were written in."""
    counts = Counter[Path]()
    for path, chosen in rules.types.items():
        if path in rules.personal or node_at(node, path) != chosen:
            continue
        for document in documents:
            values = (holder[key] for holder, key in holders(document, path))
            kinds = (classify(value)[0].kind for value in values)
            counts[path] += sum(kind not in ("null", chosen.kind) for kind in kinds)
    return +counts


def holders(value: Any, path: Path) -> Iterator[tuple[Any, Any]]:
    """Each object or array that has the last key of a path outside of text, and that key."""
    keys: Iterable[Any] = [path[0]] if isinstance(value, dict) and path[0] in value else ()
    if path[0] is ITEM:
        keys = range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        if len(path) == 1:
            yield value, key
        else:
            yield from holders(value[key], path[1:])


def set_apart(value: Any, path: Path, rules: Rules) -> Any:
    """The value with dates that are no times, and texts that are no JSON, null.

    Their texts are in fields of their own.
    """
    if isinstance(value, list):
        return [set_apart(element, (*path, ITEM), rules) for element in value]
    if not isinstance(value, dict):
        return value
    made, texts = {}, {}
    for name, inner in value.items():
        place = (*path, name)
        made[name] = set_apart(inner, place, rules)
        if place not in rules.beside:
            continue
        kind, plain = classify(inner)
        if kind.kind == "string" and rules.loose.get(place) == "apart":
            made[name] = inner = plain  # without a wrapper
        if isinstance(inner, str) and is_stranger(inner, place, rules):
            made[name], texts[rules.beside[place]] = None, inner
        elif inner == [] and rules.loose.get(place) == "apart":
            made[name], texts[rules.beside[place]] = None, dump(inner)
        elif kind.kind == "datetext":
            made[name], texts[rules.beside[place]] = None, date_text(inner["$date"])
    return made | texts


def is_stranger(text: str, path: Path, rules: Rules) -> bool:
    """Whether a text is none of the JSON, or of the times, that others there are."""
    if path in rules.expand:
        return bool(text)
    return rules.loose.get(path) == "apart" and not is_time(text)


def as_decimal(number: Any) -> Decimal:
    """A number with the digits that it was written with."""
    return Decimal(number.text if isinstance(number, Number) else str(number))


def date_text(inner: Any) -> str:
    """What was written inside `$date`."""
    return str(inner["$numberLong"]) if isinstance(inner, dict) else str(inner)


def dump(value: Any) -> str:
    """JSON text without spaces, numbers as they were written, keys in their order.

    Extended JSON is unwrapped, as where there are columns. A value that is no number, or infinite,
    is its bare name; inside of an object or array a text, for JSON has no other.
    """
    return no_number(value) or text_of(value)


def text_of(value: Any) -> str:
    plain = PLAIN.get(type(value))
    if plain:
        return plain(value)
    if isinstance(value, dict):
        found = unwrap(value)
        if found:
            return wrapped_text(value, *found)
        parts = [f"{encode_basestring(k)}:{text_of(v)}" for k, v in value.items()]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    odd = no_number(value)
    if isinstance(value, Number) and not odd:
        return value.text
    return json.dumps(odd or value, ensure_ascii=False, default=str)


def wrapped_text(value: dict[str, Any], node: Node, plain: Any) -> str:
    """The text of a value in a wrapper; numbers as they were written, if JSON may have them so."""
    (inner,) = value.values()
    if node.kind == "timestamp":
        return text_of(iso_text(plain))
    if isinstance(plain, Decimal | float) and isfinite(plain):
        return str(inner) if PLAIN_NUMBER.fullmatch(str(inner)) else str(plain)
    return text_of(plain)


def no_number(value: Any) -> str:
    """NaN, Infinity or -Infinity, wrapped or not; empty for all else."""
    if type(value) in PLAIN:
        return ""
    if isinstance(value, dict):
        found = unwrap(value)
        value = found[1] if found else None
    if not is_infinite(value):
        return ""
    return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
