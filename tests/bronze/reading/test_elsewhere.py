"""Dumps on S3 are read as those on this machine are: the same documents, types and proofs."""

from __future__ import annotations

import bz2
import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from support.cloud import faults
from workbench.bronze import Scan, quarantined, scan
from workbench.bronze.reading.cutting import blocks
from workbench.bronze.reading.sources import find, passed_over
from workbench.errors import RequestError, SourceError, StorageError
from workbench.sample import write_sample
from workbench.storage import place_of

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("sample") / "users.json"
    write_sample(out, 400, flaws=True)
    return out.read_bytes()


def layouts(lines: bytes) -> dict[str, bytes]:
    good = [json.loads(line) for line in lines.splitlines() if line.endswith(b"}")]
    return {
        "lines": lines,
        "array": json.dumps(good).encode(),
        "pretty": b"\n".join(json.dumps(d, indent=2).encode() for d in good),
        "array of lines": b"[" + b",\n".join(json.dumps(d).encode() for d in good) + b"]\n",
        "gzip": gzip.compress(lines),
        "bz2": bz2.compress(lines),
        "zstd": pa.compress(lines, "zstd", asbytes=True),
    }


def known(read: Scan) -> tuple[object, ...]:
    return (
        [(s.layout, s.compression, s.bytes) for s in read.sources],
        [*read.digests.values()],
        read.schema,
        read.fingerprints,
        (read.documents, read.good, read.reasons, read.repeated),
        [t.drop_columns("source_file").to_pylist() for t in quarantined(read, set())],
    )


@pytest.mark.parametrize("name", layouts(b""))
def test_it_is_the_same_dump_there_and_here(
    name: str, lines: bytes, bucket: str, tmp_path: Path
) -> None:
    data = layouts(lines)[name]
    here, there = tmp_path / "users", f"{bucket}/users"
    here.write_bytes(data)
    place_of(there).write(data)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with faults("GetObject") as sent:
        read = scan([there], tmp_path / "one", block_size=1 << 16, workers=0)
    assert known(read) == known(scan([str(here)], tmp_path / "two", block_size=1 << 16, workers=0))
    assert len(sent) < 40


def test_a_folder_of_many_small_files_is_read_in_few_requests_and_an_empty_one_is_passed_over(
    bucket: str, tmp_path: Path
) -> None:
    here, there, files = tmp_path / "in", f"{bucket}/in", 40
    here.mkdir()
    for n in range(files):
        data = b'{"_id": %d, "n": [1, 2]}\n' % n
        name, data = ("a.json", data) if n % 2 else ("a.json.gz", gzip.compress(data))
        (here / f"{n}{name}").write_bytes(data)
    (here / "empty.json").write_bytes(b"")
    for file in here.iterdir():
        place_of(f"{there}/{file.name}").write(file.read_bytes())
    with faults("GetObject") as read, faults("HeadObject") as looked_at:
        found = scan([there], tmp_path / "one", block_size=1 << 16, workers=0)
    assert known(found) == known(scan([str(here)], tmp_path / "two", block_size=1 << 16, workers=0))
    # What it is and its first text, its documents, its digest; of what is packed the head twice.
    assert len(read) <= 4.5 * files + 1 and len(looked_at) <= files + 3


def test_a_dump_of_lines_is_cut_with_a_request_where_each_block_ends(
    lines: bytes, bucket: str
) -> None:
    place_of(f"{bucket}/users.json").write(b'{"_id": 1}\n' + lines[: lines.index(b"\n") + 1] * 8000)
    found = find([f"{bucket}/users.json"])
    with faults("GetObject") as sent:
        cut = [*blocks(found, 1 << 20)]
    assert 3 < len(cut) == len(sent) + 1


def test_worker_processes_read_ranges(lines: bytes, bucket: str, tmp_path: Path) -> None:
    place_of(f"{bucket}/users.json").write(lines)
    read = scan([f"{bucket}/users.json"], tmp_path, block_size=1 << 16, workers=2)
    assert read.documents == len(lines.splitlines())


def test_folders_and_globs_are_those_of_a_file_system(bucket: str) -> None:
    for name in ("a.json", "b.txt", "c/d.json", "c/_hidden/e.json", ".f.json", "c/part-00000"):
        place_of(f"{bucket}/in/{name}").write(b'{"_id": 1}\n')

    def found(address: str) -> list[str]:
        return [s.path.removeprefix(f"{bucket}/in/") for s in find([address])]

    assert found(f"{bucket}/in") == found(f"{bucket}/in/") == ["a.json", "c/d.json", "c/part-00000"]
    assert found(f"{bucket}/in/*.json") == found(f"{bucket}/i?/[a-b].json") == ["a.json"]
    assert found(f"{bucket}/in/**/*.json") == ["a.json", "c/d.json"]
    assert found(f"{bucket}/in/b.txt") == ["b.txt"]
    read = find([f"{bucket}/in"])
    assert passed_over([f"{bucket}/in"], read) == [f"{bucket}/in/b.txt"]
    with pytest.raises(RequestError, match=r"nothing.json matches no object \(0 below"):
        find([f"{bucket}/nothing.json"])
    place_of(f"{bucket}/other/x.txt").write(b"x")
    with pytest.raises(RequestError, match="holds no JSON: none of its 1 file"):
        find([f"{bucket}/other"])


def test_what_is_damaged_or_not_there_is_said_as_here(lines: bytes, bucket: str) -> None:
    place_of(f"{bucket}/x.json").write(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(SourceError, match=r"x\.json is"):
        find([f"{bucket}/x.json"])
    with pytest.raises(StorageError, match="there is no bucket nowhere"):
        find(["s3://nowhere/x.json"])


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_archives_are_read_there_as_here(
    kind: str, lines: bytes, bucket: str, tmp_path: Path
) -> None:
    inside = tmp_path / "inside"
    (inside / "users").mkdir(parents=True)
    for n in range(5):
        (inside / "users" / f"{n}.json").write_bytes(lines[n * 1000 :].partition(b"\n")[2])
    form = "zip" if kind == "zip" else "gztar"
    here = Path(shutil.make_archive(str(tmp_path / "a"), form, inside))
    there = f"{bucket}/in/{here.name}"
    place_of(there).write(here.read_bytes())
    with faults("GetObject") as sent:
        read = scan([there], tmp_path / "one", block_size=1 << 16, workers=0, key=None)
    found = scan([str(here)], tmp_path / "two", block_size=1 << 16, workers=0, key=None)
    assert known(read)[2:] == known(found)[2:] and read.documents > 500
    assert [s.path for s in read.sources] == [
        s.path.replace(str(here), there) for s in found.sources
    ]
    assert len(sent) < 40
