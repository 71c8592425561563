"""Dumps that are small on a disk, or odd, and what becomes of each: memory, time, how it ended.

Each is flattened by the command line, whose processes' memory is looked at all the while. The time
that decides is the processor's, for machines have other work to do: a minute of each of two cores.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa

MB = 1 << 20
WORKBENCH = Path(sys.executable).with_name("workbench")
Line = tuple[str, str, bool]  # what was done, what became of it, whether that is well
Parts = Iterator[bytes]
DOCUMENTS = b'{"_id": "a"}\n{"_id": "b"}\n'
MEMORY, SECONDS = 2048, 120  # MB over what two documents take; of processors
MANY = 100_000


def filled(with_: bytes, megabytes: int, before: bytes = DOCUMENTS, after: bytes = b"") -> Parts:
    yield before
    for _ in range(megabytes):
        yield with_ * (MB // len(with_))
    yield after


def wide(documents: int, keys: int, own: bool) -> Parts:
    for at in range(documents):
        names = (f"k{at * own}_{key}" for key in range(keys))
        yield json.dumps({"_id": at} | dict.fromkeys(names, 1)).encode() + b"\n"


def long_names(documents: int, keys: int, letters: int) -> Parts:
    for at in range(documents):
        fields = (b'"k%d_%d%s": 1' % (at, key, b"k" * letters) for key in range(keys))
        yield b"{" + b",".join(fields) + b"}\n"


def repeated(before: bytes, what: bytes, times: int, after: bytes) -> Parts:
    yield before + what * times + after


def members(number: int) -> Iterator[tuple[str, bytes]]:
    return ((f"{at}.json", b'{"_id": %d}\n' % at) for at in range(number))


def zipped(files: Iterator[tuple[str, Parts]]) -> Parts:
    """An archive of files, the last one's parts deflated as they come."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, parts in files:
            with archive.open(name, "w", force_zip64=True) as file:
                file.writelines(parts)
    yield made.getvalue()


def tarred(files: Iterator[tuple[str, bytes]]) -> Parts:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files:
            told = tarfile.TarInfo(name)
            told.size = len(data)
            archive.addfile(told, io.BytesIO(data))
    yield made.getvalue()


def matryoshka(depth: int) -> Parts:
    """An archive in an archive in an archive."""
    name, data = "dump.json", DOCUMENTS
    for at in range(depth):
        name, data = f"{at}.zip", b"".join(zipped(iter([(name, iter([data]))])))
    yield data


# How each is called, how its file's name ends, what is in it, and options beside it.
Bomb = tuple[str, Callable[[], Parts]] | tuple[str, Callable[[], Parts], str]
BOMBS: dict[str, Bomb] = {
    "200 MB of NULs behind the documents": ("", lambda: filled(b"\0", 200)),
    "50 MB of blank lines": ("", lambda: filled(b"\n", 50)),
    "a GB of commas": ("", lambda: filled(b",", 1024)),
    "a string of a GB without an end": ("", lambda: filled(b"a", 1024, DOCUMENTS + b'{"_id": "')),
    "a GB of backslashes in one": ("", lambda: filled(b"\\", 1024, DOCUMENTS + b'{"_id": "')),
    '600 MB of {"a":["': ("", lambda: filled(b'{"a":["', 600)),
    '100 MB of {"_id":["': ("", lambda: filled(b'{"_id":["', 100)),
    '100 MB of {"a":{}': ("", lambda: filled(b'{"a":{}', 100)),
    '60 MB of {"a":1,"b":[{"c":2},': ("", lambda: filled(b'{"a":1,"b":[{"c":2},', 60)),
    "gzip of a GB of spaces": (".gz", lambda: filled(b" ", 1024)),
    "gzip of a GB of line breaks": (".gz", lambda: filled(b"\n", 1024)),
    "gzip of a GB of NULs": (".gz", lambda: filled(b"\0", 1024)),
    "gzip of 100,000 members": ("", lambda: iter([gzip.compress(b'{"_id": 1}\n') * MANY])),
    "bz2 of a GB of spaces": (".bz2", lambda: filled(b" ", 1024)),
    "bz2 of a GB of NULs": (".bz2", lambda: filled(b"\0", 1024)),
    "bz2 of a GB of [": (".bz2", lambda: filled(b"[", 1024, b"")),
    "xz of a GB of [": (".xz", lambda: filled(b"[", 1024, b"")),
    "zstd of 3 GB of [": (".zst", lambda: filled(b"[", 3072, b"")),
    "zip, a member of 3 GB of spaces": (
        ".zip", lambda: zipped(iter([("dump.json", filled(b" ", 3072))]))
    ),
    "zip, a member of 3 GB of [": (
        ".zip", lambda: zipped(iter([("dump.json", filled(b"[", 3072, b""))]))
    ),
    "zip of 100,000 members": (
        ".zip", lambda: zipped((name, iter([data])) for name, data in members(MANY))
    ),
    "tar of 100,000 members": (".tar", lambda: tarred(members(MANY))),
    "a zip in a zip, 200 deep": (".zip", lambda: matryoshka(200)),
    "1,500 documents with 20 keys of their own": ("", lambda: wide(1500, 20, own=True)),
    "1,500 documents with 20 keys of their own, left out": (
        "", lambda: wide(1500, 20, own=True), "--include=_id"
    ),
    "a document of a million keys": ("", lambda: wide(1, 1_000_000, own=False)),
    "50,000 columns": ("", lambda: wide(3, 50_000, own=False)),
    "50,000 fields in an array of objects": (
        "", lambda: iter([json.dumps({"l": [{f"k{n}": 1} for n in range(50_000)]}).encode()])
    ),
    "a key of 60 MB": ("", lambda: filled(b"k", 60, b'{"_id": 1, "', b'": 1}\n')),
    "50 keys of a MB in a document": ("", lambda: long_names(1, 50, MB)),
    "200 documents with a key of a MB of their own": ("", lambda: long_names(200, 1, MB)),
    "a key three million times in one object": (
        "", lambda: repeated(b'{"_id": 1', b',"a": 1', 3_000_000, b"}\n")
    ),
    "arrays 100,000 deep": ("", lambda: iter([b"[" * MANY + b"]" * MANY])),
    "objects 100,000 deep": ("", lambda: iter([b'{"a":' * MANY + b"1" + b"}" * MANY])),
    "300 documents, arrays 900 deep": (
        "", lambda: repeated(b"", b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}\n", 300, b"")
    ),
    "a number of ten million digits": (
        "", lambda: repeated(b'{"_id": 1, "n": ', b"7", 10_000_000, b"}\n")
    ),
    "numbers with exponents of nine digits": (
        "", lambda: iter([b'{"_id": 1, "n": 1e999999999}\n{"_id": 2, "n": {"$numberDecimal": '
                          b'"1E999999999"}}\n{"_id": 3, "n": -1e-999999999}\n'])
    ),
    "an array of 30 million numbers": (
        "", lambda: repeated(b'{"_id": 1, "n": [', b"1,", 30_000_000, b"1]}\n")
    ),
    "an array of 15 million numbers": (
        "", lambda: repeated(b'{"_id": 1, "n": [', b"1,", 15_000_000, b"1]}\n")
    ),
    "30 million numbers where documents should be": (
        "", lambda: repeated(b"[", b"1,", 30_000_000, b"1]")
    ),
    "20 million empty objects, the same": ("", lambda: repeated(b"[", b"{},", 20_000_000, b"{}]")),
    "8 million numbers of seven digits, the same": (
        "", lambda: repeated(b"[", b"1234567,", 8_000_000, b"1]")
    ),
    "30 million lines of a number": ("", lambda: repeated(b"", b"1\n", 30_000_000, b"")),
    "an array of 2.5 million objects": (
        "", lambda: repeated(b'{"_id": 1, "n": [', b'{"a":1},', 2_500_000, b"{}]}\n")
    ),
    "an array of four million values of three kinds": (
        "", lambda: repeated(b'{"_id": 1, "n": [', b'1,"a",{},', 1_300_000, b"1]}\n")
    ),
    "three million documents of one key": (
        "", lambda: repeated(b"", b'{"_id": 1}\n', 3_000_000, b"")
    ),
    "five million lines that are no document": (
        "", lambda: repeated(DOCUMENTS, b"x\n", 5_000_000, b"")
    ),
    "records behind a string of 300 MB": (
        "", lambda: filled(b"a", 300, b'{"s": "', b'", "r": [{"a": 1}]}'), "--records=r"
    ),
    "records behind 300 MB of backslashes": (
        "", lambda: filled(b"\\", 300, b'{"s": "', b'", "r": [{"a": 1}]}'), "--records=r"
    ),
    "records behind 300 MB of [": (
        "", lambda: filled(b"[", 300, b'{"s": '), "--records=r"
    ),
    "records that are in none of 12 million small objects": (
        "", lambda: repeated(b"", b'{"_id": 1, "a": {"b": 1}}\n', 12_000_000, b""), "--records=r"
    ),
    "records, one in each of three million objects": (
        "", lambda: repeated(b"", b'{"r": [{"a": 1}]}\n', 3_000_000, b""), "--records=r"
    ),
    "records, one in each of three million maps": (
        "", lambda: repeated(b"", b'{"r": {"x": {"a": 1}}}\n', 3_000_000, b""), "--records=r"
    ),
    "records in a map that is 40 million deep": (
        "", lambda: repeated(b"", b'{"r":', 40_000_000, b""), "--records=r"
    ),
    "records, a field of a map of 100 MB": (
        "", lambda: filled(b"a", 100, b'{"r": {"x": "', b'", "y": {"a": 1}}}'), "--records=r"
    ),
    "lenient: a comment without an end": (
        "", lambda: filled(b"*", 300, DOCUMENTS + b"/*"), "--lenient"
    ),
    "lenient: a string in ' without an end": (
        "", lambda: filled(b"a", 300, DOCUMENTS + b"{_id: '"), "--lenient"
    ),
    "lenient: a GB of [": ("", lambda: filled(b"[", 1024, b""), "--lenient"),
    "lenient: ObjectId( without end": (
        "", lambda: filled(b"ObjectId(", 300, DOCUMENTS + b"{_id: "), "--lenient"
    ),
}  # fmt: skip


def large(documents: int, field: bytes, times: int) -> Parts:
    """Documents with an array of as many objects, numbers or texts."""
    for at in range(documents):
        yield b'{"_id": %d, "alreadyHaveProducts": [' % at + field * times + b"{}]}\n"


# Of the chain, for rows are whole wherever they are.
LARGE: dict[str, Callable[[], Parts]] = {
    "8 documents of 60 MB: 1.4 million objects": (
        lambda: large(8, b'{"amount": 1.25, "note": "a text of a few"},', 1_400_000)
    ),
    "8 documents of 50 MB: a text": (
        lambda: large(8, b'{"note": "' + b"a text " * 7_000_000 + b'"},', 1)
    ),
    "600 documents of 1 MB: arrays of numbers": (
        lambda: large(600, b'{"curve": [' + b"0.123456789," * 80_000 + b"1]},", 1)
    ),
}


OPENERS: dict[str, Callable[[Path], Any]] = {
    ".gz": partial(gzip.open, mode="wb", compresslevel=1),
    ".bz2": partial(bz2.open, mode="wb", compresslevel=1),
    ".xz": partial(lzma.open, mode="wb", preset=0),
    ".zst": lambda path: pa.CompressedOutputStream(str(path), "zstd"),
}


def bombs(work: Path) -> Iterator[Line]:
    """Each within 2 GB over what a dump of two documents takes, and an end in words."""
    (work / "two").write_bytes(DOCUMENTS)
    base = flattened(work / "two", work)[0]
    for name, (ending, parts, *options) in BOMBS.items():
        path = work / f"bomb{ending}"
        written(path, parts())
        told = flattened(path, work, *options)
        path.unlink()
        yield name, *judged(base, *told)
    base_of_run = chained(work / "two", work)[0]
    for name, parts in LARGE.items():
        written(work / "large", parts())
        yield f"run: {name}", *judged(base_of_run, *chained(work / "large", work))
        (work / "large").unlink()
    yield "YAML: 30 aliases, each of ten of the one before", *yaml_bomb(work, base, aliases())
    yield "YAML: lists 10,000 deep", *yaml_bomb(work, base, "key: " + "[" * 10_000)


def judged(base: float, peak: float, seconds: float, code: int, said: str) -> tuple[str, bool]:
    told = "read" if code == 0 else f"exit {code}: {said}"
    in_words = not re.search(r"Traceback|half-written|error: \w+(Error|Exception): ", said)
    well = code in (0, 1, 2) and in_words
    within = peak - base < MEMORY and seconds < SECONDS
    return f"{max(peak - base, 0):5,.0f} MB {seconds:5.1f} s  {told}", well and within


def aliases() -> str:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    return "\n".join(lines) + "\n"


def yaml_bomb(work: Path, base: float, text: str) -> tuple[str, bool]:
    (work / "bomb.yml").write_text(text, encoding="utf-8")
    asked = ["run", "--params", work / "bomb.yml", "--lake", work / "out", "--runs", work / "runs"]
    told, well = judged(base, *looked_at(work / "out", *asked))
    return told, well and "exit 2" in told


def written(path: Path, parts: Parts) -> None:
    with OPENERS.get(path.suffix, partial(open, mode="wb"))(path) as file:
        for part in parts:
            file.write(part)


def flattened(source: Path, work: Path, *options: str) -> tuple[float, float, int, str]:
    return looked_at(work / "out", "flatten", source, "--out", work / "out", *options)


def chained(source: Path, work: Path) -> tuple[float, float, int, str]:
    places = ["--lake", work / "out", "--runs", work / "runs"]
    return looked_at(work / "out", "run", "--source", source, *places)


def looked_at(out: Path, *asked: object) -> tuple[float, float, int, str]:
    """The peak of all processes (MB), processor seconds, exit code, and how the message begins."""
    peak, errors = 0, out.with_name("said")
    shutil.rmtree(out, ignore_errors=True)
    with errors.open("w") as said:
        command = subprocess.Popen(
            [str(WORKBENCH), *map(str, asked)], stdout=subprocess.DEVNULL, stderr=said
        )
    while not (ended := os.wait4(command.pid, os.WNOHANG))[0]:
        peak = max(peak, memory(command.pid))
        time.sleep(0.05)
    code, used = os.waitstatus_to_exitcode(ended[1]), ended[2]
    half = "half-written! " * bool(code and out.exists())
    told = errors.read_text(encoding="utf-8").replace(str(out.parent), "")
    words = half + " ".join(told.split())[:90]
    return peak / MB, used.ru_utime + used.ru_stime, code, words


def memory(pid: int) -> int:
    """Bytes that a process and its children hold."""
    try:
        own = psutil.Process(pid)
        return sum(one.memory_info().rss for one in (own, *own.children(recursive=True)))
    except psutil.Error:
        return 0
