"""Damaged dumps: every whole document before and after is kept, the broken piece is told."""

from __future__ import annotations

import gc
import io
import json
import random
import re
import weakref
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.dumps import DOCUMENTS, PIECES, dump, is_one_of, mended, parsed_blocks, texts
from support.dumps import LAYOUTS as EVERY_LAYOUT
from support.scans import faults
from workbench.bronze.quarantine import quarantined
from workbench.bronze.reading import damage, damaged_text, oversize
from workbench.bronze.reading.brackets import BLANK
from workbench.bronze.reading.damage import Scanner, salvage
from workbench.bronze.reading.damaged_text import MARK
from workbench.bronze.reading.familiar import Known
from workbench.bronze.reading.oversize import known_start, next_like, pass_over
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan

SIZES = [700, 1 << 20]  # bytes of a block: many, and one


def document(number: int) -> dict[str, Any]:
    """With parts that look like documents of their own."""
    return {
        "_id": number,
        "name": f"Ana {number}",
        "items": [{"_id": f"{number}-{n}", "price": n} for n in range(number % 4)],
        "score": {"_id": "s", "text": 'a "quoted" } ] , {['},
        "n": None,
    }


COUNT = 24
MORE = [json.dumps(document(n), separators=(",", ":")) for n in range(33)]
TEXTS = MORE[:COUNT]
MINIFIED = "[" + ",".join(TEXTS) + "]"
LINE = "".join(TEXTS)
ONE_A_LINE = "[" + ",\n".join(TEXTS) + "]\n"
NDJSON = "\n".join(TEXTS) + "\n"
PRETTY = json.dumps([document(n) for n in range(COUNT)], indent=2) + "\n"
HALF = MINIFIED[: MINIFIED.index('"name":"Ana 16"')]
LAYOUTS = {"minified": MINIFIED, "line": LINE, "lines of an array": ONE_A_LINE, "pretty": PRETTY}


def read(folder: Path, text: str | bytes, size: int = 1 << 20) -> Scan:
    return scan([dump(folder, text)], folder / "staged", block_size=size)


def keys(found: Scan) -> list[Any]:
    parts = [
        pq.read_table(p, columns=["_id"]) for p in sorted((found.folder / "documents").iterdir())
    ]
    return [key for part in parts for key in part["_id"].to_pylist()]


def bad(found: Scan) -> list[dict[str, Any]]:
    return [row for table in quarantined(found, set()) for row in table.to_pylist()]


def but(*missing: int) -> list[int]:
    return [n for n in range(COUNT) if n not in missing]


# --- one fault --------------------------------------------------------------------------------

FAULTS = {
    "a quote is missing behind": ('"Ana 7"', '"Ana 7'),
    "a quote is missing in front": ('"Ana 7"', 'Ana 7"'),
    "a quote too many": ('"Ana 7"', '"Ana" 7"'),
    "a byte that ends the string": ("Ana 7", 'An" 7'),
    "an opening bracket is missing": ('[{"_id":"7-0"', '{"_id":"7-0"'),
    "an object too many opens": ('"name":"Ana 7"', '{"name":"Ana 7"'),
    "an array too many opens": ('"Ana 7"', '["Ana 7"'),
    "an array too many closes": ('"Ana 7"', '"Ana 7"]'),
    "an object too many closes": ('"Ana 7"', '"Ana 7"}'),
    "a comma became a bracket": ('"Ana 7",', '"Ana 7"}'),
    "a comma too many": ('"Ana 7",', '"Ana 7",,'),
    "a piece is missing": ('"name":"Ana 7","items":[{"_id":"7-0","price"', '"na'),
    "a byte that is no UTF-8": ("Ana 7", "An\udcff 7"),
    "a NUL": ("Ana 7", "An\x00 7"),
}


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_the_document_that_it_is_in(
    tmp_path: Path, fault: str, layout: str, size: int
) -> None:
    whole, broken = FAULTS[fault]
    one = TEXTS[7].replace(whole, broken)
    assert one != TEXTS[7]
    text = LAYOUTS[layout]
    if layout == "pretty":
        indented = "\n".join("  " + line for line in json.dumps(document(7), indent=2).split("\n"))
        text = text.replace(indented, "  " + one)
    else:
        text = text.replace(TEXTS[7], one)
    data = text.encode(errors="surrogateescape")
    found = read(tmp_path, data, size)
    assert keys(found) == but(7)
    assert bad(found)[0]["byte_offset"] == data.index(one.encode(errors="surrogateescape"))


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("number", [0, 1, 12, COUNT - 1])
def test_a_missing_end_costs_one_document(
    tmp_path: Path, number: int, layout: str, size: int
) -> None:
    text = LAYOUTS[layout]
    end = text.index(f'"_id":{" " if layout == "pretty" else ""}{number},') + 12
    following = text.find("{", text.find(f'Ana {number + 1}"') - 30)
    gap = ",\n  " if layout == "pretty" else ",\n" if "lines" in layout else ","
    rest = gap * (layout != "line") + text[following:] if number + 1 < COUNT else ""
    assert keys(read(tmp_path, text[:end] + rest, size)) == but(number)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("old", "new", "offset"),
    [
        ('},{"_id":8,', '},,{"_id":8,', None),
        ('},{"_id":8,', '}{"_id":8,', None),
        ('},{"_id":8,', '},]{"_id":8,', None),
        ('},{"_id":8,', '}\x00{"_id":8,', None),
        ('},{"_id":8,', '}#{"_id":8,', 1),
        ('},{"_id":8,', '},x,{"_id":8,', 2),
        ('[{"_id":0,', '[,{"_id":0,', None),
        ('[{"_id":0,', '{"_id":0,', None),
        ('[{"_id":0,', 'x{"_id":0,', 0),
        ("}]", "},]", None),
        ("}]", "}", None),
        ("}]", "},", None),
        ("}]", "}]]", None),
        ("}]", "}]\x00\x00\x00", None),
    ],
)
def test_a_fault_between_documents_costs_none(
    tmp_path: Path, old: str, new: str, offset: int | None, size: int
) -> None:
    start = MINIFIED.index(old) if old != "}]" else len(MINIFIED) - 2
    text = MINIFIED[:start] + new + MINIFIED[start + len(old) :]
    found = read(tmp_path, text, size)
    assert keys(found) == but()
    assert [r["byte_offset"] for r in bad(found)] == ([] if offset is None else [start + offset])


SHORT = [
    {"_id": n, "of": [{"_id": "a", "p": 0}] * n, "s": {"_id": "s", "t": 'a" } ] , {['}}
    for n in (1, 2, 0, 3)
]
BYTES = [b"", *(bytes([c]) for c in b'{}[],":\\\nx\xff')]


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("layout", ["minified", "line", "ndjson"])
def test_whatever_stands_for_a_byte_the_other_documents_stay(tmp_path: Path, layout: str) -> None:
    texts = [json.dumps(d, separators=(",", ":")).encode() for d in SHORT]
    join = {"minified": b",", "line": b"", "ndjson": b"\n"}[layout]
    whole = join.join(texts)
    whole = b"[" + whole + b"]" if layout == "minified" else whole
    path = tmp_path / "dump.json"
    starts = [whole.index(text) for text in texts]
    for at in range(0, len(whole), 5):
        hit = {n for n, s in enumerate(starts) if s <= at < s + len(texts[n])}
        for byte in BYTES:
            data = whole[:at] + byte + whole[at + 1 :]
            path.write_bytes(data)
            found = [
                (documents.texts[n], documents.offsets[n], n in parsed.kept)
                for documents, parsed in parsed_blocks(path, 150)
                for n in range(len(documents.texts))
            ]
            assert all(data[offset : offset + len(text)] == text for text, offset, _ in found)
            kept = [json.loads(text) for text, _, good in found if good]
            missing = [n for n, d in enumerate(SHORT) if n not in hit and d not in kept]
            parts = [d for d in kept if not isinstance(d["_id"], int)]
            assert (missing, parts) == ([], []), (at, byte)


@pytest.mark.parametrize("layout", ["minified", "line", "ndjson", "lines of an array"])
def test_a_part_that_looks_like_a_document_is_none_wherever_its_document_is_cut(
    tmp_path: Path, layout: str
) -> None:
    friends = [{"_id": f"f{n}", "name": "Rui"} for n in range(2)]
    documents = [{"_id": n, "name": f"Ana {n}", "friends": friends, "z": 1} for n in range(6)]
    texts = [json.dumps(d, separators=(",", ":")) for d in documents]
    join = {"minified": ",", "line": "", "ndjson": "\n", "lines of an array": ",\n"}[layout]
    path = tmp_path / "dump.json"
    for at in range(1, len(texts[3])):
        text = join.join([*texts[:3], texts[3][:at], *texts[4:]])
        path.write_text(f"[{text}]" if "," in join else text)
        kept = [
            json.loads(documents.texts[n])["_id"]
            for documents, parsed in parsed_blocks(path, 1 << 20)
            for n in parsed.kept
        ]
        assert kept == [0, 1, 2, 4, 5], texts[3][:at]


# --- two dumps in one file, and half of one ---------------------------------------------------

OTHER = [json.dumps({**document(n), "name": "other"}, separators=(",", ":")) for n in range(24, 36)]
SECOND = {
    "minified": "[" + ",".join(OTHER) + "]",
    "lines": "\n".join(OTHER) + "\n",
    "lines of an array": "[" + ",\n".join(OTHER) + "]\n",
    "pretty": json.dumps([json.loads(text) for text in OTHER], indent=2),
}


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", [1500, 1 << 20])
@pytest.mark.parametrize("gap", ["", "\n", "\ufeff"])
@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("first", [MINIFIED, ONE_A_LINE, NDJSON.rstrip(), PRETTY.rstrip()])
def test_of_two_dumps_in_one_file_no_document_is_lost(
    tmp_path: Path, first: str, second: str, gap: str, size: int
) -> None:
    found = read(tmp_path, first + gap + SECOND[second], size)
    assert (keys(found), bad(found)) == (list(range(36)), [])


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("second", SECOND)
def test_a_dump_behind_half_of_one_is_read(tmp_path: Path, second: str, size: int) -> None:
    found = read(tmp_path, HALF + SECOND[second], size)
    assert keys(found) == [*range(16), *range(24, 36)]


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_dump_that_is_cut_off_anywhere_keeps_all_before(
    tmp_path: Path, layout: str, size: int
) -> None:
    text = LAYOUTS[layout]
    start = text.index("Ana 22")
    for cut in range(start, start + 150, 7):
        kept = keys(read(tmp_path, text[:cut], size))
        assert kept[:22] == list(range(22)) and set(kept) <= {*range(COUNT)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("layout", [*LAYOUTS, "ndjson", "large"])
def test_of_a_dump_cut_in_three_files_each_gives_its_whole_documents(
    tmp_path: Path, layout: str, size: int
) -> None:
    if layout == "large":
        text = json.dumps([document(n) for n in range(3000)], indent=1)
    else:
        text = (LAYOUTS | {"ndjson": NDJSON})[layout]
    start, second = text.index("Ana 9") - 30, text.index("Ana 20")
    for cut in range(start, start + 300, 400 if layout == "large" else 13):
        kept = []
        for part in (text[:cut], text[cut:second], text[second:]):
            path = tmp_path / "part"
            path.write_text(part)
            kept += [
                json.loads(documents.texts[n])["_id"]
                for documents, parsed in parsed_blocks(path, size)
                for n in parsed.kept
            ]
        torn = {*range(3000 if layout == "large" else COUNT)} - {*kept}
        assert torn - {20} <= {*range(8, 13)} and len(torn) <= 2, cut
        assert len({*kept}) == len(kept), cut


@pytest.mark.usefixtures("in_process")
def test_lines_of_a_mended_block_keep_their_numbers(tmp_path: Path) -> None:
    lines = [*MORE[:30], MORE[30] + MORE[31], MORE[32], "x", "null"]
    found = faults(read(tmp_path, "\n".join(lines)))
    assert found == [("invalid JSON", 33), ("not an object", 34)]


@pytest.mark.usefixtures("in_process")
def test_superseded_documents_of_a_mended_block_are_found_again(tmp_path: Path) -> None:
    lines = [*MORE[:30], MORE[30] + MORE[31], MORE[32]]
    text = "\n".join(lines)
    (table,) = quarantined(read(tmp_path, text), {31})
    (row,) = table.to_pylist()
    assert (row["raw"], row["position"]) == (MORE[31], 31)
    assert row["byte_offset"] == text.index(MORE[31])


# --- the text itself --------------------------------------------------------------------------


def test_no_byte_is_passed_over_but_separators() -> None:
    data = b'\xef\xbb\xbf[{"a":1},,{"b":[}#{"a":2}\x00[5,"x"]{"a":3}}{"a":4}\n'
    spans, used = salvage(data)
    between = [
        data[e:s] for (_, e), (s, _) in zip([(0, 0), *spans], [*spans, (used, 0)], strict=True)
    ]
    assert used == len(data)
    assert not b"".join(between).replace(b"\xef\xbb\xbf", b"").strip(BLANK + b",[]")


def test_an_object_inside_a_broken_document_is_not_a_document() -> None:
    known = Known()
    known.learn({"_id": 0, "items": []})
    text = b'{"_id":1,"items":[{"_id":2},{"_id":3}],"name":"x},{"_id":4,"items":[]}'
    spans, _ = salvage(text, known=known)
    assert [text[s:e] for s, e in spans] == [text[: text.index(b',{"_id":4')], text[-20:]]


def test_behind_a_document_too_large_its_parts_are_passed_over() -> None:
    known = Known()
    known.learn({"_id": 0, "name": "Ana", "friends": [{"_id": "f", "name": "Rui"}]})
    parts = b",".join([b'{"_id":"f","name":"Rui"}'] * 50_000)  # each decoded once, in its length
    following = b'{"_id":2,"name":"Eva","friends":[]}'
    data = b'{"_id":1,"name":"Ana","friends":[' + parts + b',"x' + following
    start = known_start(known)
    assert start
    found = next_like(Scanner(data.decode("latin-1"), True, known), start, 1)
    assert found == [data.index(following)]


@pytest.mark.parametrize(
    "text",
    [b"{" * 10**6, b"[" * 10**6, b'{"a":' * 10**5, b'{"' * 10**5, b"}" * 10**6, b'{"a":1 ' * 10**5],
    ids=lambda text: text[:9].decode(),
)
def test_hopeless_text_is_given_up_soon(text: bytes) -> None:
    assert salvage(text) == ([(0, len(text.rstrip()))], len(text))


@pytest.mark.parametrize("text", [b'{"a":["', b'{"a":{}', b'{"a":["{}'], ids=bytes.decode)
def test_what_is_tried_in_vain_is_bounded_however_long_the_text(
    monkeypatch: pytest.MonkeyPatch, text: bytes
) -> None:
    monkeypatch.setattr(damaged_text, "MOST_TRIES", 1000)
    tried = counted(monkeypatch, "decode")
    assert salvage(text * 20_000) == ([(0, len(text) * 20_000)], len(text) * 20_000)
    assert 500 < len(tried) < 5000


def test_members_that_are_passed_over_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(damaged_text, "MOST_TRIES", 1000)
    tried = counted(monkeypatch, "decode")
    text = b'{"a":["' + b'"k":{},' * 20_000
    assert salvage(text) == ([(0, len(text) - 1)], len(text))
    assert 1000 < len(tried) < 5000


@pytest.mark.parametrize("inside", [b'{"a":[]},', b"[],", b"{},"])
def test_a_value_that_holds_too_much_is_not_decoded(
    monkeypatch: pytest.MonkeyPatch, inside: bytes
) -> None:
    large, whole = b'{"_id":1,"x":[' + inside * 200, b'{}]},{"_id":2,"x":[]}'
    expected = [salvage(large + end) for end in (whole, b"")]
    monkeypatch.setattr(damaged_text, "MOST_NESTED", 100)
    with_few = SimpleNamespace(JSONDecoder=OfFew, JSONDecodeError=json.JSONDecodeError)
    monkeypatch.setattr(damaged_text, "json", with_few)
    assert [salvage(large + end) for end in (whole, b"")] == expected


class OfFew(json.JSONDecoder):
    def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
        assert s.count("{") + s.count("[") <= 100
        return super().raw_decode(s, idx)


def test_behind_a_document_too_large_what_is_tried_in_vain_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(damaged_text, "MOST_TRIES", 1000)
    monkeypatch.setattr(oversize, "STEP", 1 << 20)
    tried = counted(monkeypatch, "decode")
    known = Known()
    known.learn({"_id": 0})
    head, rest = b'{"_id":["' * 200_000, b'{"_id":["' * 2_000_000
    assert pass_over(head, io.BytesIO(rest), known) == (len(head) + len(rest), b"")
    assert 500 < len(tried) < 5000


def test_what_stands_behind_a_value_is_not_copied_for_each() -> None:
    class Watched(str):
        def __getitem__(self, key: Any) -> str:
            taken.append(len(found := super().__getitem__(key)))
            return found

    text, taken = '{"a":{}' * 5000, list[int]()
    scanner = Scanner(text, True, Known())
    scanner.text = Watched(text)
    assert scanner.pieces() == ([(0, len(text))], len(text))
    assert len([size for size in taken if size > len(text) / 2]) < 5


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """Where it is called from now on."""
    places: list[int] = []
    method = getattr(Scanner, name)

    def noting(self: Scanner, at: int) -> Any:
        places.append(at)
        return method(self, at)

    monkeypatch.setattr(Scanner, name, noting)
    return places


def test_what_only_begins_like_a_separator_is_none() -> None:
    rest = random.Random(0)
    pieces = [" ", "\n", ",", "]", "[", "{", *MARK, MARK, "x", '"']
    blank = damaged_text.BLANK
    plainly = re.compile(rf"(?:[{blank},\]]|{MARK}|\[(?=[{blank}]*[{{\]]|[{blank}]*\Z))*")
    for _ in range(20_000):
        text = "".join(rest.choices(pieces, k=rest.randrange(8)))
        assert damage.BETWEEN.match(text).end() == plainly.match(text).end()  # type: ignore[union-attr]


# --- in every layout --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [100, 2000, 1 << 20])
@pytest.mark.parametrize(
    "damaged",
    ['{"_id": 7, "a": {', '{"_id": 7, "a": "x', '{"_id": 7}}', '{"_id": 7]', '{"_id": 7, "a": [1}'],
)
@pytest.mark.parametrize("name", ["pretty array", "pretty objects"])
def test_a_document_with_a_bracket_or_quote_amiss_swallows_no_other(
    tmp_path: Path, name: str, damaged: str, size: int
) -> None:
    whole = EVERY_LAYOUT[name][1](DOCUMENTS)
    start = whole.index("{", whole.index('"_id": 7') - 20)
    end = whole.index("{", whole.index('"_id": 8') - 20)
    comma = "," if name == "pretty array" else ""
    indent = whole[whole.rindex("\n", 0, end) : end]
    text = whole[:start] + damaged + comma + indent + whole[end:]
    found = mended(dump(tmp_path, text), size)
    good = [d for d in DOCUMENTS if d["_id"] != 7]
    assert [json.loads(t) for t in found if is_one_of(t)] == good


@pytest.mark.parametrize("name", ["ndjson", "array of lines", "pretty array", "minified array"])
def test_a_dump_that_is_cut_off_keeps_what_came_before(tmp_path: Path, name: str) -> None:
    whole = EVERY_LAYOUT[name][1](DOCUMENTS)
    found = texts(dump(tmp_path, whole[: whole.rindex("text")]))
    assert [json.loads(t) for t in found[:-1]] == DOCUMENTS[:-1]


@pytest.mark.parametrize("name", ["minified array", "objects on one line"])
def test_a_bracket_too_many_harms_one_document(tmp_path: Path, name: str) -> None:
    text = EVERY_LAYOUT[name][1](DOCUMENTS).replace('"items":', '"items": }, "b":', 1)
    assert [json.loads(t) for t in texts(dump(tmp_path, text))[-39:]] == DOCUMENTS[1:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("noise")


PARTS = ['{"a":1}', '{"b":"},{"}', '{"_id":4,"n":[]}', '{"c":[{},{"d":2}]}', "{}", "[1]", "7", "{"]

# `[` before an object makes one array of all that follows: valid JSON, and no longer a slip.
slips = st.sampled_from([piece for piece in PIECES if piece != "["])


@given(st.sampled_from(list(EVERY_LAYOUT)), st.integers(90, 2000), slips, st.booleans())
@example("pretty array", 90, '"', False)
@example("pretty array", 195, "{", False)
@example("pretty array", 345, '"', False)
@example("pretty objects", 345, "[", False)
@settings(max_examples=150)
def test_one_change_to_a_dump_harms_few_documents(
    folder: Path, name: str, at: int, piece: str, replace: bool
) -> None:
    text = EVERY_LAYOUT[name][1](DOCUMENTS)
    path = dump(folder, text[:at] + piece + text[at + replace :])
    found = [t for t in mended(path, 500) if is_one_of(t)]
    assert len(found) >= len(DOCUMENTS) - 3


@given(st.lists(st.sampled_from(PARTS), min_size=5, max_size=60), st.data())
@settings(max_examples=300)
def test_elements_of_a_row_are_the_same_read_at_once(parts: list[str], data: st.DataObject) -> None:
    text = '[{"_id":1,"n":[{"a":1}]},{"_id":2,"n":[' + ",".join(parts) + ']},{"_id":3,"n":[]}]'
    at = data.draw(st.integers(25, len(text) - 1))
    broken = (text[:at] + data.draw(st.sampled_from(["", *PIECES])) + text[at + 1 :]).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(damage, "CHAIN", data.draw(st.sampled_from([40, 1 << 20])))
        patch.setattr(damage, "MANY", 10**6)
        one_by_one = salvage(broken)
        patch.setattr(damage, "MANY", data.draw(st.sampled_from([1, 20])))
        assert salvage(broken) == one_by_one


def test_a_text_that_was_searched_goes_at_once() -> None:
    gc.disable()  # which comes by seldom, and a text may have 64 MB
    try:
        scanner = Scanner('{"a": [1, {"b": 2', False, Known())
        assert scanner.pieces() == ([], 0)
        gone = weakref.ref(scanner)
        del scanner
        assert gone() is None
    finally:
        gc.enable()
