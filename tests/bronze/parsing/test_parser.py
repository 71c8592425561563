"""One block of documents: the fast reader and the exact one agree, and nothing bad is accepted."""

from __future__ import annotations

import json
import string
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.bronze.parsing.decoding import Decoder, Number, decode_all
from workbench.bronze.parsing.exact import exact
from workbench.bronze.parsing.extended_arrow import Undecided
from workbench.bronze.parsing.extended_json import WRAPPERS
from workbench.bronze.parsing.fast import fast, joined
from workbench.bronze.parsing.parsed import Parsed, Rules
from workbench.bronze.parsing.parser import parse
from workbench.bronze.pool import Pool
from workbench.bronze.reading.documents import Block, Documents
from workbench.bronze.reading.layouts import ARRAY_LINES, LINES, Source
from workbench.bronze.results import EXACT, NO_ROOM, Scan
from workbench.bronze.scanning import scan
from workbench.bronze.staged import column
from workbench.proof.arrow import of_array
from workbench.proof.fingerprint import leaves
from workbench.schema.arrow_types import conform
from workbench.schema.kinds import Node, loose_paths, node_at, to_json, walk
from workbench.schema.paths import ITEM, Path, show

KEY: Path = ("_id",)


def rules(**paths: str) -> Rules:
    return Rules((KEY,), {(name,): kind for name, kind in paths.items()}, frozenset())


def block(*lines: bytes, layout: str = LINES) -> Documents:
    source = Source("dump.json", 0, layout, "none")
    return Documents(Block(0, source, 0, True, payload=b"".join(t + b"\n" for t in lines)))


def read(*lines: bytes) -> Parsed:
    return parse(block(*lines), rules())


def rows(parsed: Parsed) -> list[Any]:
    found: list[Any] = conform(parsed.rows, parsed.node, parsed.node).to_pylist()
    return found


def values(*texts: bytes) -> list[Any]:
    """What becomes of the values of one field."""
    found = read(*(b'{"_id":%d,"a":%s}' % (i, text) for i, text in enumerate(texts)))
    assert not found.bad
    return [row["a"] for row in rows(found)]


def kind(*texts: bytes) -> Any:
    lines = (b'{"_id":%d,"a":%s}' % (i, text) for i, text in enumerate(texts))
    return to_json(read(*lines).node.fields["a"])


def faults(*lines: bytes) -> list[tuple[int, str]]:
    return [(bad.at, bad.reason) for bad in read(*lines).bad]


# --- what is bad ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"_id":2,"a":NaN}', "invalid JSON"),
        (b'{"_id":2,"a":Infinity}', "invalid JSON"),
        (b'{"_id":2,"a":-Infinity}', "invalid JSON"),
        (b'{"_id":2,"a":1e400}', "invalid JSON"),
        (b'{"_id":2,"a":"\\ud800"}', "invalid JSON"),
        (b'{"_id":2,"a":"\\udc00x"}', "invalid JSON"),
        (b'{"_id":2,"\\ud800":1}', "invalid JSON"),
        (b'{"_id":2,"a":"\x01"}', "invalid JSON"),
        (b'{"_id":2,"a":"\t"}', "invalid JSON"),
        (b'{"_id":2,"a":"\x00"}', "invalid JSON"),
        (b'{"_id":2,"a":1,}', "invalid JSON"),
        (b'{"_id":2,"a":[1,]}', "invalid JSON"),
        (b'{"_id":2,"a":01}', "invalid JSON"),
        (b'{"_id":2,"a":+1}', "invalid JSON"),
        (b'{"_id":2,"a":.5}', "invalid JSON"),
        (b'{"_id":2,"a":1.}', "invalid JSON"),
        (b'{"_id":2,"a":0x1}', "invalid JSON"),
        (b'{"_id":2,"a":"\xff"}', "invalid JSON"),
        (b'{"_id":2,"a":"\xed\xa0\x80"}', "invalid JSON"),
        (b"{'_id':2}", "invalid JSON"),
        (b'{"_id":2},"a":{}}', "invalid JSON"),
        (b"{}{}", "invalid JSON"),
        (b"two", "invalid JSON"),
        (b"null", "not an object"),
        (b"5", "not an object"),
        (b"true", "not an object"),
        (b'"{}"', "not an object"),
        (b"[1]", "not an object"),
        (b'[{"id":2}]', "not an object"),
        (b"{}", "missing key"),
        (b'{"_ID":2}', "missing key"),
        (b'{"a":{"_id":2}}', "missing key"),
        (b'{"_id":null}', "null key"),
        (b'{"_id":{"$oid":null}}', "null key"),
    ],
)
def test_a_bad_document_goes_and_its_neighbours_stay(text: bytes, reason: str) -> None:
    found = read(b'{"_id":1}', text, b'{"_id":3}')
    assert (rows(found), [(b.at, b.reason) for b in found.bad]) == (
        [{"_id": 1}, {"_id": 3}],
        [(1, reason)],
    )


@pytest.mark.parametrize(
    ("text", "ids", "bad"),
    [
        (b'{"_id":2}{"_id":3}', [2, 3], []),
        (b'{"_id":2} {"_id":3}', [2, 3], []),
        (b'{"_id":2},{"_id":3}', [2, 3], []),
        (b'{"_id":2},', [2], []),
        (b'{"_id":2}]', [2], []),
        (b'[{"_id":2},{"_id":3}]', [2, 3], []),
        (b'[{"_id":2}', [2], []),
        (b"\xef\xbb\xbf" + b'{"_id":2}', [2], []),
        (b'\x00\x00{"_id":2}', [2], []),
        (b'{"_id":2} // two', [2], [b"// two"]),
        (b'{"_id":2}#{"_id":3}', [2, 3], [b"#"]),
        (b'{"_id":2}}', [2], [b"}"]),
        (b'{"_id":2}"', [2], [b'"']),
        (b'{"_id":2},{"a":1,{"_id":3}', [2, 3], [b'{"a":1']),
        (b'{"_id":2},{"a":{"_id":3}', [2], [b'{"a":{"_id":3}']),
        (b'{"a":[{"_id":2},{"_id":3}]', [], [b'{"a":[{"_id":2},{"_id":3}]']),
        (b'{"a":[{"_id":3}],{"_id":2}', [2], [b'{"a":[{"_id":3}]']),
        (b'{"_id":2,"a":[{"b":1},{"b"{"_id":3,"a":0}', [3], [b'{"_id":2,"a":[{"b":1},{"b"']),
    ],
)
def test_whole_documents_in_a_bad_line_are_kept(
    text: bytes, ids: list[int], bad: list[bytes]
) -> None:
    documents = block(b'{"_id":1}', text, b'{"_id":4}')
    found = parse(documents, rules())
    assert [row["_id"] for row in rows(found)] == [1, *ids, 4]
    assert [documents.texts[b.at] for b in found.bad] == bad


def test_a_document_that_was_cut_into_lines_is_whole_again() -> None:
    found = read(b'{"_id":1}', b"{", b'"_id":2', b"}", b'{"_id":3}')
    assert (rows(found), found.bad) == ([{"_id": 1}, {"_id": 2}, {"_id": 3}], [])


@pytest.mark.parametrize("levels", [100, 1_100, 100_000])
@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_bad_and_ends_no_process(levels: int, opens: bytes, closes: bytes) -> None:
    deep = b'{"_id":1,"a":' + opens * levels + b"1" + closes * levels + b"}"
    assert faults(deep, b'{"_id":2}') == [(0, "invalid JSON")]


WHOLE = b'{"_id":-12.5e-3,"a":[true,null,"x\\u00e9\\ud83d\\ude00"],"b":{"c":false}}'


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_a_document_that_is_cut_off_anywhere_is_called_truncated(length: int) -> None:
    assert faults(b'{"_id":1}', WHOLE[:length]) == [(1, "truncated")]


def test_what_is_wrong_is_said_without_showing_the_document() -> None:
    (bad,) = read(b'{"_id":1,"a":secret}').bad
    assert bad.detail == "Expecting value"


def test_places_count_lines_and_blank_ones_too() -> None:
    documents = block(b"", b'{"_id":1}', b"  ", b"x", b'{"_id":2}')
    assert documents.places == [1, 3, 4]


def test_no_document_is_no_row() -> None:
    assert (len(read(b"", b"").rows), read(b"").bad) == (0, [])


def test_a_key_inside_an_object_is_looked_up_there() -> None:
    found = parse(block(b'{"k":{"id":1}}', b'{"k":{}}'), Rules((("k", "id"),), {}, frozenset()))
    assert (found.kept, [b.reason for b in found.bad]) == ([0], ["missing key"])


def test_a_key_of_dots_is_one_field() -> None:
    found = parse(block(b'{"a.b":1}'), Rules((("a.b",),), {}, frozenset()))
    assert found.kept == [0]


def test_a_repeated_key_keeps_its_last_value_and_is_counted() -> None:
    found = read(b'{"_id":1,"a":1,"a":2}', b'{"_id":2,"a":{"b":1,"b":null,"b":3}}')
    assert (found.repeated, [row["a"] for row in rows(found)]) == (3, ["2", '{"b":3}'])


def test_repeated_keys_are_counted_beside_bad_documents() -> None:
    assert read(b'{"_id":1,"a":1,"a":2}', b"x").repeated == 1


# --- what becomes of values -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "becomes"),
    [
        ((b"1", b'"x"'), ["1", '"x"']),
        ((b"true", b"1"), ["true", "1"]),
        ((b"5", b'{"b": 1.50}'), ["5", '{"b":1.50}']),
        ((b'{"b":1}', b'[1, {"c": "\xc3\xa9"}]'), ['{"b":1}', '[1,{"c":"é"}]']),
        ((b"[1]", b"[null, true]"), [["1"], [None, "true"]]),
        ((b"1", b"2.5"), [1.0, 2.5]),
        ((b"10000000000000000", b"2.5"), [1e16, 2.5]),
        ((b"null", b"null"), [None, None]),
        ((b"{}", b"{}"), ["{}", "{}"]),
        ((b"{}", b'{"b":1}'), [{"b": None}, {"b": 1}]),
        ((b"[]", b"[[]]"), [[], [[]]]),
        ((b"[null,1]", b"[1]"), [[None, 1], [1]]),
        ((b'[null,{"b":1}]', b"null"), [[None, {"b": 1}], None]),
        ((b"[null,null,[1]]", b"[]"), [[None, None, [1]], []]),
        ((b'[null,{"$oid":"f"}]', b"[]"), [[None, "f"], []]),
        ((b'"2020-01-01"', b'"2020-01-01T00:00:00Z"'), ["2020-01-01", "2020-01-01T00:00:00Z"]),
        ((b'"1"', b'"1.0"'), ["1", "1.0"]),
        ((b'"\\u0000\\u001f"', b'"\\ud83d\\ude00"'), ["\x00\x1f", "\U0001f600"]),
        ((b"-0", b"9223372036854775807"), [0, 2**63 - 1]),
        ((b"9223372036854775808", b"-1"), [2**63, -1]),
        ((b"1" * 39, b"2"), ["1" * 39, "2"]),
        ((b"1e5", b"-1E-2"), [100000.0, -0.01]),
        ((b"1e300", b"1"), [1e300, 1.0]),
        ((b"1.10", b'"x"'), ["1.10", '"x"']),
    ],
)
def test_values_are_kept(texts: tuple[bytes, ...], becomes: list[Any]) -> None:
    assert values(*texts) == becomes


@pytest.mark.parametrize(
    ("texts", "becomes"),
    [
        ((b"9223372036854775807",), "int"),
        ((b"-9223372036854775809", b"1"), {"decimal": [19, 0]}),
        ((b"1" * 38,), {"decimal": [38, 0]}),
        ((b"1" * 39,), "text"),
        ((b"null",), "null"),
        ((b"{}",), {"struct": []}),
        ((b"[]",), {"hollow": [1, {"list": "null"}]}),
        ((b'""', b"null", b'""'), {"hollow": [2, "string"]}),
        ((b'""', b'"2020-01-01T00:00:00Z"'), "isotext"),
        ((b'"x"', b'"2020-01-01T00:00:00Z"'), "string"),
        ((b'{"$oid":""}',), "string"),
        ((b"1", b"1.5"), "double"),
        ((b"18446744073709551616", b"1.5"), "exact"),
        ((b"9007199254740993", b"1.5"), "exact"),
        ((b"9007199254740992", b"1.5"), "double"),
        ((b"9007199254740993", b"1"), "int"),
        ((b"[9007199254740993]", b"[1.5]"), {"list": "exact"}),
        ((b"0.1234567890123456789",), "exact"),
        ((b"123456789012345678.25",), "exact"),
        ((b"1234567890123456789e-5",), "exact"),
        ((b"1e-400",), "exact"),
        ((b"0.10000000000000001", b"0.30000000000000004"), "double"),
        ((b"5.960464477539063e-08", b"5.960464477539062e-08"), "double"),  # 2**-24, as two write it
        ((b"0.1000000000000000055511151231257827",), "double"),
        ((b"5.00000000000000000000", b"0.0000000000000000000", b"5e-324"), "double"),
        ((b"1e300", b"12345678901234567890.5"), "exact"),
    ],
)
def test_kinds_follow_the_lattice(texts: tuple[bytes, ...], becomes: Any) -> None:
    assert kind(*texts) == becomes


@pytest.mark.parametrize("key", ["", "A", "a.b", "a b", "`", "$a", "$date", "[]", "é", "\x00", '"'])
def test_odd_keys_are_kept(key: str) -> None:
    line = json.dumps({"_id": 1, "a": 0, key: {key: [1], "b": 2}}).encode()
    assert rows(read(line)) == [{"_id": 1, "a": 0, key: {key: [1], "b": 2}}]


def test_fields_stand_in_order_of_first_appearance() -> None:
    found = read(b'{"_id":1,"z":null}', b'{"a":{"y":1},"_id":2}', b'{"_id":3,"a":{"x":1,"y":2}}')
    assert [p[-1] for p, _ in walk(found.node) if p] == ["_id", "z", "a", "y", "x"]


def test_a_field_of_the_last_document_is_there() -> None:
    found = read(b'{"_id":1}', b'{"_id":2}', b'{"_id":3,"late":true}')
    assert [row["late"] for row in rows(found)] == [None, None, True]


@pytest.mark.parametrize("text", [b"1.50", b'{"$date":"2020-01-01T00:00:00Z"}', b"7", b"null"])
def test_a_personal_value_is_spelt_alike_whatever_stands_beside_it(text: bytes) -> None:
    personal = Rules((KEY,), {}, frozenset({("a",)}))
    alone = parse(block(b'{"_id":1,"a":%s}' % text), personal)
    beside = parse(block(b'{"_id":1,"a":%s}' % text, b'{"_id":2,"a":"x"}'), personal)
    assert alone.rows.field("a").cast(pa.string())[0] == beside.rows.field("a")[0]


# --- which reader -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b'{"_id":1,"a":NaN}',
        b'{"_id":1,"a":1e19}',
        b'{"_id":1,"a":10000000000000000000}',
        b'{"_id":1,"a":{"$date":"someday"}}',
        b'{"_id":1,"a":{"$date":"2020-01-01"}}',
        b'{"_id":1,"a":{"$numberLong":"0x1f"}}',
        b'{"_id":1,"a":{"$numberDouble":"NaN"}}',
        b'{"_id":1,"a":{"$oid":null}}',
        b'{"_id":1,"a":{"$oid":"a","b":1}}',
        b'{"a":1}',
        b'{"_id":null}',
        b'{"_id":1}{"_id":2}',
    ],
)
def test_the_fast_reader_leaves_what_it_cannot_decide(line: bytes) -> None:
    with pytest.raises((Undecided, pa.ArrowException)):
        fast(line, 1, rules())


@pytest.mark.parametrize("layout", [LINES, ARRAY_LINES])
def test_documents_that_fill_their_lines_are_not_looked_at_one_by_one(layout: str) -> None:
    end = b"," if layout == ARRAY_LINES else b""
    documents = block(b'{"_id":1}' + end, b'{"_id":2}' + end, layout=layout)
    with mock.patch("workbench.bronze.parsing.parser.decode_all") as slow:
        assert parse(documents, rules()).kept == [0, 1]
    slow.assert_not_called()


def test_two_documents_on_one_line_are_not_made_up_for_by_a_blank_one() -> None:
    documents = block(b'{"_id":1}{"_id":2}', b"", b'{"_id":3}')
    assert parse(documents, rules()).kept == [0, 1, 2]
    assert documents.positions == [0, 0, 2]


@pytest.mark.parametrize("digits", [39, 999, 1000, 4300, 4301, 1_000_000])
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_an_integer_of_any_length_keeps_its_digits(sign: bytes, digits: int) -> None:
    text = sign + b"7" * digits
    found = read(
        b'{"_id":1,"a":%s}' % text, b'{"_id":2,"a":5}', b'{"_id":3,"b":{"$date":%s}}' % text
    )
    loose = parse(block(b'{"_id":1,"a":%s}' % text, b'{"_id":2,"a":5}'), rules(a="text"))
    assert not found.bad
    assert [row["a"] for row in rows(loose)] == [text.decode(), "5"]


@pytest.mark.parametrize(
    ("texts", "becomes"),
    [
        ((b"9007199254740993", b"0.5"), "9007199254740993.0 0.5"),
        ((b"0.1234567890123456789", b"3", b"1e2"), "0.1234567890123456789 3 100"),
        ((b"-123456789012345678.25", b'{"$numberDouble":"0.5"}'), "-123456789012345678.25 0.5"),
        ((b'{"$numberLong":"9007199254740993"}', b"1.5"), "9007199254740993 1.5"),
    ],
)
def test_numbers_that_no_double_holds_are_decimals(texts: tuple[bytes, ...], becomes: str) -> None:
    lines = (b'{"_id":%d,"a":%s}' % (i, text) for i, text in enumerate(texts))
    found = parse(block(*lines), rules(a="exact"))
    assert found.node.fields["a"].kind == "decimal"
    assert [row["a"] for row in rows(found)] == [Decimal(number) for number in becomes.split()]


NOON = [f'"2020-01-0{day}T12:00:00-03:00"' for day in range(1, 5)]


@pytest.fixture
def one_process() -> Iterator[None]:
    """Blocks of any size are read here: to start workers for each would take minutes."""
    with mock.patch("workbench.bronze.scanning.Pool", return_value=Pool(0)):
        yield


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("size", [20, 1 << 20])
@pytest.mark.parametrize(
    ("texts", "becomes", "beside"),
    [
        (('"2020-01-01T00:00:00Z"', '{"$date":0}'), "timestamp", None),
        (('"2020-01-01 00:00"', "null"), "timestamp", None),
        (('"2020-01-01T00:00:00Z"', '"x"'), "string", None),
        (('"2020-01-01T00:00:00Z"', '"2020-01-01"'), "string", None),
        (('"2020-13-01T00:00:00Z"', "null"), "string", None),
        (('"2020-01-01T00:00:00.1234567Z"', "null"), "string", None),
        (('"2020-01-01T00:00:00Z"', "1"), "text", None),
        (('"2020-01-01T00:00:00Z"', '""'), "timestamp", ""),
        ((*NOON, '"10000-01-01T00:00:00Z"'), "timestamp", "10000-01-01T00:00:00Z"),
        ((*NOON, '"2016-12-31T23:59:60Z"'), "timestamp", "2016-12-31T23:59:60Z"),
        ((*NOON, '"0000-00-00 00:00:00"', "null"), "timestamp", "0000-00-00 00:00:00"),
        ((*NOON, '"2020-01-01"'), "timestamp", "2020-01-01"),
        (('{"$date":"someday"}', '{"$date":0}'), "timestamp", "someday"),
        (('{"$date":0}', '""', '{"$date":1}'), "timestamp", ""),
        (('{"$date":0}', '""', '"2020-01-01T00:00:00Z"'), "timestamp", ""),
        (('{"$date":0}', '"x"', '{"$date":1}'), "timestamp", "x"),
        (('{"$date":0}', "[]", '"2020-01-01T00:00:00Z"'), "timestamp", "[]"),
        (('{"$date":0}', '"x"', "1"), "text", None),
        (('{"$date":0}', '"x"', "[1]"), "text", None),
        (('{"$date":9e99}', '{"$date":0}'), "text", None),
        (('"2020-01-01T00:00:00Z"', '{"$date":"someday"}'), "timestamp", "someday"),
        (('{"$date":{"$numberLong":"253402300800000"}}', '{"$date":0}'), "timestamp", "2534023008"),
        (('{"$date":"someday"}', '{"$date":"never"}'), "datetext", None),
        (('{"$date":"someday"}', '{"$date":0}', "1"), "text", None),
    ],
)
def test_times_are_told_from_texts_in_whatever_block_they_stand(
    texts: tuple[str, ...], becomes: str, beside: str | None, size: int, tmp_path: FilePath
) -> None:
    kinds = set()
    for at, order in enumerate((texts, texts[::-1])):
        dump = tmp_path / f"{at}.json"
        lines = (f'{{"_id":{i},"a":{text}}}' for i, text in enumerate(order))
        dump.write_text("\n".join(lines))
        found = scan([str(dump)], tmp_path / str(at), block_size=size)
        kinds.add(found.schema.fields["a"].kind)
        there = "a_text" in found.schema.fields
        kept = column(found, ("a_text",)).drop_null().to_pylist() if there else []
        assert [text[:7] for text in kept] == ([] if beside is None else [beside[:7]])
        assert found.good == len(texts)
    assert kinds == {becomes}


def test_texts_too_many_of_which_are_no_times_stay_and_it_is_told(tmp_path: FilePath) -> None:
    dump = tmp_path / "dump.json"
    items = [f'{{"at":{at}}}' for at in (*NOON, '"soon"')]
    lists = [f"[{at}]" for at in (*NOON, '""')]
    texts = (*NOON[:2], '"soon"', '"x"', '"y"')
    lines = (
        f'{{"_id":{i},"a":{a},"i":[{b}],"l":{c}}}'
        for i, (a, b, c) in enumerate(zip(texts, items, lists, strict=True))
    )
    dump.write_text("\n".join(lines))
    found = scan([str(dump)], tmp_path)
    assert [found.schema.fields[name].kind for name in "ail"] == ["string", "list", "list"]
    assert node_at(found.schema, ("i", ITEM, "at_text")) == Node("string")
    assert f"l[]: {NO_ROOM}" in found.notes()
    assert any(
        note.startswith("a: 3 of 5 texts (60.0%) are no ISO times") for note in found.notes()
    )


def test_in_a_map_texts_that_are_no_times_are_set_apart_or_all_stay_and_are_told(
    tmp_path: FilePath,
) -> None:
    dump = tmp_path / "dump.json"
    lines = (
        f'{{"_id":{i},"m":{{"k{i}":{{"at":{at}}}}},"s":{{"k{i}":{at}}}}}'
        for i, at in enumerate((*NOON, '"soon"'))
    )
    dump.write_text("\n".join(lines))
    found = scan([str(dump)], tmp_path, maps=[("m",), ("s",)])
    kinds = {show(path): node.kind for path, node in walk(found.schema) if not node.fields}
    assert {kinds[f"m.k{n}.at"] for n in range(4)} == {"timestamp"}
    assert column(found, ("m", "k4", "at_text")).drop_null().to_pylist() == ["soon"]
    assert {kinds[f"s.k{n}"] for n in range(5)} == {"string"}
    assert f"s[]: {NO_ROOM}" in found.notes()


def test_the_texts_of_dates_take_no_name_of_the_dump(tmp_path: FilePath) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text('{"_id":1,"a":{"$date":0},"a_text":1}\n{"_id":2,"a":{"$date":"x"}}')
    found = scan([str(dump)], tmp_path)
    assert column(found, ("a_text_",)).to_pylist() == [None, "x"]


@pytest.mark.parametrize("second", [b"1e300", b"1e-40", b'"x"', b"true"])
def test_numbers_that_no_decimal_holds_keep_their_text(second: bytes, tmp_path: FilePath) -> None:
    dump = tmp_path / "dump.json"
    dump.write_bytes(b'{"_id":1,"a":0.12345678901234567891}\n{"_id":2,"a":%s}\n' % second)
    found = scan([str(dump)], tmp_path)
    assert found.schema.fields["a"].kind == "text"
    assert sorted(column(found, ("a",)).to_pylist()) == sorted(
        ["0.12345678901234567891", second.decode()]
    )
    assert any(note.startswith("a: ") for note in found.notes())


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("size", [20, 1 << 20])
@pytest.mark.parametrize("turned", [False, True])
def test_digits_are_kept_in_whatever_block_they_stand(
    size: int, turned: bool, tmp_path: FilePath
) -> None:
    lines = [b'{"_id":1,"a":12345678901234567}\n', b'{"_id":2,"a":0.5}\n']
    (tmp_path / "dump.json").write_bytes(b"".join(lines[::-1] if turned else lines))
    found = scan([str(tmp_path / "dump.json")], tmp_path, block_size=size)
    assert {*column(found, ("a",)).to_pylist()} == {Decimal(12345678901234567), Decimal("0.5")}
    assert found.notes() == [f"a: {EXACT['decimal']}"]


NUMBERS = st.integers(-(2**60), 2**60) | st.decimals(-(10**20), 10**20, places=20)


@given(st.lists(NUMBERS, min_size=1))
@settings(max_examples=50)
def test_no_digit_of_a_number_is_lost(numbers: list[Any]) -> None:
    texts = [str(number).encode() for number in numbers]
    if kind(*texts) == "double":  # it stands for the number that its own digits say
        assert all(Number(text.decode()).exact for text in texts)
        return
    lines = (b'{"_id":%d,"a":%s}' % (at, text) for at, text in enumerate(texts))
    kept = rows(parse(block(*lines), rules(a="exact")))
    assert [Decimal(row["a"]) for row in kept] == numbers


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(2.0**-24)
def test_a_double_as_python_writes_it_is_one(number: float) -> None:
    assert Number(repr(number)).exact and Number(f"{number:.17g}").exact


@given(st.integers(-1074, 970), st.integers(1, 2**53))
def test_a_double_that_is_halfway_between_two_spellings_is_one(power: int, times: int) -> None:
    number = times * 2.0**power
    assert Number(repr(number)).exact


# --- the two readers agree --------------------------------------------------------------------

ODD_KEYS = ["a", "b", "A", "", "a.b", "`", "$x", "é", "$date", "$oid"]
DATES = ["2020-01-01", "2020-01-01T00:00:00Z", "2020-13-01T00:00Z", "1999-12-31 23:59:59.5+05:30"]
BIG = [2**31, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 10**38 - 1, 10**38, -(10**40)]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.sampled_from(DATES)
digits = st.integers(-(2**64), 2**64).map(str) | st.sampled_from(["007", "+5", "1_0", "", "-0"])
moments = st.datetimes().map(lambda t: t.isoformat(timespec="milliseconds") + "Z")
spelt = st.from_regex(
    r"\A[012]\d\d[0-3]-[01]\d-[0-3]\d([T ][012]\d(:[0-5]\d(:[0-6]\d(\.\d{1,7})?)?)?"
    r"(Z|[+-][0-2]\d(:?[0-6]\d)?)?)?\Z",
    alphabet=string.printable,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int": st.integers(-(2**63), 2**63 - 1),
    "small": st.integers(-3, 3),
    "big": st.sampled_from(BIG),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "number": st.integers(-5, 5) | st.floats(-2, 2),
    "string": texts,
    "null": st.none(),
    "$oid": st.builds(lambda t: {"$oid": t}, texts),
    "$numberLong": st.builds(lambda t: {"$numberLong": t}, digits),
    "$numberInt": st.builds(lambda n: {"$numberInt": str(n)}, st.integers(-9, 9)),
    "$numberDouble": st.builds(
        lambda t: {"$numberDouble": t},
        st.floats().map(str) | st.sampled_from(["1", "-Infinity", "1e5", "1e999", "x"]),
    ),
    "$numberDecimal": st.builds(
        lambda t: {"$numberDecimal": t},
        st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str)
        | st.sampled_from(["1E+10", "1E-30", "NaN", "9" * 40, "0.1", "x"]),
    ),
    "$date": st.builds(lambda t: {"$date": t}, moments),
    "$date spelt": st.builds(lambda t: {"$date": t}, spelt | moments | st.sampled_from(DATES)),
    "$date number": st.builds(lambda n: {"$date": n}, st.integers(-(10**15), 10**15)),
    "$date long": st.builds(lambda t: {"$date": {"$numberLong": t}}, digits),
    "$date odd": st.sampled_from([{"$date": None}, {"$date": []}, {"$date": {}}, {"$date": 1.5}]),
}


@st.composite
def shapes(draw: st.DrawFn, depth: int = 3) -> Any:
    """What the documents of one dump look like: a kind, a list of one shape, or fields."""
    choice = draw(st.integers(0, 5)) if depth else 0
    if choice == 4:
        return [draw(shapes(depth - 1))]
    if choice == 5:
        names = draw(st.lists(st.sampled_from(ODD_KEYS), max_size=4, unique=True))
        return {name: draw(shapes(depth - 1)) for name in names}
    return draw(st.sampled_from(list(SCALARS)))


@st.composite
def of_shape(draw: st.DrawFn, shape: Any, odd: int) -> Any:
    """A value of the shape; null at times, and of another shape once in `odd` times."""
    luck = draw(st.integers(0, odd))
    if luck == 0:
        return None
    if luck == 1 and odd < 1000:
        shape = draw(shapes(1))
    if isinstance(shape, list):
        return draw(st.lists(of_shape(shape[0], odd), max_size=3))
    if isinstance(shape, dict):
        names = [n for n in shape if draw(st.integers(0, 4))]
        return {n: draw(of_shape(shape[n], odd)) for n in names}
    return draw(SCALARS[shape])


@st.composite
def dumps(draw: st.DrawFn) -> list[bytes]:
    """The documents of a dump as lines of JSON."""
    names = draw(st.lists(st.sampled_from(ODD_KEYS), min_size=1, max_size=4, unique=True))
    shape = {name: draw(shapes()) for name in names}
    odd = draw(st.sampled_from([10, 40, 2000]))
    lines = []
    for number in range(draw(st.integers(1, 6))):
        document = {"_id": number} | {
            n: draw(of_shape(s, odd)) for n, s in shape.items() if draw(st.integers(0, 5))
        }
        lines.append(json.dumps(document, ensure_ascii=draw(st.booleans())).encode())
    return lines


def seen(found: pa.StructArray, node: Node) -> tuple[str, Any, str]:
    """Rows, kinds and fingerprints, comparable though NaN is among them."""
    return (
        repr(conform(found, node, node).to_pylist()),
        to_json(node),
        repr(of_array(found)),
    )


def both_ways(lines: list[bytes], by: Rules) -> Node:
    """The node of the documents; fails where the fast reader takes them for something else."""
    good, bad = decode_all(lines, (KEY,), Decoder())
    assert not bad
    found, node = exact(list(good.values()), by)
    data = joined(lines)
    assert data is not None
    try:
        quick = fast(data, len(lines), by)
    except (Undecided, pa.ArrowException):
        return node
    quick_node = quick[1]
    # The digits before the point are not known to Arrow; decimals are never read by it.
    assert seen(quick[0], quick_node) == seen(found, node)
    return node


@given(dumps())
@settings(max_examples=200)
def test_the_fast_reader_and_the_exact_one_agree(lines: list[bytes]) -> None:
    node = both_ways(lines, rules())
    loose = loose_paths(node)
    again = both_ways(lines, Rules((KEY,), loose, frozenset()))
    kinds = [(n.kind, loose[p]) for p, n in walk(node) if p in loose]
    if all(a == b and b not in ("exact", "isotext") for a, b in kinds):
        # else numbers have become decimals, texts are texts, or empty objects and arrays text
        assert to_json(again) == to_json(node)


def count(value: Any, node: Node) -> int:
    """The non-null leaves of a plain Python value: a second opinion."""
    wrapped = isinstance(value, dict) and len(value) == 1 and set(value) <= WRAPPERS
    if value is None or (wrapped and None in value.values()):
        return 0
    if node.kind == "struct" and node.hollow and value in ("", []):
        return 0  # where others have an object
    if node.kind == "list":
        return sum(count(element, node.item or Node()) for element in value)
    if node.kind == "struct" and node.fields:
        assert set(value) <= set(node.fields)
        return sum(count(inside, node.fields[name]) for name, inside in value.items())
    return 1


def scan_in_blocks(lines: list[bytes], size: int) -> Scan:
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("workbench.bronze.scanning.Pool", return_value=Pool(0)),
    ):
        path = FilePath(folder) / "dump.json"
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return scan([str(path)], FilePath(folder) / "staged", block_size=size)


@given(dumps(), st.integers(1, 300))
@settings(max_examples=80)
def test_blocks_of_any_size_give_the_same_schema_and_fingerprints(
    lines: list[bytes], size: int
) -> None:
    one, many = scan_in_blocks(lines, 1 << 20), scan_in_blocks(lines, size)
    assert to_json(many.schema) == to_json(one.schema)
    assert many.fingerprints == one.fingerprints
    of_values = [p for p, n in walk(one.schema) if is_leaf(n)]
    assert [p for p in many.fingerprints if p in of_values] == of_values


def is_leaf(node: Node) -> bool:
    return node.kind != "list" and not node.fields


@given(dumps())
@settings(max_examples=80)
def test_as_many_leaves_are_found_as_a_second_opinion_counts(lines: list[bytes]) -> None:
    found = scan_in_blocks(lines, 1 << 20)
    expected = sum(count(json.loads(line), found.schema) for line in lines)
    assert leaves(found.fingerprints) == expected


@pytest.mark.parametrize("number", ["3.552713678800501e-15", "1.1125369292536007E-08", "-1e-5"])
def test_small_fractions_as_python_writes_them_take_the_fast_way(number: str) -> None:
    with mock.patch("workbench.bronze.parsing.parser.decode_all", side_effect=AssertionError):
        assert values(number.encode()) == [float(number)]


@pytest.mark.parametrize("number", ["4.56576876878976431e-05", "12345678901234567e-5", "1.5e-310"])
def test_numbers_that_no_double_holds_are_not_taken_for_one(number: str) -> None:
    with pytest.raises(Undecided):
        fast(b'{"_id":1,"a":%s}' % number.encode(), 1, rules())
