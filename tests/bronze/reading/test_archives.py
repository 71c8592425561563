"""Zip and tar archives, and UTF-16: read where they stand, a member as a file."""

import copy
import gzip
import io
import random
import stat
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import bson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.bronze.quarantine import quarantined
from workbench.bronze.reading import archives, open_archives
from workbench.bronze.reading.sources import find
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


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("kind", ["zip", "w", "w:gz", "w:bz2"])
def test_each_member_is_a_file_of_the_dump(tmp_path: Path, kind: str) -> None:
    members = {
        "./a/b.json": LINES,
        "../c.ndjson": '{"_id":3}\n{bad',
        "./read.me": "x",
        "./._d.json": "x",
    }
    path = tmp_path / "archive"
    path = zipped(path, members) if kind == "zip" else tarred(path, members, kind)
    found = scan([str(path)], tmp_path / "staged")
    assert sorted(keys(found)) == [1, 2, 3] and (found.documents, found.good) == (4, 3)
    (bad,) = next(quarantined(found, set())).to_pylist()
    assert bad["source_file"] == f"{path}/../c.ndjson"
    assert (bad["position"], bad["byte_offset"], bad["raw"]) == (2, 10, "{bad")
    links = [] if kind == "zip" else [f"{path}/link.json"]
    assert found.passed_over == [*links, f"{path}/read.me"]
    assert f"{path}/a/b.json" in found.digests and len(set(found.digests.values())) == 2


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("kind", ["zip", "w:gz"])
@pytest.mark.parametrize("form", ["gzip", "bz2", "zstd"])
def test_a_member_that_is_compressed_by_itself_is_read(
    tmp_path: Path, kind: str, form: str
) -> None:
    entries = [("a.json.gz", pressed(LINES * 1000, form), ""), ("b.json", b'{"_id":3}', "")]
    path = packed(tmp_path / "a", kind, entries)
    assert scan([str(path)], tmp_path / "staged", key=None).good == 2001
    if form == "zstd":  # what was before the break is in no whole block
        return
    cut = packed(tmp_path / "b", kind, [("a.json.gz", entries[0][1][:-9], ""), entries[1]])
    (tmp_path / "cut").mkdir()
    found = scan([str(cut)], tmp_path / "cut", key=None)
    assert found.reasons["cut off"] == 1


def pressed(text: str, form: str) -> bytes:
    """A text in a compression."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, form) as stream:
        stream.write(text.encode())
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    path = tarred(folder / "a.tar", {"../out.json": LINES, "/etc/x.json": LINES}, "w")
    scan([str(path)], tmp_path / "staged", key=None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in", "staged"]


def packed(path: Path, kind: str, entries: list[tuple[str, bytes, str]]) -> Path:
    """An archive of files, and of links: `symbolic` or `hard`."""
    types = {"": tarfile.REGTYPE, "symbolic": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data, link in entries:
                member = zipfile.ZipInfo(name)
                member.external_attr = (stat.S_IFLNK if link else stat.S_IFREG) << 16
                archive.writestr(member, data)
        return path
    with tarfile.open(path, kind) as tar:  # type: ignore[call-overload]
        for name, data, link in entries:
            entry = tarfile.TarInfo(name)
            entry.type, entry.size = types[link], 0 if link else len(data)
            entry.linkname = data.decode() if link else ""
            tar.addfile(entry, io.BytesIO(data))
    return path


@pytest.mark.usefixtures("in_process")
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["zip", "w", "w:gz"])
@pytest.mark.parametrize("again", ["x/a.json", "./x/a.json"])
def test_two_files_of_one_name_are_refused_before_one_is_lost(
    tmp_path: Path, kind: str, again: str
) -> None:
    entries = [("r.txt", b"1", ""), ("r.txt", b"2", ""), ("x/a.json", b'{"m":1}', "")]
    packed(tmp_path / "one", kind, entries)
    assert scan([str(tmp_path / "one")], tmp_path / "staged", key=None).good == 1
    path = packed(tmp_path / "two", kind, [*entries, (again, b'{"m":2}', "")])
    with pytest.raises(SourceError, match=r"in which x/a\.json stands 2 times.*unpack"):
        scan([str(path)], tmp_path / "again", key=None)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(
    ("kind", "link"), [("zip", "symbolic"), ("w", "symbolic"), ("w", "hard"), ("w:gz", "hard")]
)
def test_links_with_the_name_of_json_are_told_of(tmp_path: Path, kind: str, link: str) -> None:
    links = [("l.json", b"a.json", link), ("._l.json", b"a.json", link)]
    path = packed(tmp_path / "a", kind, [("a.json", LINES.encode(), ""), *links])
    found = scan([str(path)], tmp_path / "staged")
    assert keys(found) == [1, 2] and found.passed_over == [f"{path}/l.json"]
    assert any(note.startswith("l.json: a link, ") for note in found.notes())
    packed(path, kind, links)
    with pytest.raises(SourceError, match=r"\(l\.json\) is a link.*Unpack it"):
        scan([str(path)], tmp_path / "again")


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("kind", ["zip", "w:gz"])
def test_a_packed_folder_of_mongodump_gives_its_documents_alone(tmp_path: Path, kind: str) -> None:
    names = ["d/users.bson", "d/users.metadata.json", "e/users.metadata.json"]
    data = dict.fromkeys(names, b'{"_id":1}') | {names[0]: bson.encode({"_id": 1})}
    path = packed(tmp_path / "a", kind, [("./" + name, data[name], "") for name in names])
    assert [s.label for s in find([str(path)])] == [f"{path}/{names[0]}", f"{path}/{names[2]}"]


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


@pytest.mark.usefixtures("in_process")
def test_a_damaged_member_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.json", LINES)
    path.write_bytes(path.read_bytes().replace(b'"_id":2', b'"_id":9'))
    with pytest.raises(SourceError, match="zip data is damaged"):
        scan([str(path)], tmp_path / "staged")


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
def test_utf_16_with_a_mark_is_read(tmp_path: Path, code: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(f"\ufeff{LINES}{{bad".encode(code))
    found = scan([str(path)], tmp_path / "staged")
    assert keys(found) == [1, 2] and found.sources[0].compression == "utf-16"
    (bad,) = next(quarantined(found, set())).to_pylist()
    assert (bad["position"], bad["raw"]) == (3, "{bad")


@pytest.mark.usefixtures("in_process")
def test_half_a_character_of_utf_16_is_where_it_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(LINES.encode("utf-16")[:-1])
    with pytest.raises(SourceError, match="utf-16 data is damaged"):
        scan([str(path)], tmp_path / "staged")


class Counted:
    """The files that are opened of archives, and how many bytes are read of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = self.read = 0
        for module in (archives, open_archives):
            monkeypatch.setattr(module, "raw", self.raw)

    def raw(self, path: str) -> io.BufferedReader:
        self.opened += 1
        counted = self

        class File(io.FileIO):
            def readinto(self, buffer: Any) -> int:
                count = super().readinto(buffer) or 0
                counted.read += count
                return count

        return io.BufferedReader(File(path), 1 << 12)


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz", "w:bz2"])
def test_many_members_cost_few_passes_over_their_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Members come in the order in which they stand there, whatever their names."""
    noise = random.Random(0)
    members = {
        f"{99 - n:02}.json": "".join(f'{{"_id":"{noise.random()}","n":{n}}}\n' for _ in range(20))
        for n in range(99)
    }
    path = tmp_path / "archive"
    path = zipped(path, members) if kind == "zip" else tarred(path, members, kind)
    counted = Counted(monkeypatch)
    found = scan([str(path)], tmp_path / "staged", workers=1, block_size=1 << 10)
    assert found.good == 99 * 20 and len(found.digests) == 99
    assert counted.opened <= 6
    assert counted.read < 6 * (path.stat().st_size + (1 << 17))
    assert [Path(s.path).name for s in found.sources] == list(members)


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", '{"_id":1}\n' * 100_000)
        for n in range(50):
            more = copy.copy(archive.filelist[0])
            more.filename = f"{n}.json"
            archive.filelist.append(more)
    with pytest.raises(SourceError, match="members overlap"):
        scan([str(path)], tmp_path / "staged")


@pytest.mark.parametrize("zip64", [False, True])
def test_a_list_of_members_without_end_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zip64: bool
) -> None:
    path = tmp_path / "a.zip"
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 5 if zip64 else 1 << 16)
    zipped(path, {f"{n}.json": f'{{"_id":{n}}}' for n in range(50)})
    if zip64:  # whose size stands in the record of 64 bits alone
        data = bytearray(path.read_bytes())
        at = data.rindex(b"PK\x05\x06") + 12
        data[at : at + 4] = b"\xff" * 4
        path.write_bytes(data)
    assert scan([str(path)], tmp_path / "staged").good == 50
    monkeypatch.setattr(archives, "LONGEST_LIST", 1000)
    with pytest.raises(SourceError, match=r"list of members has 2,\d+ bytes, and 1,000 are read"):
        scan([str(path)], tmp_path / "again")


def test_entries_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tarred(tmp_path / "a.tar.gz", {f"{n}.txt": "" for n in range(60)}, "w:gz")
    monkeypatch.setattr(archives, "MOST_ENTRIES", 50)
    with pytest.raises(SourceError, match="more than 50 entries"):
        scan([str(path)], tmp_path / "staged")


def test_more_members_than_are_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", {f"{n}.json": LINES for n in range(9)})
    monkeypatch.setattr(archives, "MOST_MEMBERS", 8)
    with pytest.raises(SourceError, match="holds 9 files, and 8 are read"):
        scan([str(path)], tmp_path / "staged")


@pytest.mark.usefixtures("in_process")
def test_an_archive_in_an_archive_is_not_read_and_is_told(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"c.json": LINES}).read_bytes()
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.json", LINES)
        archive.writestr("inner.zip", inner)
    found = scan([str(path)], tmp_path / "staged")
    assert keys(found) == [1, 2] and found.passed_over == [f"{path}/inner.zip"]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_without_end_is_not_read(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("a.json")
    entry.type, entry.size = kind, 1 << 32
    with gzip.open(tmp_path / "a.tar.gz", "wb") as file:
        file.write(entry.tobuf() + bytes(1 << 22))
    tracemalloc.start()
    with pytest.raises(SourceError, match="a tar archive"):
        scan([str(tmp_path / "a.tar.gz")], tmp_path / "staged")
    assert tracemalloc.get_traced_memory()[1] < 64 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_tar_that_is_cut_off_is_refused_as_such(tmp_path: Path, mode: str) -> None:
    path = tarred(tmp_path / "a.tar", {"a.json": LINES, "b.json": LINES * 20_000}, mode)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="tar archive that is damaged, or cut off"):
        scan([str(path)], tmp_path / "staged", key=None)
