"""Locks, keys and tables that somebody made up, and what becomes of each: a line of a table.

A table is changed between an engine's write and the proof, and the figure that differs is named.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tampering import CHANGES, KIND, as_document, changed, rows
from workbench import silver
from workbench.proof import Fingerprint, Fingerprints, keyed, of_folder
from workbench.sample import write_sample
from workbench.schema import show

WORKBENCH = Path(sys.executable).with_name("workbench")
DAY = "2022-01-18"
Line = tuple[str, str, bool]  # what was done, what became of it, whether that is well


# Locks and keys


def forged(work: Path) -> Iterator[Line]:
    """Runs on a lake whose lock or key somebody has forged, and one that nobody has."""
    lake, dump = work / "forged", work / "forged.json"
    write_sample(dump, 200)
    key, lock = lake / ".workbench" / "pii.key", lake / ".workbench" / "lock"
    assert attempt(lake, dump)[0] == 0
    kept, tables = key.read_text(), state(lake)

    def line(name: str, wanted: int, **environment: str) -> Line:
        code, said = attempt(lake, dump, "2022-01-19", **environment)
        whole = all((lake / path).read_bytes() == content for path, content in tables.items())
        told = "went on" if code == 0 else f"exit {code}: {said}"
        return name, told, code == wanted and whole

    lock.write_text(str(os.getpid()))
    yield line("a lock that names a process that lives", 0)
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield line("a lock that another process holds", 1)
    lock.unlink()
    lock.symlink_to(dump)
    yield line("a lock that leads to another file", 1)
    lock.unlink()
    for name, text, mode in (
        ("an emptied key", "", 0o600),
        ("a key of one character", "x", 0o600),
        ("a key that everybody reads", kept, 0o644),
        ("another key", "y" * 64, 0o600),
    ):
        key.write_text(text)
        key.chmod(mode)
        yield line(name, 1)
    key.unlink()
    yield line("a key that is gone", 1)
    key.write_text(kept)
    key.chmod(0o600)
    yield line("a short key in the environment", 1, WORKBENCH_PII_KEY="short")
    yield line("the key as it was", 0)


def attempt(lake: Path, dump: Path, day: str = DAY, **more: str) -> tuple[int, str]:
    """The exit code of a first step on a lake, and how its message begins."""
    asked = ["run", "--only", "01", "--source", dump, "--lake", lake, "--ingestion-date", day]
    done = subprocess.run(
        [str(WORKBENCH), *map(str, asked), "--runs", str(lake.with_name("forged runs"))],
        env=os.environ | more,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr.replace(str(lake.parent), "")
    return done.returncode, " ".join(said.split())[:90]


def state(lake: Path) -> dict[str, bytes]:
    """The files of the first day, which no fault may touch."""
    files = (p for p in lake.glob(f"*/*/ingestion_date={DAY}/*") if p.is_file())
    return {str(path.relative_to(lake)): path.read_bytes() for path in files}


# Tables that were changed


def tampered(work: Path) -> Iterator[Line]:
    """Each change of a table, and the figure of the proof that tells it."""
    source = work / "tampering.json"
    source.write_text("\n".join(json.dumps(as_document(row)) for row in rows()))
    dump = silver.read_dump([str(source)], str(work / "tampering"), DAY, key="_id", pii=())
    for name in CHANGES:
        folder = work / "tampered"
        folder.mkdir(exist_ok=True)
        table = pa.Table.from_struct_array(pa.array(changed(name), KIND))
        pq.write_table(table, folder / "a.parquet")
        (found,) = of_folder(folder, partial(keyed, dump.staged.scan.keys))
        caught = caught_by(dump.staged.fingerprints, found.leaves)
        yield name, caught or "not seen", bool(caught)


def caught_by(expected: Fingerprints, found: Fingerprints) -> str:
    """The figures that differ, the ones that people read first, with the paths where they do."""
    said = []
    for figure in ("count", "total", "hash"):
        nothing = Fingerprint(0, None, 0)
        paths = [
            show(path) or "rows"
            for path in expected | found
            if getattr(expected.get(path, nothing), figure)
            != getattr(found.get(path, nothing), figure)
            and (figure != "total" or (path in expected and path in found))
        ]
        if paths:
            said.append(f"{figure} of {', '.join(paths[:2])}" + ", ..." * (len(paths) > 2))
    return "; ".join(said)
