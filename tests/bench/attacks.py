"""Dumps, locks, keys and tables that somebody made up, and what becomes of each: a line of a table.

A bomb is flattened by the command line, whose processes' memory is looked at all the while. A table
is changed between an engine's write and the proof, and the figure that differs is named.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.tampering import CHANGES, KIND, as_document, changed, rows
from workbench import silver
from workbench.proof import Fingerprint, Fingerprints, keyed, of_folder
from workbench.sample import write_sample
from workbench.schema import show

MB = 1 << 20
WORKBENCH = Path(sys.executable).with_name("workbench")
DAY = "2022-01-18"
Line = tuple[str, str, bool]  # what was done, what became of it, whether that is well
DOCUMENTS = b'{"_id": "a"}\n{"_id": "b"}\n'


# Bombs


def filled(byte: bytes, megabytes: int, before: bytes = DOCUMENTS) -> Iterator[bytes]:
    yield before
    for _ in range(megabytes):
        yield byte * MB


def wide(documents: int, keys: int, own: bool) -> Iterator[bytes]:
    for at in range(documents):
        names = (f"k{at * own}_{key}" for key in range(keys))
        yield json.dumps({"_id": at} | dict.fromkeys(names, 1)).encode() + b"\n"


BOMBS: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "200 MB of NULs behind the documents": ("", lambda: filled(b"\0", 200)),
    "50 MB of blank lines": ("", lambda: filled(b"\n", 50)),
    "gzip of a GB of spaces": (".gz", lambda: filled(b" ", 1024)),
    "gzip of a GB of line breaks": (".gz", lambda: filled(b"\n", 1024)),
    "gzip of a GB of NULs": (".gz", lambda: filled(b"\0", 1024)),
    "zstd of 3 GB of [": (".zst", lambda: filled(b"[", 3072, b"")),
    "1,500 documents with 20 keys of their own": ("", lambda: wide(1500, 20, own=True)),
    "a document of a million keys": ("", lambda: wide(1, 1_000_000, own=False)),
    "50,000 columns": ("", lambda: wide(3, 50_000, own=False)),
    "brackets 100,000 deep": ("", lambda: iter([b"[" * 100_000 + b"]" * 100_000])),
}


def bombs(work: Path) -> Iterator[Line]:
    """Each within 2 GB over what a dump of two documents takes, and an end in words."""
    (work / "two").write_bytes(DOCUMENTS)
    base = flattened(work / "two", work)[0]
    for name, (ending, parts) in BOMBS.items():
        path = work / f"bomb{ending}"
        written(path, parts())
        peak, seconds, code, said = flattened(path, work)
        path.unlink()
        told = "read" if code == 0 else f"exit {code}: {said}"
        well = peak - base < 2048 and code in (0, 1, 2) and "Traceback" not in said
        yield name, f"{max(peak - base, 0):5,.0f} MB {seconds:5.1f} s  {told}", well


def written(path: Path, parts: Iterator[bytes]) -> None:
    if path.suffix == ".gz":
        with gzip.open(path, "wb", 1) as packed:
            packed.writelines(parts)
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            for part in parts:
                stream.write(part)
    else:
        with path.open("wb") as plain:
            plain.writelines(parts)


def flattened(source: Path, work: Path) -> tuple[float, float, int, str]:
    """The peak of all processes (MB), seconds, exit code, and how the message begins."""
    shutil.rmtree(work / "out", ignore_errors=True)
    start, peak = time.monotonic(), 0
    with subprocess.Popen(
        [str(WORKBENCH), "flatten", str(source), "--out", str(work / "out")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        while command.poll() is None:
            peak = max(peak, memory(command.pid))
            time.sleep(0.05)
        said = command.communicate()[1]
    half = command.returncode and (work / "out").exists()
    words = "half-written! " * bool(half) + " ".join(said.split())[:70]
    return peak / MB, time.monotonic() - start, command.returncode, words


def memory(pid: int) -> int:
    """Bytes that a process and its children hold."""
    try:
        own = psutil.Process(pid)
        return sum(one.memory_info().rss for one in (own, *own.children(recursive=True)))
    except psutil.Error:
        return 0


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
    return done.returncode, " ".join(done.stderr.split())[:70]


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


def shown(title: str, lines: Iterator[Line]) -> bool:
    """Prints a table as it comes; whether all of it is well."""
    print(f"\n{title}", flush=True)
    well = True
    for name, told, fine in lines:
        print(f"  {name:<44}{'' if fine else 'NOT WELL: '}{told}", flush=True)
        well &= fine
    return well
