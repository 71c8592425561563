"""The fast way: many documents at once through Arrow's reader, checked for what it would change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from workbench.bronze.parsing.arrays import at_paths, unlisted
from workbench.bronze.parsing.chosen import array_as_chosen
from workbench.bronze.parsing.decoding import (
    MAX_DEPTH,
    SAFE_DIGITS,
    Number,
    too_many,
)
from workbench.bronze.parsing.elements import any_odd
from workbench.bronze.parsing.expanding import expanded_array
from workbench.bronze.parsing.extended_arrow import Undecided, unwrap_array
from workbench.bronze.parsing.extended_json import WRAPPERS
from workbench.bronze.parsing.iso_times import full, texts_beside, with_times
from workbench.bronze.parsing.parsed import Bad, Parsed, Rules
from workbench.bronze.parsing.typed_json import untyped_rows
from workbench.bronze.reading import nesting
from workbench.schema import EXACT, ITEM, Node, Path, any_wide, names_of, of_arrow, walk

DEEP = 2_000  # levels; Arrow's reader overflows the stack somewhere beyond 10,000 levels
BEYOND_INT = 2.0**63
# What a double may not hold, as it stands in a text; what only looks like it costs a second look.
LONG_INTEGER = r"[^0-9.][0-9]{16,}[^0-9.eE]"
LONG_FRACTION = "|".join(
    f"[0-9]{{{before}}}\\.[0-9]{{{SAFE_DIGITS + 1 - before}}}"
    for before in range(1, SAFE_DIGITS + 1)
)
EXTREME = r"[^0-9.][0-9]{16,}[eE][+-]?[0-9]|[0-9][eE]-[0-9]{3}"
HUGE = r"[0-9]{100}|[0-9][eE]\+?[0-9]{3}"  # what is beyond all doubles has one of these
FRACTION = re.compile(rb'"?[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?')


def joined(texts: list[bytes]) -> bytes | None:
    """The texts with a line break between them, if each may be one object."""
    whole = all(t.startswith(b"{") and t.endswith(b"}") and not daring(t) for t in texts)
    return b"\n".join(texts) if whole else None


def daring(text: bytes) -> bool:
    """Whether a document is one that Arrow's reader is not to be given."""
    return deep(text) or too_many(text) > 0


def deep(text: bytes) -> bool:
    """Whether a document is nested dangerously deep."""
    few = len(text) <= 2 * DEEP or text.count(b"{") + text.count(b"[") <= DEEP
    return not few and nesting(text) > DEEP


def attempt(
    data: bytes | bytearray | None, kept: Sequence[int], bad: list[Bad], rules: Rules
) -> Parsed | None:
    """All documents by Arrow's reader; None where one of them needs to be looked at."""
    if data is None or not kept or rules.narrow:
        return None
    try:
        rows, node, cast, expanded, infinite = fast(data, len(kept), rules)
    except (Undecided, pa.ArrowException, UnicodeDecodeError, RecursionError):
        return None
    lists = {p for p, found in at_paths(node, rules.arrays).items() if found.kind == "list"}
    counts = {"lists": lists, "cast": cast, "expanded": expanded, "infinite": infinite}
    return Parsed(rows, node, list(kept), bad, **counts)  # type: ignore[arg-type]


def fast(
    data: bytes | bytearray, documents: int, rules: Rules
) -> tuple[pa.StructArray, Node, Counter[Path], Counter[Path], int]:
    """So many documents, each with its key.

    And how many values were read as another type, and texts as the JSON that they hold, and how
    many numbers are infinite or none. Raises Undecided, or what Arrow raises.
    """
    text = checked_text(data)
    table = read(data, None)
    if table.num_rows != documents or not table.num_columns:
        raise Undecided
    plain = without_dates(pa.struct(list(table.schema)))
    if plain != pa.struct(list(table.schema)):
        table = read(data, pa.schema(list(plain)))
    table.validate(full=True)
    rows = table.to_struct_array()
    rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
    infinite = check_numbers(rows, text, rules.lenient)
    if rules.typed:
        rows = untyped_rows(rows)
    if not WRAPPERS.isdisjoint(names_of(rows.type)):  # a document itself is no wrapped value
        raise Undecided
    rows = unwrap_array(rows, rules.loose)
    node = name_loose(of_arrow(rows.type), rules.loose)
    mark_hollow(rows, node)
    find_wide(rows, node)
    cast, expanded = Counter[Path](), Counter[Path]()
    rows = with_types(rows, node, rules, cast, expanded)
    # A wrapped date is two levels deeper than its path.
    too_deep = max(len(path) for path, _ in walk(node)) > MAX_DEPTH - 2
    if (
        too_deep
        or unlisted(node, rules.arrays)
        or any_odd(node, rules.elements)
        or not all(keyed(rows, key) for key in rules.keys)
        or misspelt(node, rules.personal)
    ):
        raise Undecided
    return rows, node, cast, expanded, infinite


def checked_text(data: bytes | bytearray) -> pa.Array:
    """The bytes as one text. Raises ArrowInvalid unless they are UTF-8.

    Decoding would take eight times as long.
    """
    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)])
    text.validate(full=True)
    return text


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


def check_numbers(rows: pa.Array, text: pa.Array, lenient: bool = False) -> int:
    """Raises Undecided where a double may not be what was written in the text.

    It may have been NaN, infinite, a large integer, or a number of more digits than it holds.
    Returns how many are NaN or infinite, which is `lenient`: written so. Of what is too large for a
    double Arrow refuses some, and makes infinities of others.
    """
    found = list(doubles(rows))
    infinite = sum(pc.sum(pc.invert(pc.is_finite(array))).as_py() or 0 for array in found)
    if infinite and (not lenient or has(text, HUGE)):
        raise Undecided
    if infinite:
        found = [array.filter(pc.is_finite(array)) for array in found]
    greatest = max((pc.max(pc.abs(array)).as_py() or 0 for array in found), default=0)
    if greatest >= BEYOND_INT or (greatest >= EXACT and has(text, LONG_INTEGER)):
        raise Undecided
    if found and (has(text, EXTREME) or (has(text, LONG_FRACTION) and any_lost(text))):
        raise Undecided
    return infinite


def doubles(array: pa.Array) -> Iterator[pa.Array]:
    """The columns of doubles, at whatever depth."""
    if pa.types.is_struct(array.type):
        for i in range(array.type.num_fields):
            yield from doubles(array.field(i))
    elif pa.types.is_list(array.type):
        yield from doubles(array.values)
    elif pa.types.is_float64(array.type):
        yield array


def has(text: pa.Array, pattern: str) -> bool:
    return bool(pc.match_substring_regex(text, pattern)[0].as_py())


def any_lost(text: pa.Array) -> bool:
    """Whether a number with a fraction has more digits than its double holds."""
    found = pa.array(FRACTION.findall(text.buffers()[2]), pa.string())
    long = pc.greater(pc.binary_length(found), SAFE_DIGITS)
    found = found.filter(pc.and_not(long, pc.starts_with(found, '"')))
    # A double's shortest spelling is rounded right; of other spellings each is looked at.
    other = pc.not_equal(found.cast(pa.float64()).cast(pa.string()), found)
    return not all(Number(number).exact for number in found.filter(other).to_pylist())


def find_wide(array: pa.Array, node: Node) -> None:
    """Marks the integers of which one is no double."""
    if node.kind == "struct":
        for at, child in enumerate(node.fields.values()):
            find_wide(array.field(at), child)
    elif node.kind == "list" and node.item:
        find_wide(array.values, node.item)
    elif node.kind == "int":
        node.wide = any_wide(array)


def with_types(
    array: pa.Array,
    node: Node,
    rules: Rules,
    cast: Counter[Path],
    expanded: Counter[Path],
    path: Path = (),
) -> pa.Array:
    """The array with the types that were chosen, and its node told so.

    Texts that are ISO times in all rows become timestamps, those that hold JSON what they hold.
    `cast` counts what was another type, `expanded` such texts.
    """
    if node.kind == "struct" and node.fields:
        beside = dict(texts_beside(array, node, rules, path) if rules.beside else ())
        children = [
            with_types(array.field(at), child, rules, cast, expanded, (*path, name))
            for at, (name, child) in enumerate(node.fields.items())
        ]
        node.fields |= {name: text_node(texts) for name, texts in beside.items()}
        children += beside.values()
        fields = [pa.field(name, c.type) for name, c in zip(node.fields, children, strict=True)]
        return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())
    if node.kind == "list" and node.item:
        values = with_types(array.values, node.item, rules, cast, expanded, (*path, ITEM))
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, mask=mask)
    if path in rules.expand and node.kind == "string":
        array, inner, *counts = expanded_array(array, path, rules, fast)
        cast += counts[0]
        expanded += counts[1]
        vars(node).update(vars(inner))
        return array
    chosen = None if path in rules.personal else rules.types.get(path)
    if chosen and node.kind != "list":
        made = array_as_chosen(array, chosen)
        cast[path] += 0 if made is array else len(made) - made.null_count
        vars(node).update(vars(chosen))
        return made
    if node.kind == "string" and rules.may_be_time(path):
        return with_times(array, node, path in rules.beside)
    return array


def text_node(texts: pa.Array) -> Node:
    """The node of texts that are set apart, some of which may be empty."""
    empty = 0 if full(texts) else len(texts) - texts.null_count
    return Node("string", hollow=empty)


def name_loose(node: Node, loose: dict[Path, str]) -> Node:
    """The loose paths by their own kinds; to Arrow they were strings."""
    for path, found in walk(node):
        if loose.get(path) in ("text", "datetext") and found.kind == "string":
            found.kind = loose[path]
    return node


def mark_hollow(array: pa.Array, node: Node) -> None:
    """Says of each array and text how many there are, where all of them are empty."""
    if node.kind == "struct":
        for at, child in enumerate(node.fields.values()):
            mark_hollow(array.field(at), child)
    elif node.kind == "list" and node.item and node.item.kind != "null":
        mark_hollow(array.values, node.item)
    elif node.kind in ("list", "string") and not pc.max(sizes_of(array, node)).as_py():
        node.hollow = len(array) - array.null_count


def sizes_of(array: pa.Array, node: Node) -> pa.Array:
    """The sizes of arrays or texts; of texts that begin with a full one, its alone."""
    if node.kind == "list":
        return pc.list_value_length(array)
    first = pc.first(array)
    return pc.binary_length(array if first.as_py() == "" else pa.array([first.as_py()]))


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
