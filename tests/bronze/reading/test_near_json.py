"""Near-JSON becomes strict JSON: no digit, no text and no document is another; the rest stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.bronze.reading import near_json
from workbench.bronze.reading.near_json import (
    COMMAS,
    COMMENTS,
    NAMES,
    NUMBERS,
    SHELL,
    TEXTS,
    WORDS,
    Rewriter,
    as_strict,
    is_plain,
    is_strict,
    whole_pairs,
)
from workbench.bronze.reading.near_stream import STEP, Rewritten

SHELL_OUTPUT = """[
  { // the first, it's "one" {
    _id: ObjectId('5f1a'), name: 'Ana "A" }', url: "http://x/y", quoted: `it's`,
    at: ISODate("2020-01-02T03:04:05Z"),
    when: new Date(-86400000), n: NumberLong("9007199254740993"),
    i: NumberInt(5), d: Decimal128('1.10'), x: NaN, tags: [ 'a', 'b', ], /* ] */
  },
  { _id: UUID("0f"), re: /a"[/]\\/b/gi, t: Timestamp({ t: 1, i: 2 }), o: Timestamp(3, 4),
    b: BinData(0, "aa=="), h: HexData(4, "ff00"), r: DBRef("c", ObjectId("60")), least: MinKey() },
]"""
AS_DOCUMENTS: list[Any] = [
    {
        "_id": {"$oid": "5f1a"},
        "name": 'Ana "A" }',
        "url": "http://x/y",
        "quoted": "it's",
        "at": {"$date": "2020-01-02T03:04:05Z"},
        "when": {"$date": {"$numberLong": "-86400000"}},
        "n": {"$numberLong": "9007199254740993"},
        "i": {"$numberInt": "5"},
        "d": {"$numberDecimal": "1.10"},
        "x": "NaN",
        "tags": ["a", "b"],
    },
    {
        "_id": {"$uuid": "0f"},
        "re": {"$regularExpression": {"pattern": 'a"[/]\\/b', "options": "gi"}},
        "t": {"$timestamp": {"t": 1, "i": 2}},
        "o": {"$timestamp": {"t": 3, "i": 4}},
        "b": {"$binary": {"base64": "aa==", "subType": "00"}},
        "h": {"$binary": {"base64": "/wA=", "subType": "04"}},
        "r": {"$ref": "c", "$id": {"$oid": "60"}},
        "least": {"$minKey": 1},
    },
]


def loaded(text: bytes) -> Any:
    return json.loads(text, parse_constant=str, parse_float=str)


def test_what_a_shell_prints_becomes_extended_json() -> None:
    assert loaded(as_strict(SHELL_OUTPUT.encode())[0]) == AS_DOCUMENTS


@pytest.mark.parametrize(
    ("near", "strict", "what"),
    [
        (b'{"a":1,}', b'{"a":1}', COMMAS),
        (b"[1, /* , */ 2 // ,\n,]", b"[1,   2  \n]", COMMAS),
        (b'{"a":1} // x', b'{"a":1}  ', COMMENTS),
        (b"{a_$1:1,\xc3\xa9:2}", b'{"a_$1":1,"\xc3\xa9":2}', NAMES),
        (b"{true:1, 007 :2}", b'{"true":1, "007" :2}', NAMES),
        (b"""['it\\'s "x"\t']""", b'["it\'s \\"x\\"\\u0009"]', TEXTS),
        (b'["\\x41\\v\\0\\q\\u00e9\\\nz"]', b'["\\u0041\\u000b\\u0000q\\u00e9z"]', TEXTS),
        (b"['\\u{1F600}\\u{0e9}']", b'["\\ud83d\\ude00\\u00e9"]', TEXTS),
        (b'["\\\\\\u{10ffff}"]', b'["\\\\\\udbff\\udfff"]', TEXTS),
        (b"['\\U000e0001']", b'["\\udb40\\udc01"]', TEXTS),
        (b"['a\\n' +\n  'b']", b'["a\\nb"]', TEXTS),
        (b"[None,True,False,undefined,+Infinity,Inf]", None, WORDS),
        (b"[+1.50,.5,5.,-0x1F,1.e3]", b"[1.50,0.5,5.0,-31,1.0e3]", NUMBERS),
        (b"[ObjectId( '5f' )]", b'[{"$oid":"5f"}]', SHELL),
    ],
)
def test_each_freedom_is_rewritten_and_counted(near: bytes, strict: bytes, what: str) -> None:
    made, counts = as_strict(near)
    assert made == (strict or b"[null,true,false,null,Infinity,Infinity]")
    assert counts[what] and not is_plain(near)


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":"x // y, /* z */ \'q\' ObjectId(1),}","b":[1.5e-7,-0.0,1E+5,NaN,-Infinity]}',
        b'{"e":"\\"\\\\","f":"\\u00e9\\/","g":{},"h":[],"i":true,"j":null}\n{"k":1}',
        b'{"a":007}',
        b'{"a":[1,,2]}',
        b'{"a":ObjectId()}',
        b'{"a":unknown(1)}',
        b'{"a":"no end // b, c: {\n{"b":1}',
        b"{'a: no end // b, c: {\n",
        b"{a-b}",
    ],
)
def test_what_is_json_or_near_to_nothing_stays(text: bytes) -> None:
    assert as_strict(text) == (text, {})


@pytest.mark.parametrize(
    "escape",
    ["\\u{110000}", "\\u{}", "\\u{1F600", "\\u12", "\\x4", "\\U00110000", "\\7", "\\01", "\\0009"],
)
def test_an_escape_that_is_none_is_no_letter_but_stays_broken(escape: str) -> None:
    made, _ = as_strict(b"['a%s']" % escape.encode())
    assert made == b'["a%s"]' % escape.encode() and not is_strict(made)


@pytest.mark.parametrize("between", [" " * 5000, "// " * 2000 + "\n", "/* * */" * 2000])
def test_what_stands_between_is_read_in_one_way(between: str) -> None:
    """Where there were two, what follows would be tried in as many ways as there are stars."""
    text = f"{{a {between} 1, b {between}: 2}}".encode()
    assert b'"b"' in as_strict(text)[0] and b'"a"' not in as_strict(text)[0]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (b'"\\ud83d"', b'"\\ufffd"'),
        (b'"\\uDE00\\ud83D\\ude00\\uD83D x"', b'"\\ufffd\\ud83D\\ude00\\ufffd x"'),
        (b'"\\\\ud83d \\u00e9"', None),
        (b'"\\ud83d\\n\\ude00"', b'"\\ufffd\\n\\ufffd"'),
    ],
)
def test_half_a_surrogate_pair_is_the_replacement_character(text: bytes, mended: bytes) -> None:
    made, halves = whole_pairs(text)
    assert made == (mended or text) and halves == made.count(b"\\ufffd")


def spellings(value: Any) -> st.SearchStrategy[str]:
    """Ways in which JavaScript may write a value."""
    blank = st.sampled_from(["", " ", "\n", "/* ,]} ' \" */", "// it's {\n"])
    if isinstance(value, dict):
        names = [
            st.sampled_from([json.dumps(k), f"'{k}'", k] if k.isidentifier() else [json.dumps(k)])
            for k in value
        ]
        parts = [
            st.tuples(blank, name, blank, st.just(":"), blank, spellings(inner), blank).map("".join)
            for name, inner in zip(names, value.values(), strict=True)
        ]
        return within("{", parts, "}")
    if isinstance(value, list):
        return within("[", [st.tuples(blank, spellings(v), blank).map("".join) for v in value], "]")
    if isinstance(value, str):
        plain = json.dumps(value, ensure_ascii=False)
        other = plain[1:-1].replace('\\"', '"').replace("'", "\\'")
        return st.sampled_from([plain, f"'{other}'"])
    return st.just(json.dumps(value))


def within(
    opening: str, parts: list[st.SearchStrategy[str]], closing: str
) -> st.SearchStrategy[str]:
    ends = st.sampled_from([closing, "," + closing] if parts else [closing])
    return st.tuples(st.tuples(*parts).map(",".join), ends).map(lambda p: opening + p[0] + p[1])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab'\"\\/*{}[],: \n\u00e9", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab_ '", max_size=3), inner)
    ),
    max_leaves=12,
)


@given(st.data(), VALUES, st.integers(1, 60))
@settings(max_examples=300)
def test_whatever_is_written_and_however_it_comes_in_pieces(
    data: st.DataObject, value: Any, step: int
) -> None:
    text = data.draw(spellings([value])).encode()
    whole, counts = as_strict(text)
    assert loaded(whole) == [value]
    rewriter, ahead = Rewriter(), near_json.AHEAD
    near_json.AHEAD = 300
    try:
        ends = range(0, len(text), step)
        pieces = [rewriter.feed(text[at : at + step], at + step >= len(text)) for at in ends]
    finally:
        near_json.AHEAD = ahead
    assert b"".join(pieces) == whole and rewriter.counts == counts


class Pieces:
    """A stream of one text many times over; `most` is the most that was asked for at once."""

    path, cut_off = "dump.js", False

    def __init__(self, text: bytes, times: int) -> None:
        self.left, self.text, self.rest = times, text, b""

    def __exit__(self, *_: object) -> None: ...

    def read(self, size: int) -> bytes:
        while len(self.rest) < size and self.left:
            self.rest += self.text
            self.left -= 1
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


def drained(stream: Rewritten) -> Iterator[bytes]:
    while data := stream.read(1 << 18):
        yield data


@pytest.mark.parametrize("begun", [b"/*\n", b"f(", b"'x\n", b"a \n", b'"\n', b"[ // ", b"$a"])
def test_texts_of_beginnings_alone_are_passed_in_one_go(begun: bytes) -> None:
    """Each looked into up to the end of the text, they would take the square of their number."""
    made, counts = as_strict(begun * 50_000)
    assert (made == begun * 50_000) == (not counts)


@pytest.mark.parametrize("line", [b"{a:1,}\n", b'{"a":1}\n', b"@ # \\ ) ("])
def test_a_stream_is_rewritten_in_bounded_memory(line: bytes) -> None:
    stream = Rewritten(Pieces(line * 1000, 150))
    for data in drained(stream):
        assert len(data) <= 1 << 18 and len(stream._rewriter._rest) < 3 * STEP
    assert stream.taken()[NAMES] == (150_000 if line.startswith(b"{a") else 0)
    assert not stream.taken()
