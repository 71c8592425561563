"""What is no JSON is refused by its name; what may be a damaged dump is not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from support.dumps import (
    dump,
)
from workbench.bronze.reading.layouts import (
    sniff,
)
from workbench.errors import SourceError


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
        ('{"_id": 1}'.encode("utf-16-le"), "UTF-16"),
        ('[{"_id": 1}]'.encode("utf-16-be"), "UTF-16"),
        ('{"_id": 1}'.encode("utf-32-be"), "UTF-32"),
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
