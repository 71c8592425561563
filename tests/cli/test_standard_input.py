"""A dump that is piped in."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from support.processes import environment


def piped(folder: Path, data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.cli", *arguments],
        cwd=folder, input=data, capture_output=True, check=False, env=environment(),
    )  # fmt: skip


def test_what_is_piped_in_is_read(tmp_path: Path) -> None:
    data = b'{"_id":1}\n{"_id":2}\n'
    done = piped(tmp_path, data, "flatten", "-", "--key", "_id", "--out", "out")
    assert done.returncode == 0, done.stderr
    assert sorted(pq.read_table(tmp_path / "out" / "root")["_id"].to_pylist()) == [1, 2]


def test_new_needs_a_file(tmp_path: Path) -> None:
    done = piped(tmp_path, b'{"_id":1}\n', "new", "x", "--source", "-")
    assert done.returncode == 2 and b"Name a file, not -" in done.stderr
