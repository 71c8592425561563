"""A dump that is changed under the hands of who reads it fails the run, by name."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from workbench.bronze import block, passes, quarantine
from workbench.bronze.quarantine import keep_quarantine
from workbench.bronze.reading import documents
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import LeavesLost, SourceError
from workbench.storage.local import LocalPlace

pytestmark = pytest.mark.usefixtures("in_process")
CHANGED = r"dump was changed, replaced or removed while it was read"
USERS = [{"_id": at % 30, "text": f"user {at}" * 5} for at in range(60)]
LAYOUTS: dict[str, Callable[[list[str]], bytes]] = {
    "lines": lambda texts: ("\n".join(texts) + "\n").encode(),
    "array": lambda texts: ("[" + ",".join(texts) + "]").encode(),
    "gzip": lambda texts: gzip.compress("\n".join(texts).encode()),
}


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"_id":99}\n')


def write_over(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(path.read_bytes().replace(b"user 3", b"user 4"))


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)


CHANGES = [truncate, append, write_over, replace, Path.unlink]


def dump(folder: Path, layout: str = "lines") -> Path:
    path = folder / "dump"
    path.write_bytes(LAYOUTS[layout]([json.dumps(user) for user in USERS]))
    return path


def read(path: Path) -> Scan:
    return scan([str(path)], path.parent / "staged", block_size=500)


@pytest.fixture
def change_after_first_block(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, Path], None]:
    def set_up(change: Callable[[Path], None], path: Path) -> None:
        real = block.read_block

        def read_block(task: Any) -> Any:
            outcome = real(task)
            if task.block.index == 0:
                change(path)
            return outcome

        monkeypatch.setattr(passes, "read_block", read_block)

    return set_up


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_dump_that_changes_while_it_is_read_is_no_dump(
    tmp_path: Path, change_after_first_block: Any, change: Any, layout: str
) -> None:
    path = dump(tmp_path, layout)
    change_after_first_block(change, path)
    with pytest.raises(SourceError, match=CHANGED):
        read(path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_bytes_that_are_hashed_are_those_that_are_parsed(tmp_path: Path, layout: str) -> None:
    path = dump(tmp_path, layout)
    found = read(path)
    parsed = {o: check for o, check in found.checks.items() if check is not None}
    assert len(parsed) > 5 or layout == "gzip"


def test_a_file_that_gives_other_bytes_to_those_who_parse_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Changing(LocalPlace):
        """As if it were written over between two readings, and its time set back."""

        def read(self, start: int = 0, end: int | None = None) -> bytes:
            return super().read(start, end).replace(b"user 30", b"user 31")

    monkeypatch.setattr(documents, "place_of", Changing)
    with pytest.raises(SourceError, match=CHANGED):
        read(dump(tmp_path))


# the quarantine


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("change", [truncate, write_over, Path.unlink])
def test_superseded_documents_are_quarantined_as_they_were_read(
    tmp_path: Path, change: Any, layout: str
) -> None:
    path = dump(tmp_path, layout)
    found = read(path)
    assert keep_quarantine(found, {0, 1}, tmp_path / "kept.parquet") == 2
    change(path)
    with pytest.raises(SourceError, match=CHANGED):
        keep_quarantine(found, {0, 1}, tmp_path / "quarantine.parquet")


def test_a_quarantine_that_lost_a_document_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, place, real = read(dump(tmp_path)), tmp_path / "q.parquet", vars(quarantine)["of_files"]

    def of_files(*given: Any) -> Any:
        pq.write_table(pq.read_table(place).slice(1), place)
        return real(*given)

    monkeypatch.setattr(quarantine, "of_files", of_files)
    with pytest.raises(LeavesLost, match="The quarantine does not hold"):
        keep_quarantine(found, {0, 1}, place)


def test_a_superseded_document_that_is_not_found_is_missed(tmp_path: Path) -> None:
    with pytest.raises(LeavesLost, match=r"holds \{'superseded': 1\} .* \{'superseded': 2\} were"):
        keep_quarantine(read(dump(tmp_path)), {0, 1 << 30}, tmp_path / "q.parquet")
