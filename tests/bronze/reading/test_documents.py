"""From bytes to documents: every layout and compression, none of them read the wrong way."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.bronze.parsing.parsed import Rules
from workbench.bronze.parsing.parser import parse
from workbench.bronze.reading.brackets import BLANK, is_object, split, strip_lines
from workbench.bronze.reading.cutting import blocks
from workbench.bronze.reading.documents import Documents
from workbench.bronze.reading.layouts import (
    ARRAY,
    ARRAY_LINES,
    BOM,
    LINES,
    OBJECTS,
    layout_of,
    sniff,
)
from workbench.bronze.reading.sources import expand, find, is_json_name, passed_over
from workbench.errors import RequestError, SourceError, WorkbenchError

REPEATABLE = settings(max_examples=200)
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": i, "text": 'a "quoted" \\ } ] , {[', "items": [{"n": n} for n in range(i % 4)]}
    for i in range(40)
]


def one_line(documents: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(d) for d in documents]


LAYOUTS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], str]]] = {
    "ndjson": (LINES, lambda ds: "\n".join(one_line(ds)) + "\n"),
    "ndjson without a last line break": (LINES, lambda ds: "\n".join(one_line(ds))),
    "ndjson with CRLF": (LINES, lambda ds: "\r\n".join(one_line(ds)) + "\r\n"),
    "ndjson with blank lines": (LINES, lambda ds: "\n\n" + " \n\n".join(one_line(ds)) + "\n\n"),
    "array of lines": (ARRAY_LINES, lambda ds: "[\n" + ",\n".join(one_line(ds)) + "\n]\n"),
    "mongoexport": (ARRAY_LINES, lambda ds: "[" + ",\n".join(one_line(ds)) + "]\n"),
    "array of lines, spaced": (ARRAY_LINES, lambda ds: "[ " + " ,\r\n".join(one_line(ds)) + "  ]"),
    "array with commas in front": (ARRAY, lambda ds: "[\n" + "\n,".join(one_line(ds)) + "\n]"),
    "pretty array": (ARRAY, lambda ds: json.dumps(ds, indent=2)),
    "pretty array without indentation": (ARRAY, lambda ds: json.dumps(ds, indent=0)),
    "minified array": (ARRAY, lambda ds: json.dumps(ds, separators=(",", ":"))),
    "pretty objects": (OBJECTS, lambda ds: "\n".join(json.dumps(d, indent=4) for d in ds)),
    "objects on one line": (OBJECTS, lambda ds: "".join(one_line(ds))),
    "objects with CR alone": (OBJECTS, lambda ds: "\r".join(one_line(ds))),
    "text sequence": (LINES, lambda ds: "".join(f"\x1e{text}\n" for text in one_line(ds))),
    "pretty text sequence": (
        OBJECTS,
        lambda ds: "".join(f"\x1e{json.dumps(d, indent=2)}\n" for d in ds),
    ),
}


def dump(folder: Path, text: str | bytes, name: str = "dump.json") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def texts(path: str, size: int = 1 << 20) -> list[bytes]:
    return [text for block in blocks(find([path]), size) for text in Documents(block).texts]


def mended(path: str, size: int = 1 << 20) -> list[bytes]:
    """The texts after each block was parsed, which finds whole documents in broken ones."""
    found = []
    for block in blocks(find([path]), size):
        documents = Documents(block)
        parse(documents, Rules(("_id",), {}, frozenset()))
        found += documents.texts
    return found


def read(path: str, size: int = 1 << 20) -> list[Any]:
    return [json.loads(text) for text in texts(path, size)]


def layout(text: str, *, complete: bool = True) -> str:
    return layout_of(text.encode(), complete)[0]


# --- layouts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_recognised(name: str) -> None:
    expected, write = LAYOUTS[name]
    assert layout(write(DOCUMENTS)) == expected


@pytest.mark.parametrize("size", [1, 100, 2000, 1 << 20])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_documents(tmp_path: Path, name: str, size: int) -> None:
    assert read(dump(tmp_path, LAYOUTS[name][1](DOCUMENTS)), size) == DOCUMENTS


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_byte_order_mark_is_no_part_of_the_first_document(tmp_path: Path, name: str) -> None:
    data = BOM + LAYOUTS[name][1](DOCUMENTS).encode()
    assert read(dump(tmp_path, data)) == DOCUMENTS


@pytest.mark.parametrize("name", LAYOUTS)
def test_one_document_is_read_in_every_layout(tmp_path: Path, name: str) -> None:
    assert read(dump(tmp_path, LAYOUTS[name][1](DOCUMENTS[3:4]))) == DOCUMENTS[3:4]


def test_lines_of_objects_inside_pretty_documents_are_not_the_documents() -> None:
    lines = ",\n".join(f'      {{"_id": {i}}}' for i in range(100))
    document = f'  {{\n    "_id": 1,\n    "items": [\n{lines}\n    ]\n  }}'
    assert layout(f"[\n{document},\n{document}\n]") == ARRAY


@pytest.mark.parametrize(("opens", "expected"), [("[\n{", ARRAY), ("{", OBJECTS)])
def test_lines_inside_a_document_larger_than_the_window_are_not_documents(
    opens: str, expected: str
) -> None:
    lines = ",\n".join(f'{{"_id": {i}}}' for i in range(100))
    assert layout(f'{opens}"_id": 1, "items": [\n{lines},\n', complete=False) == expected


def test_a_small_document_before_a_large_one_changes_nothing() -> None:
    lines = ",\n".join(f'{{"_id": {i}}}' for i in range(100))
    text = f'[\n{{\n"_id": 0\n}},\n{{\n"_id": 1, "items": [\n{lines},\n'
    assert layout(text, complete=False) == ARRAY


@pytest.mark.parametrize(
    "first", ['{"_id":1,"a":', "[broken", "null", "[1]", '{"a":"x}', "}}", "x"]
)
def test_a_bad_first_line_leaves_the_other_lines_documents(tmp_path: Path, first: str) -> None:
    path = dump(tmp_path, "\n".join([first, *one_line(DOCUMENTS)]))
    assert [json.loads(t) for t in texts(path)[1:]] == DOCUMENTS


@pytest.mark.parametrize(
    "first", ['{"_id":1,"a":', "null", "[1]", '{"a":"x}', '{"a":1}}', '{"a":1]']
)
@pytest.mark.parametrize("name", ["array of lines", "mongoexport", "pretty array"])
def test_a_bad_first_element_leaves_the_others(tmp_path: Path, name: str, first: str) -> None:
    text = LAYOUTS[name][1](DOCUMENTS)
    text = text.replace("[", f"[\n  {first},", 1) if name == "pretty array" else text
    text = text if name == "pretty array" else text.replace("[", f"[{first},\n", 1)
    assert [json.loads(t) for t in texts(dump(tmp_path, text))[1:]] == DOCUMENTS


def test_a_line_with_two_documents_does_not_change_the_layout_of_many_lines() -> None:
    lines = one_line(DOCUMENTS)
    assert layout("\n".join([*lines, lines[0] + lines[1]])) == LINES


def test_lines_of_several_documents_each_are_objects_one_after_another() -> None:
    assert layout('{"_id":1}{"_id":2}\n{"_id":3}\n{"_id":4}{"_id":5}\n') == OBJECTS


def test_pretty_objects_between_lines_are_read_as_objects() -> None:
    text = "\n".join([*one_line(DOCUMENTS), json.dumps({"_id": 41}, indent=1)])
    assert layout(text) == OBJECTS


def test_an_empty_array_has_no_documents(tmp_path: Path) -> None:
    assert texts(dump(tmp_path, " [ ] \n")) == []


# --- damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [100, 2000, 1 << 20])
@pytest.mark.parametrize(
    "damaged",
    ['{"_id": 7, "a": {', '{"_id": 7, "a": "x', '{"_id": 7}}', '{"_id": 7]', '{"_id": 7, "a": [1}'],
)
@pytest.mark.parametrize("name", ["pretty array", "pretty objects"])
def test_a_document_with_a_bracket_or_quote_amiss_swallows_no_other(
    tmp_path: Path, name: str, damaged: str, size: int
) -> None:
    whole = LAYOUTS[name][1](DOCUMENTS)
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
    whole = LAYOUTS[name][1](DOCUMENTS)
    found = texts(dump(tmp_path, whole[: whole.rindex("text")]))
    assert [json.loads(t) for t in found[:-1]] == DOCUMENTS[:-1]


@pytest.mark.parametrize("name", ["minified array", "objects on one line"])
def test_a_bracket_too_many_harms_one_document(tmp_path: Path, name: str) -> None:
    text = LAYOUTS[name][1](DOCUMENTS).replace('"items":', '"items": }, "b":', 1)
    assert [json.loads(t) for t in texts(dump(tmp_path, text))[-39:]] == DOCUMENTS[1:]


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compression", "compress"),
    [
        ("gzip", gzip.compress),
        ("bz2", bz2.compress),
        ("zstd", lambda data: pa.compress(data, "zstd", asbytes=True)),
    ],
)
def test_compression_is_known_by_its_first_bytes(
    tmp_path: Path, compression: str, compress: Callable[[bytes], bytes]
) -> None:
    path = dump(tmp_path, compress(b'{"_id":1}\n'), "dump.dat")
    found = sniff(path)
    assert found and (found.compression, read(path)) == (compression, [{"_id": 1}])


@pytest.mark.parametrize("size", [10, 20])
def test_a_whole_compressed_file_is_not_cut_off(tmp_path: Path, size: int) -> None:
    path = dump(tmp_path, gzip.compress(b'{"_id":1}\n' * 4))
    assert [len(Documents(b).texts) for b in blocks(find([path]), size)] == [size // 10] * (
        40 // size
    )


def test_zstd_data_may_begin_with_a_frame_to_skip(tmp_path: Path) -> None:
    skipped = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert read(dump(tmp_path, skipped + COMPRESS["zstd"](b'{"_id":1}'))) == [{"_id": 1}]


def test_gzip_files_one_after_another_are_read_to_the_end(tmp_path: Path) -> None:
    parts = [gzip.compress(line.encode() + b"\n") for line in one_line(DOCUMENTS)]
    assert read(dump(tmp_path, b"".join(parts))) == DOCUMENTS


def test_a_folder_gives_its_dumps_at_any_depth_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    kept = [dump(tmp_path, "{}", n) for n in ("a.JSON", "b/c.ndjson.gz", "d.jsonl.zst")]
    for name in ("_SUCCESS", "_x.json", ".y.json", "readme.txt", "z.json.crc"):
        dump(tmp_path, "{}", name)
    assert expand(str(tmp_path)) == kept
    left = [str(tmp_path / name) for name in ("readme.txt", "z.json.crc")]
    assert passed_over([str(tmp_path)], find([str(tmp_path)])) == left


def test_a_folder_gives_files_without_an_ending_that_hold_json(tmp_path: Path) -> None:
    kept = [dump(tmp_path, gzip.compress(b'[{"_id":1}]', mtime=0), "part-00000.gz")]
    kept.append(dump(tmp_path, '{"_id":2}\n', "part-00001"))
    kept.append(dump(tmp_path, '{"_id":3,"a":', "part-00002"))
    others = {"LICENSE": "MIT License\n", "Makefile": "a:\n\trm ${B}\n", "a.json.bak": '{"_id":2}'}
    other = [dump(tmp_path, text, name) for name, text in others.items()]
    assert expand(str(tmp_path)) == kept
    assert passed_over([str(tmp_path)], find([str(tmp_path)])) == other
    dump(tmp_path, gzip.compress(b'{"_id":1}')[:11], "part-00003.gz")
    with pytest.raises(SourceError, match="cut off before the first document"):
        expand(str(tmp_path))


def test_a_folder_gives_what_is_linked_there_and_nothing_hidden(tmp_path: Path) -> None:
    folder = tmp_path / "dump"
    for name in ("dump/_c=1", "dump/_temporary/0", "dump/.git", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
        dump(tmp_path / name, "{}", "a.json")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe.json")
    assert expand(str(folder)) == [str(folder / "_c=1/a.json"), str(folder / "linked/a.json")]


def test_a_link_to_nothing_among_dumps_is_an_error(tmp_path: Path) -> None:
    dump(tmp_path, "{}", "a.json")
    (tmp_path / "b.json").symlink_to(tmp_path / "moved.json")
    with pytest.raises(SourceError, match=r"b\.json cannot be read: No such file"):
        find([str(tmp_path)])


def test_a_folder_that_cannot_be_looked_into_is_an_error(tmp_path: Path) -> None:
    refused = mock.patch("os.scandir", side_effect=PermissionError(13, "Permission denied", "x"))
    with refused, pytest.raises(SourceError, match="x cannot be looked into: Permission denied"):
        find([str(tmp_path)])


def test_a_pipe_is_told_from_a_file_that_is_not_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RequestError, match="no file that can be read twice"):
        find([str(tmp_path / "pipe")])


def test_a_glob_gives_files_in_order(tmp_path: Path) -> None:
    names = [dump(tmp_path, "{}", f"{n}.txt") for n in "cab"]
    assert expand(str(tmp_path / "*.txt")) == sorted(names)


def test_a_name_with_brackets_is_the_file_itself(tmp_path: Path) -> None:
    assert expand(dump(tmp_path, "{}", "a[1].json")) == [str(tmp_path / "a[1].json")]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = dump(tmp_path, "{}")
    (tmp_path / "link.json").symlink_to(path)
    other = f"{tmp_path}/../{tmp_path.name}/dump.json"
    assert len(find([path, str(tmp_path), other])) == 1


def test_a_file_without_a_document_is_passed_over_beside_others(tmp_path: Path) -> None:
    dump(tmp_path, " \n\n", "a.json")
    path = dump(tmp_path, "{}", "b.json")
    assert [s.path for s in find([str(tmp_path)])] == [path]


@pytest.mark.parametrize("name", ["a.json", "A.NDJSON.GZ", "a.jsonl.bz2", "a.json.zstd"])
def test_names_of_dumps(name: str) -> None:
    assert is_json_name(name)


# --- errors -----------------------------------------------------------------------------------


def test_no_source_is_an_error() -> None:
    with pytest.raises(RequestError, match="none given"):
        find([])


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="matches no file"):
        find([str(tmp_path / "absent.json")])


def test_a_remote_source_is_an_error() -> None:
    with pytest.raises(RequestError, match="not on this machine"):
        find(["s3://bucket/dump.json"])


def test_a_folder_without_json_is_an_error_that_counts_its_files(tmp_path: Path) -> None:
    dump(tmp_path, "{}", "a.txt")
    with pytest.raises(RequestError, match=r"none of its 1 file"):
        find([str(tmp_path)])


@pytest.mark.parametrize("data", [b"", b"\n \n", BOM, gzip.compress(b"", mtime=0)])
def test_a_source_without_a_document_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="is empty"):
        find([dump(tmp_path, data)])


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a PNG image"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "a zip archive"),
        (b"PK\x03\x04\x14\x00\x09\x00\x63\x00", "an encrypted zip archive"),
        (b"PAR1....", "a Parquet file"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"SQLite format 3\x00", "a SQLite database"),
        (b"\xfd7zXZ\x00\x00", "xz data"),
        ('{"_id": 1}'.encode("utf-16"), "UTF-16"),
        ('{"_id": 1}'.encode("utf-16-le"), "UTF-16"),
        ('{\r\n"_id": 1}'.encode("utf-16"), "UTF-16"),  # bytes that a BSON file may start with
        ('[{"_id": 1}]'.encode("utf-16-be"), "UTF-16"),
        ('{"_id": 1}'.encode("utf-32-be"), "UTF-32"),
        (b"\x0e\x00\x00\x00\x10_id\x00\x01\x00\x00\x00\x00", "BSON"),
        (b"\x01\x02\x00\x00....", "NUL bytes"),
        (gzip.compress(b"PAR1....", mtime=0), "a Parquet file"),
        (gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0), "gzip data within gzip data"),
        (b"_id,name\n1,Ana\n2,Bia\n", "CSV"),
        (b"_id;name\r\n1;Ana\r\n2;Bia", "CSV"),
        (b'"_id","name"\n"1","Ana"\n', "CSV"),
        (b"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>", "an HTML page"),
        (b"\n <html>\n", "an HTML page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "a storage service"),
        (b"<?xml version='1.0'?>\n<a/>", "XML"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00......xl/workbook.xml", "an Excel workbook"),
        (b"Obj\x01\x04\x16avro.schema", "an Avro file"),  # as a number, the length of a BSON file
        (b"\x1f\x9d\x90....", "data of compress"),
        (b"\x78\x9c....", "zlib data"),
        ('\r\n [{"_id": 1, "a": "é"}]'.encode("utf-16-le"), "UTF-16 text.*iconv -f UTF-16LE"),
        ("".join(f'{{"_id":{n},"a":"é"}}\n' for n in "12").encode("latin-1"), "iconv -f WINDOWS"),
        (b"\x00" * 300, "300 NULs and nothing else"),
        (b'id,name\n1,"Ana, Bia"\n2,Rui\n3,Eva', "CSV"),
        (b"- _id: 1\n  name: Ana\n- _id: 2\n", "YAML"),
        (b'[users]\nname = "Ana"\n', "INI or TOML"),
        (b"insert into users values (1, 'Ana');\n", "SQL"),
        (b'var users = [{"_id":1},{"_id":2}];\n', "JavaScript around JSON"),
        (b'/**/callback({"_id":1});', "JavaScript around JSON"),
        (b'[\n  // the first\n  {"_id":1,}\n]', "JSON with comments"),
        (b"[{'_id': 1, 'a': None}]", "single quotes"),
        (b"{_id: 1}\n{_id: 2}\n", "names without quotes"),
        (b'{"_id" : ObjectId("5f1a"), "n" : NumberLong(1)}\n', "the mongo shell"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
        (b"curl: (22) The requested URL returned error: 404\n", "text without any JSON object"),
    ],
)
def test_what_is_not_json_text_is_refused_by_its_name(
    tmp_path: Path, data: bytes, what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        sniff(dump(tmp_path, data))


@pytest.mark.parametrize(
    "data",
    [
        b"x,y\n" + b'{"_id":1}',
        b'{"_id":1,\n"a":2,\n"b":3,\n',
        b'\x00[{"_id":1}]',
        b'{\x00"_id":1}\n{"_id":2}\n',
        b'{"_id":1,"a":"\xe9"}',
        b'{"_id":1,"a":"see: ObjectId(1), // or {_id: 2}',
        b"null\n1\n",
    ],
)
def test_what_may_be_a_damaged_dump_is_not_refused(tmp_path: Path, data: bytes) -> None:
    assert sniff(dump(tmp_path, data)) is not None


def test_one_nul_among_good_documents_refuses_no_file(tmp_path: Path) -> None:
    assert sniff(dump(tmp_path, b'{"_id":1}\n{"_id":"\x00"}\n')) is not None


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zstd": lambda data: pa.compress(data, "zstd", asbytes=True),
}


@pytest.mark.parametrize("size", [1000, 1 << 20])
@pytest.mark.parametrize("cut", [0.6, 0.9999])
@pytest.mark.parametrize("compression", COMPRESS)
def test_a_compressed_file_that_is_cut_off_is_read_to_the_break(
    tmp_path: Path, compression: str, cut: float, size: int
) -> None:
    made = [{"_id": n, "text": hashlib.sha256(b"%d" % n).hexdigest()} for n in range(20_000)]
    data = COMPRESS[compression]("\n".join(one_line(made)).encode())
    path = dump(tmp_path, data[: int(cut * len(data))])
    *found, last = blocks(find([path]), size)
    documents = [t for block in found for t in Documents(block).texts]
    good = [json.loads(text) for text in documents[:-1]]
    assert last.cut_off and not any(block.cut_off for block in found)
    assert good == made[: len(good)] and len(good) > (cut - 0.3) * len(made)


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_compressed_file_that_is_cut_off_at_once_is_an_error(
    tmp_path: Path, compression: str
) -> None:
    with pytest.raises(SourceError, match="cut off before the first document"):
        sniff(dump(tmp_path, COMPRESS[compression](b'{"_id":1}')[:9]))


def test_a_file_of_a_folder_that_may_be_a_damaged_part_is_an_error(tmp_path: Path) -> None:
    dump(tmp_path, b'{"_id":1}', "part-0.json")
    dump(tmp_path, b"\x00" * 300, "part-1")
    with pytest.raises(SourceError, match=r"part-1 holds 300 NULs .* move it elsewhere"):
        find([str(tmp_path)])


@pytest.mark.parametrize("at", range(12, 60, 3))
def test_a_damaged_gzip_file_is_an_error(tmp_path: Path, at: int) -> None:
    data = bytearray(gzip.compress("\n".join(one_line(DOCUMENTS)).encode()))
    data[at] ^= 0x55
    with pytest.raises(SourceError, match="data is damaged"):
        texts(dump(tmp_path, bytes(data)))


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    path = dump(tmp_path, "{}")
    refused = mock.patch("builtins.open", side_effect=PermissionError(13, "Permission denied"))
    with refused, pytest.raises(SourceError, match="Permission denied"):
        sniff(path)


LARGE = '{"_id":9,"v":{"x":[' + ",".join(['{"k":"[}"}'] * 500) + '],"y":"\\\\"}}'
JOINED = {
    "lines": "\n".join,
    "array": lambda documents: f"[{','.join(documents)}]",
    "array lines": lambda documents: "[" + ",\n".join(documents) + "]\n",
    "objects": "".join,
}


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("large", [LARGE, LARGE[:-1], LARGE.replace('":"', '":', 1)],
                         ids=["whole", "no last bracket", "no quote"])  # fmt: skip
@pytest.mark.parametrize("layout", JOINED)
def test_a_document_too_large_is_passed_over_and_its_neighbours_are_kept(
    tmp_path: Path, layout: str, large: str, compressed: bool
) -> None:
    small = [f'{{"_id":{at},"v":{{"x":[{at}]}}}}' for at in range(60)]
    whole = JOINED[layout]([*small[:40], large, *small[40:]]).encode()
    path = tmp_path / "dump"
    path.write_bytes(gzip.compress(whole) if compressed else whole)
    limit = mock.patch("workbench.bronze.reading.cutting.LARGEST_DOCUMENT", 1000)
    with limit, mock.patch("workbench.bronze.reading.layouts.WINDOW", 600):
        found = list(blocks(find([str(path)]), 200))
    kept = [t.decode() for b in found if not b.too_large for t in Documents(b).texts]
    assert [text for text in kept if is_object(text.encode())] == small
    (passed,) = [b for b in found if b.too_large]
    start = whole.index(large.encode())
    assert (passed.start, passed.payload[:99]) == (start, whole[start:][:99])
    assert abs(passed.too_large - len(large)) <= 3  # a separator may hang on to a broken one


@pytest.mark.parametrize("text", ['[{"a": "', '{"a":1}\n{"a": "'])
def test_a_document_without_an_end_is_passed_over_before_memory_is_full(
    tmp_path: Path, text: str
) -> None:
    path = dump(tmp_path, text + "x" * 5000)
    with mock.patch("workbench.bronze.reading.cutting.LARGEST_DOCUMENT", 1000):
        *_, last = blocks(find([str(path)]), 100)
    assert last.too_large == len('{"a": "') + 5000


# --- random bytes -----------------------------------------------------------------------------

PIECES = ["{", "}", "[", "]", ",", '"', "\\", ":", "\n", " ", "1", "null", '"_id"', "é", "\r\n"]
NOISE = st.lists(st.sampled_from([*PIECES, '{"_id":1}', '{"a":[{}]}']), max_size=30)
noise = NOISE.map(lambda pieces: "".join(pieces).encode()) | st.binary(max_size=60)


@given(noise, st.booleans(), st.booleans())
@REPEATABLE
def test_splitting_loses_no_byte_but_commas_and_brackets(
    data: bytes, array: bool, final: bool
) -> None:
    spans, used = split(data, array, final)
    edges = [0, *(edge for span in spans for edge in span), used]
    assert edges == sorted(edges) and used <= len(data) and (used == len(data) or not final)
    between = [data[s:e] for s, e in zip(edges[::2], edges[1::2], strict=True)]
    assert not b"".join(between).strip(BLANK + b",]" if array else BLANK)


@given(noise, st.booleans())
@REPEATABLE
def test_stripping_keeps_every_line_and_its_text(data: bytes, array: bool) -> None:
    lines = strip_lines(data, array)
    assert len(lines) == data.count(b"\n") + 1
    assert all(line in raw for line, raw in zip(lines, data.split(b"\n"), strict=True))


@given(noise, st.booleans())
@REPEATABLE
def test_any_text_has_a_layout(data: bytes, complete: bool) -> None:
    if data.strip():
        assert layout_of(data, complete)[0] in (LINES, ARRAY_LINES, ARRAY, OBJECTS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("noise")


@given(noise, st.integers(1, 40), st.sampled_from([b"", BOM, b"\x1f\x8b", b"BZh9"]))
@REPEATABLE
def test_any_bytes_are_read_or_refused(folder: Path, data: bytes, size: int, head: bytes) -> None:
    path = dump(folder, head + data)
    try:
        found = texts(path, size)
    except WorkbenchError:
        return
    assert len(found) <= len(data)


# `[` before an object makes one array of all that follows: valid JSON, and no longer a slip.
slips = st.sampled_from([piece for piece in PIECES if piece != "["])


@given(st.sampled_from(list(LAYOUTS)), st.integers(90, 2000), slips, st.booleans())
@example("pretty array", 90, '"', False)
@example("pretty array", 195, "{", False)
@example("pretty array", 345, '"', False)
@example("pretty objects", 345, "[", False)
@settings(REPEATABLE, max_examples=150)
def test_one_change_to_a_dump_harms_few_documents(
    folder: Path, name: str, at: int, piece: str, replace: bool
) -> None:
    text = LAYOUTS[name][1](DOCUMENTS)
    path = dump(folder, text[:at] + piece + text[at + replace :])
    found = [t for t in mended(path, 500) if is_one_of(t)]
    assert len(found) >= len(DOCUMENTS) - 3


def is_one_of(text: bytes) -> bool:
    try:
        return json.loads(text) in DOCUMENTS
    except ValueError:
        return False
