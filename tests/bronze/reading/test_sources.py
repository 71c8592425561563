"""Which files a source stands for."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from unittest import mock

import pytest

from support.dumps import (
    dump,
)
from workbench.bronze.reading.layouts import (
    BOM,
)
from workbench.bronze.reading.sources import expand, find, is_json_name, passed_over
from workbench.errors import RequestError, SourceError


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
    kept.append(dump(tmp_path, gzip.compress(b'{"_id":1}')[:11], "part-00003.gz"))
    assert [one.path for one in find([str(tmp_path)])] == kept
    with pytest.raises(SourceError, match="cut off before the first document"):
        find([kept[-1]])


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


def test_no_source_is_an_error() -> None:
    with pytest.raises(RequestError, match="none given"):
        find([])


def test_a_source_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="matches no file"):
        find([str(tmp_path / "absent.json")])


def test_a_source_of_another_store_is_an_error() -> None:
    with pytest.raises(RequestError, match="gs: is no place that is known"):
        find(["gs://bucket/dump.json"])


def test_a_folder_without_json_is_an_error_that_counts_its_files(tmp_path: Path) -> None:
    dump(tmp_path, "{}", "a.txt")
    with pytest.raises(RequestError, match=r"none of its 1 file"):
        find([str(tmp_path)])


@pytest.mark.parametrize("data", [b"", b"\n \n", BOM, gzip.compress(b"", mtime=0)])
def test_a_source_without_a_document_is_an_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(SourceError, match="is empty"):
        find([dump(tmp_path, data)])


def test_a_file_of_a_folder_that_may_be_a_damaged_part_is_an_error(tmp_path: Path) -> None:
    dump(tmp_path, b'{"_id":1}', "part-0.json")
    dump(tmp_path, b"\x00" * 300, "part-1")
    with pytest.raises(SourceError, match=r"part-1 holds 300 NULs .* move it elsewhere"):
        find([str(tmp_path)])
