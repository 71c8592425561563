"""Personal fields: replaced by a keyed hash, so that joins still work and nobody is named.

HMAC-SHA-256 (RFC 2104), lower-case hexadecimal. The key comes from WORKBENCH_PII_KEY, else it is
made once per lake and kept outside the tables, readable by its owner only.
"""

from __future__ import annotations

import hashlib

import pyarrow as pa

from workbench.errors import RequestError
from workbench.schema import ITEM, Node, Path, have_indexes, show

# A personal value is text only where objects or arrays stand among single values.
NOT_SINGLE = {"struct": "an object", "list": "an array", "text": "sometimes an object or an array"}


def protect(
    array: pa.Array, node: Node, personal: frozenset[Path], key: bytes, path: Path = ()
) -> tuple[pa.Array, Node]:
    """The array and its node with every personal path hashed (strings of 64 hexadecimals)."""
    if path in personal and node.kind != "null":
        if node.kind in NOT_SINGLE:
            raise RequestError(
                f"pii: {show(path)} is {NOT_SINGLE[node.kind]}, "
                "and only single values are hashed. Name the values inside it, for example "
                f"{show((*path, ITEM if node.kind == 'list' else 'field'))}."
            )
        return hashed(array, key), Node("string")
    inside = next((p for p in personal if p[: len(path)] == path != p), None)
    if node.kind == "text" and inside:
        raise RequestError(
            f"pii: {show(inside)} cannot be hashed: {show(path)} has values of several kinds, so "
            "it is kept as JSON text, personal values and all. Mend those documents."
        )
    below = any(p[: len(path)] == path for p in personal)
    if node.kind == "struct" and node.fields and below:
        at = have_indexes(array)
        made = [
            protect(array.field(at[name]), child, personal, key, (*path, name))
            for name, child in node.fields.items()
        ]
        fields = [pa.field(n, a.type) for n, (a, _) in zip(node.fields, made, strict=True)]
        rows = pa.StructArray.from_arrays([a for a, _ in made], fields=fields, mask=array.is_null())
        return rows, Node("struct", dict(zip(node.fields, (n for _, n in made), strict=True)))
    if node.kind == "list" and node.item and below:
        values, item = protect(array.values, node.item, personal, key, (*path, ITEM))
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, mask=mask), Node("list", item=item)
    return array, node


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
        digests.append(around.hexdigest())
    return pa.array(digests, pa.string()).take(coded.indices)
