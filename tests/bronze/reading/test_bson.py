"""BSON dumps: the same values as the Extended JSON of their documents; damage is told."""

from __future__ import annotations

import gzip
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pyarrow.parquet as pq
import pytest
from bson import json_util

from workbench.bronze.quarantine import quarantined
from workbench.bronze.reading.bson_documents import LARGEST, as_json
from workbench.bronze.reading.sources import find
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import RequestError, SourceError

DOCUMENTS: list[dict[str, Any]] = [
    {
        "_id": bson.ObjectId("5f1a00000000000000000001"),
        "at": datetime(2024, 2, 29, 12, 0, 0, 5000, UTC),
        "early": datetime(1950, 1, 1, tzinfo=UTC),
        "n": 5,
        "long": bson.Int64(2**53 + 1),
        "x": 0.1,
        "d": bson.Decimal128("1.10"),
        "e": {"t": "é😀", "l": [1, {"q": None}], "o": {}},
        "bin": bson.Binary(b"\x00\x01", 4),
        "raw": b"\x02",
        "re": bson.Regex('a"b', "i"),
        "ts": bson.Timestamp(1, 2),
        "code": bson.Code("f()\r"),
        "least": bson.MinKey(),
        "b": True,
    },
    {
        "_id": bson.ObjectId("5f1a00000000000000000002"),
        "x": float("nan"),
        "n": 2**40,
        "early": None,
    },
    {"_id": bson.ObjectId("5f1a00000000000000000003"), "x": 1.0, "l": []},
]
FAR = {"_id": 1, "at": bson.datetime_ms.DatetimeMS(10**15)}
DUMP = b"".join(map(bson.encode, DOCUMENTS))


def scanned(folder: Path, data: bytes, **options: Any) -> Scan:
    path = folder / "users.bson"
    path.write_bytes(data)
    return scan([str(path)], folder / "staged", **options)


def rows(found: Scan) -> list[dict[str, Any]]:
    parts = sorted((found.folder / "documents").iterdir())
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


@pytest.mark.parametrize("mode", ["RELAXED", "CANONICAL"])
def test_values_are_those_of_the_extended_json(tmp_path: Path, mode: str) -> None:
    options = getattr(json_util, f"{mode}_JSON_OPTIONS")
    text = "".join(json_util.dumps(one, json_options=options) + "\n" for one in DOCUMENTS)
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "a.json").write_text(text)
    plain = scan([str(tmp_path / "json" / "a.json")], tmp_path / "json" / "staged")
    found = scanned(tmp_path, DUMP)
    assert repr(rows(found)) == repr(rows(plain))
    assert found.schema == plain.schema and found.fingerprints == plain.fingerprints


def test_a_date_beyond_the_calendar_keeps_its_number(tmp_path: Path) -> None:
    found = scanned(
        tmp_path, bson.encode(FAR) + bson.encode({"_id": 2, "at": datetime(2020, 1, 1)})
    )
    assert [row["at_text"] for row in rows(found)] == [str(10**15), None]


@pytest.mark.parametrize("size", [60, 1 << 20])
@pytest.mark.parametrize("form", ["plain", "gzip", "zip"])
def test_documents_are_cut_by_their_lengths(tmp_path: Path, form: str, size: int) -> None:
    data = b"".join(bson.encode({"_id": n, "t": "\x00}{" * (n % 7)}) for n in range(50))
    path = tmp_path / "users.bson"
    path.write_bytes(gzip.compress(data) if form == "gzip" else data)
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("dump/users.bson", data)
        path = tmp_path / "a.zip"
    found = scan([str(path)], tmp_path / "staged", block_size=size, workers=1)
    assert [row["_id"] for row in rows(found)] == list(range(50)) and not found.reasons


def test_a_document_that_cannot_be_decoded_is_quarantined_where_it_stands(tmp_path: Path) -> None:
    broken = bytearray(bson.encode({"_id": 9, "t": "abc"}))
    broken[broken.index(b"abc")] = 0xFF
    no_key = bson.encode({"a": bson.ObjectId("5f1a00000000000000000003")})
    found = scanned(tmp_path, DUMP + broken + no_key + bson.encode({"_id": "z"}))
    (table,) = quarantined(found, set())
    first, second = table.to_pylist()
    assert (first["reason"], first["position"]) == ("invalid BSON", 4)
    assert first["byte_offset"] == len(DUMP) and "utf-8" in first["detail"]
    assert (second["reason"], second["raw"]) == (
        "missing key",
        '{"a":{"$oid":"5f1a00000000000000000003"}}',
    )
    assert found.good == 4


@pytest.mark.parametrize("cut", [1, 3, 30])
def test_a_dump_that_ends_too_soon_keeps_what_is_whole(tmp_path: Path, cut: int) -> None:
    found = scanned(tmp_path, DUMP[:-cut], key=None)
    assert (found.good, dict(found.reasons)) == (2, {"cut off": 1})


def test_a_dump_that_ends_in_its_first_document_is_told_of_beside_others(tmp_path: Path) -> None:
    (tmp_path / "whole.json").write_text('{"a":1}')
    (tmp_path / "half.bson").write_bytes(DUMP[:30])
    found = scan([str(tmp_path)], tmp_path / "staged", key=None)
    assert (found.good, dict(found.reasons)) == (1, {"cut off": 1})
    (table,) = quarantined(found, set())
    assert "BSON data ends before its end" in table.to_pylist()[0]["detail"]


@pytest.mark.parametrize("length", [0, 4, -1, LARGEST + 1, 10])
def test_a_length_that_is_none_is_damage(tmp_path: Path, length: int) -> None:
    data = DUMP + length.to_bytes(4, "little", signed=True) + b"\x10_id\x00\x01\x00\x00\x00\x01" * 9
    with pytest.raises(SourceError, match=rf"damaged at byte {len(DUMP):,}"):
        scanned(tmp_path, data)


def test_a_folder_of_mongodump_gives_its_documents_alone(tmp_path: Path) -> None:
    (tmp_path / "users.bson").write_bytes(DUMP)
    (tmp_path / "users.metadata.json").write_text('{"indexes":[]}')
    (tmp_path / "other.metadata.json").write_text('{"_id":1}')
    assert [Path(s.path).name for s in find([str(tmp_path)])] == [
        "other.metadata.json",
        "users.bson",
    ]


def test_without_pymongo_it_is_said_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.bronze.reading.bson_documents.codec", codec_missing)
    monkeypatch.setitem(sys.modules, "bson", None)
    with pytest.raises(RequestError, match=r"workbench\[bson\]"):
        scanned(tmp_path, DUMP)


def codec_missing() -> None:
    import bson.json_util  # noqa: F401


def test_records_are_none_of_bson(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="one after another"):
        scanned(tmp_path, DUMP, records=("a",))


def test_deep_documents_do_not_end_a_worker() -> None:
    value: dict[str, Any] = {}
    for _ in range(150):
        value = {"a": value}
    text, fault = as_json(bson.encode(value))
    assert text.count(b"{") == 151 and not fault
