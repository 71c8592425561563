"""A dump that is piped in."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from support.processes import environment
from workbench.proof import MANIFEST
from workbench.proof.tables_manifest import QUARANTINED


def piped(folder: Path, data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "workbench.cli", *arguments],
        cwd=folder, input=data, capture_output=True, check=False, env=environment(),
    )  # fmt: skip


def test_what_is_piped_in_is_read_and_called_as_it_was_given(tmp_path: Path) -> None:
    data = b'{"_id":1}\n{"_id":2}\n{bad'
    asked = ("flatten", "-", "--key", "_id", "--source-file", "--out", "out")
    done = piped(tmp_path, data, *asked)
    assert done.returncode == 0, done.stderr
    found = pq.read_table(tmp_path / "out" / "root").to_pylist()
    assert sorted((row["_id"], row["source_file"]) for row in found) == [(1, "-"), (2, "-")]
    (bad,) = pq.read_table(tmp_path / "out" / QUARANTINED).to_pylist()
    manifest = json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert bad["source_file"] == "-" and [s["path"] for s in manifest["sources"]] == ["-"]
    again = piped(tmp_path, b'{"_id":3}', *asked)
    assert again.returncode == 2 and b"--append to add to them" in again.stderr


def test_new_needs_a_file(tmp_path: Path) -> None:
    done = piped(tmp_path, b'{"_id":1}\n', "new", "x", "--source", "-")
    assert done.returncode == 2 and b"Name a file, not -" in done.stderr
