"""Zip and tar archives, and UTF-16: read where they stand, a member as a file."""

import io
import tarfile
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import SourceError

LINES = '{"_id":1,"t":"é€😀"}\n{"_id":2}\n'


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def tarred(path: Path, members: dict[str, str], mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


def keys(found: Scan) -> list[int]:
    parts = sorted((found.folder / "documents").iterdir())
    return [key for part in parts for key in pq.read_table(part)["_id"].to_pylist()]


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz", "w:bz2"])
def test_each_member_is_a_file_of_the_dump(tmp_path: Path, kind: str) -> None:
    members = {"a/b.json": LINES, "../c.ndjson": '{"_id":3}\n{bad', "read.me": "x", "._d.json": "x"}
    path = tmp_path / "archive"
    path = zipped(path, members) if kind == "zip" else tarred(path, members, kind)
    found = scan([str(path)], tmp_path / "staged")
    assert sorted(keys(found)) == [1, 2, 3] and (found.documents, found.good) == (4, 3)
    (bad,) = next(quarantined(found, set())).to_pylist()
    assert bad["source_file"] == f"{path}/../c.ndjson"
    assert (bad["position"], bad["byte_offset"], bad["raw"]) == (2, 10, "{bad")
    assert found.passed_over == [f"{path}/read.me"]
    assert len(set(found.digests.values())) == 2


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = tarred(folder / "a.tar", {"../out.json": LINES, "/etc/x.json": LINES}, "w")
    scan([str(path)], tmp_path / "staged", key=None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "staged"]


def test_an_archive_without_json_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": "x"})
    with pytest.raises(SourceError, match=r"none of its 1 file.s. has the name of JSON"):
        scan([str(path)], tmp_path / "staged")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.json": LINES})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"encrypted zip archive \(a\.json\)"):
        scan([str(path)], tmp_path / "staged")


def test_a_damaged_member_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", LINES)
    path.write_bytes(path.read_bytes().replace(b'"_id":2', b'"_id":9'))
    with pytest.raises(SourceError, match="zip data is damaged"):
        scan([str(path)], tmp_path / "staged")


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_a_mark_is_read(tmp_path: Path, code: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(f"\ufeff{LINES}{{bad".encode(code))
    found = scan([str(path)], tmp_path / "staged")
    assert keys(found) == [1, 2] and found.sources[0].compression == "utf-16"
    (bad,) = next(quarantined(found, set())).to_pylist()
    assert (bad["position"], bad["raw"]) == (3, "{bad")


def test_half_a_character_of_utf_16_is_where_it_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(LINES.encode("utf-16")[:-1])
    with pytest.raises(SourceError, match="utf-16 data is damaged"):
        scan([str(path)], tmp_path / "staged")
