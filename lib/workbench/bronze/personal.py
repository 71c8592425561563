"""Personal fields: replaced by a keyed hash, so that joins still work and nobody is named.

HMAC-SHA-256 (RFC 2104), lower-case hexadecimal. The key comes from WORKBENCH_PII_KEY, else it is
made once per lake and kept outside the tables, readable by its owner only.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import RequestError
from workbench.schema import ITEM, Node, Path, by_its_name, have_indexes, show, walk

# A personal value is text only where objects or arrays stand among single values.
NOT_SINGLE = {"struct": "an object", "list": "an array", "text": "sometimes an object or an array"}

OBJECT = r'^\s*(?:\{\s*"(?s:.*)\}|\[\s*[\[{"](?s:.*)\])\s*$'  # what looks like JSON


def protect(
    array: pa.Array,
    node: Node,
    personal: frozenset[Path],
    key: bytes,
    path: Path = (),
    later: frozenset[Path] = frozenset(),
) -> tuple[pa.Array, Node]:
    """The array and its node with every personal path hashed (strings of 64 hexadecimals).

    `later` are the paths of texts not all of which hold JSON: another pass sets those apart, and
    until then there is nothing where personal values may stand in a text.
    """
    single = node.kind not in NOT_SINGLE
    if node.kind != "null" and (path in personal if single else by_its_name(path, personal)):
        if not single:
            raise RequestError(
                f"pii: {show(path)} is {NOT_SINGLE[node.kind]}, "
                "and only single values are hashed. Name the values inside it, for example "
                f"{show((*path, ITEM if node.kind == 'list' else 'field'))}."
            )
        return hashed(array, key), Node("string")
    inside = next((p for p in personal if p[: len(path)] == path != p), None)
    if inside and path in later and node.kind in ("text", "string", "isotext"):
        return pa.nulls(len(array), array.type), node
    if node.kind == "text" and inside:
        raise RequestError(
            f"pii: {show(inside)} cannot be hashed: {show(path)} has values of several kinds, so "
            "it is kept as JSON text, personal values and all. Mend those documents."
        )
    below = any(p[: len(path)] == path for p in personal)
    if node.kind == "struct" and node.fields and below:
        at = have_indexes(array)
        made = [
            protect(array.field(at[name]), child, personal, key, (*path, name), later)
            for name, child in node.fields.items()
        ]
        fields = [pa.field(n, a.type) for n, (a, _) in zip(node.fields, made, strict=True)]
        rows = pa.StructArray.from_arrays([a for a, _ in made], fields=fields, mask=array.is_null())
        inner = dict(zip(node.fields, (n for _, n in made), strict=True))
        return rows, replace(node, fields=inner)
    if node.kind == "list" and node.item and below:
        values, item = protect(array.values, node.item, personal, key, (*path, ITEM), later)
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, mask=mask), Node("list", item=item)
    return array, node


def json_at(array: pa.Array, node: Node, personal: frozenset[Path]) -> set[Path]:
    """The personal paths whose texts hold JSON."""
    found = set()
    for path, inner in walk(node):
        if path in personal and inner.kind in ("string", "isotext"):
            values = array
            for key in path:
                at = None if key is ITEM else have_indexes(values)[str(key)]
                values = values.values if at is None else values.field(at)
            if pc.any(pc.match_substring_regex(values, OBJECT)).as_py():
                found.add(path)
    return found


def hashed(array: pa.Array, key: bytes) -> pa.Array:
    """Each value's hash; a value that repeats is hashed once."""
    coded = array.cast(pa.string()).dictionary_encode()
    # HMAC's two halves, keyed once and copied: a third of the time of one call per value.
    block = (key if len(key) <= 64 else hashlib.sha256(key).digest()).ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(b ^ pad for b in block)) for pad in (0x36, 0x5C))
    digests = []
    for value in coded.dictionary.cast(pa.binary()).to_numpy(zero_copy_only=False):
        within, around = inner.copy(), outer.copy()
        within.update(value)
        around.update(within.digest())
        digests.append(around.digest())
    texts = pa.py_buffer(b"".join(digests).hex().encode())
    ends = pa.py_buffer(np.arange(0, 64 * len(digests) + 1, 64, dtype=np.int32))
    hashes = pa.Array.from_buffers(pa.string(), len(digests), [None, ends, texts])
    return hashes.take(coded.indices)
