"""A large document with one broken scalar, or without one colon, ends where its brackets say."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from workbench.bronze import quarantined, scan
from workbench.bronze.parsing import decoding
from workbench.bronze.parsing.decoding import Decoder
from workbench.bronze.reading import Form, brackets, cutting, damage, find, form_of, layouts
from workbench.bronze.reading.structure import shape

LARGE, WINDOW = 1 << 16, 1 << 14  # of these tests: what decides is which is larger
PARTS = b'{"a":"some text"},' * (LARGE // 18 + 2)
SCALARS = [b"01", b"1.2.3", b"NaN1", b"-", b"tru", b'"\\x41"', b'"\\ud8"', b"'no'", b'"\x01"']


@pytest.fixture(autouse=True)
def smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((brackets, "LARGE"), (decoding, "LARGE"), (damage, "CHAIN")):
        monkeypatch.setattr(module, name, LARGE)
    for module in (layouts, cutting):
        monkeypatch.setattr(module, "WINDOW", WINDOW)


def large(scalar: bytes, key: bytes = b"1") -> bytes:
    return b'{"_id":' + key + b',"n":[' + PARTS + b'{"a":' + scalar + b"}," + PARTS + b"{}]}"


def damaged(text: bytes) -> list[bytes]:
    before, after = text[: len(text) // 2], text[len(text) // 2 :]
    damages = [(b",", b""), (b"{", b""), (b'"', b""), (b"}", b"}]")]
    return [before + after.replace(old, new, 1) for old, new in damages]


def test_a_shape_has_neither_texts_nor_what_is_wrong_with_scalars() -> None:
    text = b'{"a\\"{": [1.2.3, "x, \\\\", true,\n NaN1, "]"], "b": {}}'
    assert shape(text) == b'{"": [0, "", 0,\n 0, ""], "": {}}'


@pytest.mark.parametrize("scalar", SCALARS)
def test_brackets_tell_where_a_broken_document_ends(scalar: bytes) -> None:
    text = large(scalar)
    assert form_of(text) is Form.WHOLE
    assert form_of(text[:-2]) is form_of(text[: len(text) // 2]) is Form.CUT
    others = [text + text, text + b"]", b"[" + text, b"{" + PARTS, *damaged(text)]
    assert {form_of(other) for other in others} == {Form.UNKNOWN}


@pytest.mark.parametrize("member", [b'"x""y"', b'"x" 1', b'"x"{"y":1}', b'"x" [1]'])
def test_brackets_tell_where_a_document_without_one_colon_ends(member: bytes) -> None:
    text = large(b"1," + member)
    assert form_of(text) is Form.WHOLE
    assert form_of(text[:-2]) is Form.CUT
    others = [text + text, text + b"]", large(b"1," + member + b"," + member), large(b'1,"x"')]
    assert {form_of(other) for other in others} == {Form.UNKNOWN}


def test_a_document_cut_behind_a_key_does_not_end_with_the_next_one() -> None:
    whole = large(b"7")
    cut = whole[: whole.rindex(b':"some text"')]
    assert form_of(cut + b"\n" + whole) is Form.CUT
    assert form_of(cut + b"\n" + whole + b"\n" + whole) is Form.UNKNOWN


def test_parts_of_a_large_document_are_none_for_one_comma_that_is_missing() -> None:
    whole, comma = large(b"7"), large(b"7").index(b",{", LARGE // 2)
    broken = whole[:comma] + whole[comma + 1 :]
    for dump in (broken, broken + b"\n" + whole):
        found, _ = brackets.pieces(dump, False, True)
        assert [dump[start:end].strip() for start, end in found] == dump.split(b"\n")


@pytest.mark.parametrize("first", [b"7", b"01"], ids=["first whole", "first broken"])
@pytest.mark.parametrize("broken_scalar", [b"1.2.3", b'1,"x""y"'], ids=["number", "no colon"])
@pytest.mark.parametrize("layout", ["lines", "array", "array of lines"])
def test_it_is_kept_whole_and_nothing_is_looked_for_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bytes, layout: str, broken_scalar: bytes
) -> None:
    documents = [large(first, b'"a"'), large(broken_scalar, b'"b"'), large(b"7", b'"c"')]
    before, between, after = {
        "lines": (b"", b"\n", b"\n"),
        "array": (b"[", b",", b"]"),
        "array of lines": (b"[\n", b",\n", b"\n]"),
    }[layout]
    dump = tmp_path / "dump"
    dump.write_bytes(before + between.join(documents) + after)

    def salvage(data: bytes, *_: object) -> tuple[list[tuple[int, int]], int]:
        assert len(data) < LARGE, "looked through for other documents"
        return damage.salvage(data, *_)  # type: ignore[arg-type]

    monkeypatch.setattr(brackets, "salvage", salvage)
    monkeypatch.setattr("workbench.bronze.parsing.repair.salvage", salvage)
    read = scan([str(dump)], tmp_path / "staged", workers=0)
    kept = [row["_id"] for part in sorted((tmp_path / "staged" / "documents").iterdir())
            for row in pq.read_table(part, columns=["_id"]).to_pylist()]  # fmt: skip
    raw = [row["raw"] for table in quarantined(read, set()) for row in table.to_pylist()]
    broken = documents[1:2] if first == b"7" else documents[:2]
    assert raw == [text.decode() for text in broken]
    assert kept == (["a", "c"] if first == b"7" else ["c"])


def test_the_last_of_a_text_is_not_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def salvage(*_: object) -> None:
        raise AssertionError("looked through for other documents")

    monkeypatch.setattr(brackets, "salvage", salvage)
    text = large(b"01")
    assert brackets.pieces(text, True, True) == ([(0, len(text))], len(text))
    assert brackets.pieces(text[:-10], True, False) == ([], 0)  # its end is waited for


def test_one_that_is_alone_is_looked_through_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def salvage(data: bytes, *_: object) -> tuple[list[tuple[int, int]], int]:
        looked.extend([len(data)] if len(data) > LARGE else [])
        return damage.salvage(data, *_)  # type: ignore[arg-type]

    monkeypatch.setattr(brackets, "salvage", salvage)
    monkeypatch.setattr("workbench.bronze.parsing.repair.salvage", salvage)
    dump = tmp_path / "dump"
    text = damaged(large(b"7"))[2]
    dump.write_bytes(b"[" + text)
    read = scan([str(dump)], tmp_path / "staged", workers=0)
    raw = [row["raw"] for table in quarantined(read, set()) for row in table.to_pylist()]
    assert (raw, looked) == ([text.decode()], [len(text)])


def test_a_first_line_that_is_broken_is_a_line(tmp_path: Path) -> None:
    dump = tmp_path / "dump"
    dump.write_bytes(large(b"01") + b"\n" + large(b"1") + b"\n")
    (source,) = find([str(dump)])
    assert source.lines


def test_of_a_broken_document_nothing_is_made_before_it_is_known() -> None:
    text = large(b"01")
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="delimiter"):
            Decoder().document(text)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(text)
    finally:
        tracemalloc.stop()
