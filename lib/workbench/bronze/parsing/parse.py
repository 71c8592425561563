"""One block of documents to a typed Arrow array: fast where Arrow can, exact where it cannot.

Arrow's JSON reader is C++ and strict about most of what JSON forbids, but it reads NaN, turns
integers beyond 64 bits into doubles, takes strings that look like dates for dates, loses leading
nulls of arrays, and stops where one path has two kinds. Each of these is detected, and the block
is then read document by document with Python's own decoder. Both ways give the same array.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from workbench.bronze.parsing.decoding import (
    BROKEN,
    MAX_DEPTH,
    Bad,
    Decoder,
    Digits,
    Number,
    decode_all,
)
from workbench.bronze.parsing.extended_json import (
    WRAPPERS,
    Undecided,
    is_null,
    unwrap,
    unwrap_array,
)
from workbench.bronze.parsing.repair import mend
from workbench.bronze.reading.blocks import Documents
from workbench.bronze.reading.brackets import nesting
from workbench.bronze.reading.familiar import LESSONS
from workbench.schema.kinds import Node, arrow_type, decimal_node, merge, of_arrow, walk
from workbench.schema.paths import ITEM, Path

DEEP = 2_000  # levels; Arrow's reader overflows the stack somewhere beyond 10,000 levels
BEYOND_INT = 2.0**63


@dataclass
class Parsed:
    """The accepted documents of a block: one struct per document, in order.

    `kept` holds their indexes; `repeated` counts keys that stood twice in one object.
    """

    rows: pa.StructArray
    node: Node
    kept: list[int]
    bad: list[Bad] = field(default_factory=list)
    repeated: int = 0


@dataclass(frozen=True)
class Rules:
    """How documents are read: the key path (`()`: none), paths kept as text, personal fields."""

    key: Path
    loose: dict[Path, str]
    personal: frozenset[Path]


def parse(documents: Documents, rules: Rules) -> Parsed:
    """The documents as Arrow, and those that are bad with their reasons."""
    lines = documents.one_a_line
    if lines is not None and not any(map(deep, documents.long_lines(2 * DEEP))):
        parsed = attempt(lines, documents.places, [], rules)
        if parsed:
            return parsed
    texts = documents.texts
    parsed = attempt(joined(texts), range(len(texts)), [], rules)
    if parsed:
        return parsed
    decoder = Decoder()
    decoded, bad = decode_all(texts, rules.key, decoder)
    if mended(documents, decoded, bad, rules.key):
        texts, decoder = documents.texts, Decoder()
        decoded, bad = decode_all(texts, rules.key, decoder)
    kept = sorted(decoded)
    if bad and not decoder.repeated:
        parsed = attempt(joined([texts[i] for i in kept]), kept, bad, rules)
        if parsed:
            return parsed
    rows, node = exact([decoded[i] for i in kept], rules)
    return Parsed(rows, node, kept, bad, decoder.repeated)


def mended(
    documents: Documents, decoded: dict[int, dict[str, Any]], bad: list[Bad], key: Path
) -> bool:
    """Whether whole documents were found in the bad ones: then `documents` are others now.

    An array among lines is taken for a dump of its own, if it holds documents.
    """
    texts, known = documents.texts, documents.known.copy()
    broken = [b.at for b in bad if b.reason in BROKEN or texts[b.at].startswith(b"[")]
    for document in itertools.islice(decoded.values(), LESSONS):
        known.learn(document)
    return bool(broken) and mend(
        documents, broken, known, lambda text: bool(decode_all([text], key, Decoder())[0])
    )


# --- the fast way -----------------------------------------------------------------------------


def joined(texts: list[bytes]) -> bytes | None:
    """The texts with a line break between them, if each may be one object."""
    whole = all(t.startswith(b"{") and t.endswith(b"}") and not deep(t) for t in texts)
    return b"\n".join(texts) if whole else None


def deep(text: bytes) -> bool:
    """Whether a document is nested dangerously deep."""
    few = len(text) <= 2 * DEEP or text.count(b"{") + text.count(b"[") <= DEEP
    return not few and nesting(text) > DEEP


def attempt(
    data: bytes | bytearray | None, kept: Sequence[int], bad: list[Bad], rules: Rules
) -> Parsed | None:
    """All documents by Arrow's reader; None where one of them needs to be looked at."""
    if data is None or not kept:
        return None
    try:
        rows, node = fast(data, len(kept), rules)
    except (Undecided, pa.ArrowException, UnicodeDecodeError, RecursionError):
        return None
    return Parsed(rows, node, list(kept), bad)


def fast(data: bytes | bytearray, documents: int, rules: Rules) -> tuple[pa.StructArray, Node]:
    """So many documents, each with its key. Raises Undecided, or what Arrow raises."""
    check_unicode(data)
    table = read(data, None)
    if table.num_rows != documents or not table.num_columns:
        raise Undecided
    plain = without_dates(pa.struct(list(table.schema)))
    if plain != pa.struct(list(table.schema)):
        table = read(data, pa.schema(list(plain)))
    table.validate(full=True)
    rows = table.to_struct_array()
    rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
    check_numbers(rows)
    if not WRAPPERS.isdisjoint(table.column_names):  # a document itself is no wrapped value
        raise Undecided
    rows = unwrap_array(rows, rules.loose)
    node = name_loose(of_arrow(rows.type), rules.loose)
    # A wrapped date is two levels deeper than its path.
    too_deep = max(len(path) for path, _ in walk(node)) > MAX_DEPTH - 2
    if too_deep or not keyed(rows, rules.key) or misspelt(node, rules.personal):
        raise Undecided
    return rows, node


def check_unicode(data: bytes | bytearray) -> None:
    """Raises ArrowInvalid unless the bytes are UTF-8. Decoding would take eight times as long."""
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])
    text.validate(full=True)


def read(data: bytes | bytearray, schema: pa.Schema | None) -> pa.Table:
    return pa_json.read_json(
        pa.BufferReader(data),
        read_options=pa_json.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=pa_json.ParseOptions(explicit_schema=schema, newlines_in_values=True),
    )


def without_dates(kind: pa.DataType) -> pa.DataType:
    """The same type with strings where Arrow has guessed dates from their look."""
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, without_dates(f.type)) for f in kind])
    if pa.types.is_list(kind):
        return pa.list_(pa.field(kind.value_field.name, without_dates(kind.value_type)))
    return pa.string() if pa.types.is_temporal(kind) else kind


def check_numbers(array: pa.Array) -> None:
    """Raises Undecided where a double may have been NaN, infinite, or a large integer."""
    if pa.types.is_struct(array.type):
        for i in range(array.type.num_fields):
            check_numbers(array.field(i))
    elif pa.types.is_list(array.type):
        check_numbers(array.values)
    elif pa.types.is_float64(array.type):
        # false for NaN too
        inside = pc.less(pc.abs(array), BEYOND_INT)
        if not pc.all(inside, min_count=0).as_py():
            raise Undecided


def name_loose(node: Node, loose: dict[Path, str]) -> Node:
    """The loose paths by their own kinds; to Arrow they were strings."""
    for path, found in walk(node):
        if path in loose and found.kind == "string":
            found.kind = loose[path]
    return node


def misspelt(node: Node, personal: frozenset[Path]) -> bool:
    """Whether personal values would be hashed in Arrow's spelling, not in the document's."""
    return any(n.kind in ("double", "timestamp") for p, n in walk(node) if p in personal)


def keyed(rows: pa.StructArray, key: Path) -> bool:
    """Whether every row has its key."""
    array: pa.Array = rows
    for name in key:
        names = [f.name for f in array.type] if pa.types.is_struct(array.type) else []
        if name not in names:
            return False
        array = array.flatten()[names.index(name)]
    return array.null_count == 0  # type: ignore[no-any-return]


# --- the exact way ----------------------------------------------------------------------------


def exact(documents: list[dict[str, Any]], rules: Rules) -> tuple[pa.StructArray, Node]:
    """The documents as Arrow by way of Python values. Grain: one row per document."""
    node = Node("struct")
    for document in documents:
        node = merge(node, observe(document, (), rules))
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
    if node.kind == "timestamp" and wanted == "datetext":
        return Node("datetext")
    if node.kind == "struct":
        return Node("struct", {k: observe(v, (*path, k), rules) for k, v in plain.items()})
    if node.kind == "list":
        item = Node()
        for element in plain:
            item = merge(item, observe(element, (*path, ITEM), rules))
        return Node("list", item=item)
    return node


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
            return Node("int"), value
        return decimal_node(len(str(abs(value))), 0), value
    if isinstance(value, Digits):
        return Node("text"), value
    if isinstance(value, float):
        return Node("double"), value
    return Node("null" if value is None else "string"), value


def render(value: Any, node: Node, path: Path, rules: Rules) -> Any:
    """The value as Arrow takes it for the node's type."""
    if value is None or (path and node.kind != "text" and is_null(value)):
        return None
    if node.kind == "text" or (node.kind == "struct" and not node.fields and path):
        return dump(value)
    if node.kind == "struct":
        inner: Callable[[str], Any] = value.get
        return {k: render(inner(k), n, (*path, k), rules) for k, n in node.fields.items()}
    if node.kind == "list":
        item = node.item or Node()
        return [render(element, item, (*path, ITEM), rules) for element in value]
    _, plain = classify(value)
    if node.kind == "datetext":
        return date_text(value["$date"])
    if path in rules.personal:
        return plain if isinstance(plain, str) else dump(plain)
    return float(plain) if node.kind == "double" else plain


def date_text(inner: Any) -> str:
    """What was written inside `$date`."""
    return str(inner["$numberLong"]) if isinstance(inner, dict) else str(inner)


def dump(value: Any) -> str:
    """JSON text without spaces, numbers as they were written, keys in their order."""
    if isinstance(value, dict):
        parts = [f"{json.dumps(k, ensure_ascii=False)}:{dump(v)}" for k, v in value.items()]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(dump, value)) + "]"
    if isinstance(value, Number):
        return value.text
    return json.dumps(value, ensure_ascii=False, default=str)
