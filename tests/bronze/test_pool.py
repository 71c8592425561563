"""Workers: of a plain script, and killed ones."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

import pytest

from support.chain import write_dump
from workbench.bronze.pool import AHEAD, Pool
from workbench.bronze.reading import BLOCK, find
from workbench.bronze.scanning import MANY, is_small
from workbench.bronze.staged_dump import DumpRequest, stage_dump

SCRIPT = """
import sys
from pathlib import Path
from workbench.bronze import DumpRequest, stage_dump
print("begun")
print(stage_dump(DumpRequest([sys.argv[1]]), Path(sys.argv[2])).scan.good)
"""


def test_a_script_without_a_guard_reads_a_compressed_dump(tmp_path: Path) -> None:
    text = "".join(json.dumps({"n": n}) + "\n" for n in range(50))
    (tmp_path / "dump.json.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, tmp_path / "script.py", tmp_path / "dump.json.gz", tmp_path / "s"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.stdout == "begun\n50\n" and done.returncode == 0, done.stderr


def test_many_small_files_are_worth_workers(tmp_path: Path) -> None:
    found = find([str(write_dump(tmp_path / f"{at}.json", [{"_id": at}])) for at in range(2)])
    assert is_small(found, BLOCK) and is_small(found * (MANY // 2 - 1), BLOCK)
    assert not is_small(found * (MANY // 2), BLOCK)


def die(_: bytes) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_ends_the_work_with_tasks_on_the_way_that_no_pipe_holds() -> None:
    tasks = [(bytes(1 << 20),)] * 8
    with pytest.raises(BrokenProcessPool), Pool(2) as pool:
        [*pool.each(die, tasks)]


def test_a_field_called_like_our_own_column_is_carried_under_another_name(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "a.json", [{"__workbench_position": "x", "n": 1}, {"n": 2}])
    dump = stage_dump(DumpRequest([str(source)]), tmp_path / "staged")
    assert list(dump.node.fields) == ["__workbench_position_of_the_dump", "n"]
    assert any("a name that the workbench needs itself" in note for note in dump.notes())


def test_no_name_is_given_twice_where_a_field_has_that_one_already(tmp_path: Path) -> None:
    name = "ingestion_date"
    documents = [{f"{name}_of_the_dump": "x"}, {f"{name}_of_the_dump": "y", name: "2024"}]
    source = write_dump(tmp_path / "a.json", documents)
    dump = stage_dump(DumpRequest([str(source)], reserved=[name]), tmp_path / "staged")
    there = {path[0]: found.count for path, found in dump.fingerprints.items() if path}
    assert there == {f"{name}_of_the_dump_of_the_dump": 2, f"{name}_of_the_dump": 1}
    assert sum("a name that the workbench needs itself" in note for note in dump.notes()) == 2


class Heavy(NamedTuple):
    """A task that brings so many bytes of the dump."""

    weight: int


def weight(task: Heavy) -> int:
    return task.weight


def test_tasks_that_bring_much_of_the_dump_are_not_taken_in_advance() -> None:
    taken: list[tuple[Heavy]] = []

    def tasks() -> Iterator[tuple[Heavy]]:
        for _ in range(8):
            taken.append((Heavy(AHEAD),))
            yield taken[-1]

    with Pool(2) as pool:
        for done, result in enumerate(pool.each(weight, tasks()), start=1):
            assert result == AHEAD and len(taken) - done <= 1
    assert len(taken) == done == 8


def arrow_keeps(_: bytes) -> str:
    return os.environ["MIMALLOC_PURGE_DELAY"]


@pytest.mark.parametrize("own", [None, "7"])
def test_workers_keep_what_arrow_frees_and_an_own_setting_stays(
    own: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MIMALLOC_PURGE_DELAY", raising=False)
    if own:
        monkeypatch.setenv("MIMALLOC_PURGE_DELAY", own)
    with Pool(1) as pool:
        assert list(pool.each(arrow_keeps, [(b"",)])) == [own or "1000"]
    assert os.environ.get("MIMALLOC_PURGE_DELAY") == own
