"""Random dumps with random damage, and random Extended JSON: a bounded search, the same each time.

The end of a test run says how many inputs were tried. What was found is kept as an `example` and
stays in the search.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.dumps import parsed_blocks
from workbench.bronze.parsing.decoding import Decoder, decode_all
from workbench.bronze.parsing.extended_json import is_null, unwrap
from workbench.bronze.parsing.parsed import Parsed
from workbench.bronze.reading.cutting import blocks
from workbench.bronze.reading.documents import Documents
from workbench.bronze.reading.sources import find
from workbench.errors import WorkbenchError
from workbench.schema.arrow_types import conform
from workbench.schema.kinds import decimal_node, merge, to_json

SEARCH = settings(max_examples=400)
tried = Counter[str]()


@pytest.fixture(autouse=True)
def told(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Hands over how many inputs a test has tried, for the last lines of the run."""
    before = tried.copy()
    yield
    for name, count in (tried - before).items():
        record_property("fuzz", f"{count:,} inputs tried, {name}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


# --- the reader of documents ------------------------------------------------------------------

names = st.sampled_from(["_id", "a", "b", "name", "{", "}", "],", '"'])
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.sampled_from([2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.sampled_from('ab{}[],:"\\é\n '), max_size=8)
)
inner = st.recursive(
    leaves,
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(names, deeper, max_size=3),
    max_leaves=6,
)
bodies = st.lists(st.dictionaries(names, inner, max_size=3), min_size=1, max_size=8)
DAMAGE = [bytes([c]) for c in b'{}[],":\\\n\x00\xffx'] + [b"", b"}{"]
damages = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(DAMAGE), st.integers(0, 30)), max_size=3
)
HEADS = [b"", b"\xef\xbb\xbf", b'[{"_id":1},', b'{"_id":1}\n', b"\x1f\x8b", b"BZh9"]
WRITERS = {
    "lines": lambda ds: "\n".join(map(json.dumps, ds)) + "\n",
    "CRLF": lambda ds: "\r\n".join(map(json.dumps, ds)),
    "array of lines": lambda ds: "[" + ",\n".join(map(json.dumps, ds)) + "]\n",
    "pretty array": lambda ds: json.dumps(ds, indent=2),
    "minified": lambda ds: json.dumps(ds, separators=(",", ":")),
    "objects": lambda ds: "".join(map(json.dumps, ds)),
    "pretty objects": lambda ds: "\n".join(json.dumps(d, indent=1) for d in ds),
}


def numbered(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With keys that tell them from each other and from what is inside them."""
    return [{"_id": f"document {n}", "kind": "user"} | {f"f{k}": v for k, v in d.items()}
            for n, d in enumerate(documents)]  # fmt: skip


def damaged(data: bytes, damages: list[tuple[float, bytes, int]]) -> tuple[bytes, list[range]]:
    """The data with pieces replaced, and where in the old data."""
    places = []
    for share, piece, length in sorted(damages, reverse=True):
        at = int(share * len(data))
        places.append(range(at, at + length + 1))
        data = data[:at] + piece + data[at + length :]
    return data, places


def check_sums(found: list[tuple[Documents, Parsed]]) -> None:
    """Documents are good or bad, none both, and none is made up."""
    for documents, parsed in found:
        assert sorted([*parsed.kept, *(bad.at for bad in parsed.bad)]) == [
            *range(len(documents.texts))
        ]
        assert len(parsed.rows) == len(parsed.kept)
        assert len(set(documents.places)) == len(documents.places) == len(documents.positions)


def plain(found: list[tuple[Documents, Parsed]]) -> list[Any]:
    return [
        (conform(p.rows, p.node, p.node).to_pylist(), to_json(p.node), [vars(b) for b in p.bad])
        for _, p in found
    ]


@given(bodies, st.sampled_from(list(WRITERS)), damages, st.sampled_from([64, 500, 1 << 20]))
@example([{}] * 8, "objects", [(0.5, b'"', 0)], 64)
@example([{"a": [{"_id": 1}]}] * 5, "minified", [(0.4, b"}", 1), (0.7, b'"', 0)], 1 << 20)
@SEARCH
def test_damage_costs_what_it_touches_and_nothing_is_lost_silently(
    folder: Path, bodies: list[dict[str, Any]], layout: str, damages: Any, size: int
) -> None:
    tried["dumps with damage"] += 1
    documents = numbered(bodies)
    whole = WRITERS[layout](documents).encode()
    data, places = damaged(whole, damages)
    path = folder / "dump.json"
    path.write_bytes(data)
    try:
        found = parsed_blocks(path, size)
    except WorkbenchError:
        assert damages
        return
    check_sums(found)
    check_bytes(data, found)
    texts = [text for documents, parsed in found for text in documents.texts]
    kept = {
        json.loads(documents.texts[at])["_id"]
        for documents, parsed in found
        for at in parsed.kept
        if isinstance(json.loads(documents.texts[at])["_id"], str)
    }
    quarantined = b"\n".join(texts)
    for document in documents:
        start = whole.index(json.dumps(document["_id"]).encode())
        touched = any(place.stop > start - 30 and place.start < start + 20 for place in places)
        assert document["_id"] in kept or touched or document["_id"].encode() in quarantined
    if not damages:
        assert kept == {d["_id"] for d in documents}


def check_bytes(data: bytes, found: list[tuple[Documents, Parsed]]) -> None:
    """Every byte is in a document, in quarantine, or separates them."""
    rest = bytearray(data)
    for documents, _ in found:
        for offset, text in zip(documents.offsets, documents.texts, strict=True):
            assert data[offset : offset + len(text)] == text
            rest[offset : offset + len(text)] = b" " * len(text)
    assert not bytes(rest).replace(b"\xef\xbb\xbf", b"").strip(b" \t\r\n\x0b\x0c\x00\x1e,[]")


@given(bodies, st.sampled_from(list(WRITERS)), damages)
@settings(SEARCH, max_examples=150)
def test_the_fast_way_and_the_exact_way_agree_on_damaged_dumps(
    folder: Path, bodies: list[dict[str, Any]], layout: str, damages: Any
) -> None:
    tried["dumps read in both ways"] += 1
    path = folder / "both.json"
    path.write_bytes(damaged(WRITERS[layout](numbered(bodies)).encode(), damages)[0])
    try:
        fast = plain(parsed_blocks(path, 500))
    except WorkbenchError:
        return
    with mock.patch("workbench.bronze.parsing.parser.attempt", return_value=None):
        assert plain(parsed_blocks(path, 500)) == fast


def members(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects as tuples of members, whose names may come twice."""
    return st.lists(st.tuples(st.sampled_from("ab"), inner), max_size=4).map(tuple)


repeating = st.recursive(
    leaves, lambda deeper: st.lists(deeper, max_size=2) | members(deeper), max_leaves=6
)


def written(value: Any) -> str:
    """The JSON text of a value, each member of its objects."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{json.dumps(k)}:{written(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def last(value: Any) -> Any:
    """The value with the last of the members that have one name."""
    if isinstance(value, tuple):
        return {k: last(v) for k, v in value}
    return [last(v) for v in value] if isinstance(value, list) else value


def repeats(value: Any) -> int:
    if isinstance(value, tuple):
        return len(value) - len(dict(value)) + sum(repeats(v) for _, v in value)
    return sum(map(repeats, value)) if isinstance(value, list) else 0


@given(st.lists(members(repeating), min_size=1, max_size=4))
@settings(SEARCH, max_examples=200)
def test_of_a_repeated_key_the_last_value_stays_and_the_others_are_counted(
    folder: Path, bodies: list[Any]
) -> None:
    tried["documents with repeated keys"] += 1
    documents = [(("_id", n), *body) for n, body in enumerate(bodies)]
    path, plain_path = folder / "repeated.json", folder / "last.json"
    path.write_text("".join(f"{written(d)}\n" for d in documents))
    plain_path.write_text("".join(f"{json.dumps(last(d))}\n" for d in documents))
    found = parsed_blocks(path, 1 << 20)
    assert plain(found) == plain(parsed_blocks(plain_path, 1 << 20))
    assert [parsed.repeated for _, parsed in found] == [repeats(documents)]


@given(
    st.binary(max_size=200) | st.lists(st.sampled_from(DAMAGE), max_size=40).map(b"".join),
    st.sampled_from(HEADS),
    st.integers(1, 300),
)
@example(b"\x01", HEADS[1], 4)
@example(b"\x00\x01", HEADS[1], 4)  # the beginning of a BSON document
@settings(SEARCH, max_examples=500)
def test_any_bytes_are_read_or_refused_with_a_reason(
    folder: Path, data: bytes, head: bytes, size: int
) -> None:
    tried["random bytes"] += 1
    path = folder / "bytes.json"
    path.write_bytes(head + data)
    try:
        found = parsed_blocks(path, size)
    except WorkbenchError:
        return
    check_sums(found)
    if not any(block.cut_off for block in blocks(find([str(path)]), size)):  # what is told of
        check_bytes(head + data, found)


@given(st.integers(0, 400), st.integers(0, 255))
@settings(SEARCH, max_examples=200)
def test_damaged_compressed_data_gives_no_wrong_document(folder: Path, at: int, bits: int) -> None:
    tried["damaged gzip files"] += 1
    good = [json.dumps({"_id": n, "text": "x" * n}) for n in range(60)]
    data = bytearray(gzip.compress("\n".join(good).encode(), mtime=0))
    data[at % len(data)] ^= bits
    path = folder / "dump.gz"
    path.write_bytes(bytes(data[: at + 1] if bits == 0 else data))
    try:
        found = parsed_blocks(path, 500)
    except WorkbenchError:
        return
    kept = [documents.texts[at].decode() for documents, p in found for at in p.kept]
    assert kept == good[: len(kept)]


# --- the decoder of Extended JSON -------------------------------------------------------------

texts = st.text(st.sampled_from("0123456789+-.eETZ:NaInfity _xé"), max_size=30)
moments = st.datetimes().map(lambda t: t.isoformat() + "Z") | texts
wrapped = st.one_of(
    st.fixed_dictionaries({"$date": moments | st.integers(-(10**20), 10**20) | leaves}),
    st.fixed_dictionaries({"$date": st.fixed_dictionaries({"$numberLong": texts | leaves})}),
    *(
        st.fixed_dictionaries({name: texts | leaves})
        for name in ("$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "$oid")
    ),
)


@given(wrapped | st.dictionaries(st.sampled_from(["$date", "$oid", "a"]), leaves, max_size=2))
@settings(SEARCH, max_examples=1500)
def test_a_wrapped_value_is_plain_or_left_alone(value: dict[str, Any]) -> None:
    tried["wrapped values"] += 1
    found = unwrap(value)
    assert found is None or len(value) == 1
    if found:
        node, plain = found
        assert (plain is None) == (node.kind == "null") == is_null(value)
        assert merge(node, node).kind in (node.kind, decimal_node(node.digits, node.scale).kind)


@given(st.lists(wrapped, min_size=1, max_size=4))
@settings(SEARCH, max_examples=500)
def test_documents_of_wrapped_values_are_read_alike_in_both_ways(
    folder: Path, values: list[Any]
) -> None:
    tried["documents of wrapped values"] += 1
    path = folder / "wrapped.json"
    path.write_text("".join(json.dumps({"_id": n, "a": v}) + "\n" for n, v in enumerate(values)))
    fast = parsed_blocks(path, 1 << 20)
    with mock.patch("workbench.bronze.parsing.parser.attempt", return_value=None):
        assert plain(parsed_blocks(path, 1 << 20)) == plain(fast)
    check_sums(fast)
    good, _ = decode_all(fast[0][0].texts, (("_id",),), Decoder())
    assert list(good) == fast[0][1].kept
