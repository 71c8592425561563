"""Files that are small on a disk, or say nothing for long, and take no memory all the same."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from workbench.bronze import quarantined, scan
from workbench.bronze.parsing.decoding import MOST_VALUES
from workbench.bronze.reading.breadth import MOST_FIELDS, MOST_KEYS
from workbench.bronze.reading.structure import Brackets
from workbench.errors import BoundExceeded

MB = 1 << 20
MEMORY = 2000  # MB, of any one process
BLANKS, LITTLE = 50, 600  # MB of blanks, and of the memory that they may cost
SCAN = """
import re, resource, sys, tempfile
from pathlib import Path
from workbench.bronze import scan
if __name__ == "__main__":
    for line in sys.stdin:
        Path("/proc/self/clear_refs").write_text("5")  # what it has at most is counted anew
        with tempfile.TemporaryDirectory() as folder:
            read = scan([line.strip()], Path(folder), workers=1)
        # RUSAGE_SELF begins with what its parent had, the tests.
        own = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
        most = max(int(own), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) // 1024
        print(most, read.documents, read.good, dict(read.reasons), flush=True)
"""


class Scanner:
    """A process that scans one file after another, each within the same memory."""

    def __init__(self, memory: int) -> None:
        self.memory = memory

    def __enter__(self) -> Scanner:
        command = [sys.executable, "-c", SCAN]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def found(self, path: Path) -> str:
        """What a scan found; no process may have taken more memory than is promised."""
        assert self.process.stdin and self.process.stdout
        print(path, file=self.process.stdin, flush=True)
        megabytes, _, found = self.process.stdout.readline().strip().partition(" ")
        assert int(megabytes) < self.memory
        return found


@pytest.fixture(scope="module")
def little() -> Iterator[Scanner]:
    """For what is passed over as it is read."""
    with Scanner(LITTLE) as scanner:
        yield scanner


@pytest.fixture(scope="module")
def large() -> Iterator[Scanner]:
    with Scanner(MEMORY) as scanner:
        yield scanner


def documents(*keys: str) -> bytes:
    return b"".join(json.dumps({"_id": key, "a": 1}).encode() + b"\n" for key in keys)


def fill(byte: bytes, megabytes: int) -> Iterator[bytes]:
    for _ in range(megabytes):
        yield byte * MB


def gzipped(path: Path, parts: Iterator[bytes]) -> None:
    with gzip.open(path, "wb", 1) as file:
        file.writelines(parts)


def plain(path: Path, parts: Iterator[bytes]) -> None:
    with open(path, "wb") as file:
        file.writelines(parts)


def zstd(path: Path, parts: Iterator[bytes]) -> None:
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        for part in parts:
            stream.write(part)


WRITERS: dict[str, Callable[[Path, Iterator[bytes]], None]] = {
    "plain": plain,
    "gzip": gzipped,
    "zstd": zstd,
}


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("byte", [b"\x00", b" ", b"\n"], ids=["NULs", "spaces", "line breaks"])
def test_blanks_without_end_take_no_memory(
    tmp_path: Path, byte: bytes, write: str, little: Scanner
) -> None:
    path = tmp_path / "dump.json"
    parts = [documents("a", "b"), *fill(byte, BLANKS), b"\n", documents("c")]
    WRITERS[write](path, iter(parts))
    assert little.found(path) == "3 3 {}"


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_member_without_end_takes_no_memory(tmp_path: Path, kind: str, little: Scanner) -> None:
    path, parts = tmp_path / "a", [documents("a"), *fill(b" ", BLANKS), b"\n", documents("b")]
    if kind == "zip":
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("x/dump.json", "w") as file,
        ):
            file.writelines(parts)
    else:
        plain(tmp_path / "dump.json", iter(parts))
        with tarfile.open(path, "w:gz", compresslevel=1) as tarred:
            tarred.add(tmp_path / "dump.json", "x/dump.json")
    assert little.found(path) == "2 2 {}"


@pytest.mark.parametrize("pretty", [False, True])
def test_padding_behind_an_array_takes_no_memory(
    tmp_path: Path, pretty: bool, little: Scanner
) -> None:
    path = tmp_path / "dump.json"
    array = json.dumps([{"_id": "a"}, {"_id": "b"}], indent=1 if pretty else None).encode()
    plain(path, iter([array, *fill(b"\x00", BLANKS)]))
    assert little.found(path) == "2 2 {}"


def test_brackets_without_end_are_one_document_that_is_too_large(
    tmp_path: Path, large: Scanner
) -> None:
    path = tmp_path / "dump.json.zst"
    zstd(path, fill(b"[", 200))
    assert large.found(path) == "1 0 {'too large': 1}"


def numbers(values: int) -> Iterator[bytes]:
    yield b'{"_id": 1, "n": [' + b"1," * (values - 4) + b"1]}\n"


@pytest.mark.parametrize(
    ("values", "found"), [(MOST_VALUES, "1 1 {}"), (MOST_VALUES + 1, "1 0 {'too large': 1}")]
)
def test_a_document_has_as_many_values_as_memory_has_room_for(
    tmp_path: Path, values: int, found: str, large: Scanner
) -> None:
    path = tmp_path / "dump.json"
    plain(path, numbers(values))
    assert large.found(path) == found


@pytest.mark.parametrize("layout", ["\n", " \n ", ","], ids=["lines", "objects", "array"])
def test_a_document_of_too_many_values_is_set_apart_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    monkeypatch.setattr("workbench.bronze.parsing.decoding.MOST_VALUES", 1000)
    path = tmp_path / "dump.json"
    texts = ['{"_id": "a"}', next(numbers(1001)).decode().strip()]
    texts += [next(numbers(1000)).decode().strip(), json.dumps({"_id": 4, "t": "[,{" * 2000})]
    text = layout.join(texts)
    path.write_text(
        f"[{text}]" if layout == "," else text.replace("}", "\n}") if layout != "\n" else text
    )
    read = scan([str(path)], tmp_path / "staged", workers=0)
    (row,) = next(quarantined(read, set())).to_pylist()
    assert (read.good, row["reason"], row["position"]) == (3, "too large", 2)
    assert row["detail"].startswith("1,001 values") and "--records" in row["detail"]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("form", ["{0}\n{0}\n", "[{0},{0}]", "{0}{0}", "[{0},\n{0}", "{0} {{"])
def test_a_number_of_more_digits_than_python_makes_is_one(
    tmp_path: Path, form: str, lenient: bool
) -> None:
    path, digits = tmp_path / "dump.json", "7" * 300_000
    path.write_text(form.format(f'{{"n": {digits}}}'))
    read = scan([str(path)], tmp_path / "staged", key=None, workers=0, lenient=lenient)
    assert read.good == form.count("0") and read.schema.fields["n"].kind == "text"


@pytest.mark.parametrize(
    "value", [f"0x{'f' * 5000}", f"Timestamp({'7' * 5000}, 1)", f"NumberLong({'7' * 5000})"]
)
def test_near_json_with_more_digits_than_python_makes_is_kept(tmp_path: Path, value: str) -> None:
    path = tmp_path / "dump.json"
    path.write_text(f'{{"_id": 1}}\n{{"_id": 2, "n": {value}}}\n')
    read = scan([str(path)], tmp_path / "staged", workers=0, lenient=True)
    assert read.good + read.reasons.total() == 2


@pytest.mark.parametrize("form", ["[{}]", "{}\n", "{}"], ids=["array", "lines", "in a row"])
def test_values_by_the_million_that_are_no_documents_are_refused_with_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr("workbench.bronze.reading.brackets.MOST_DOCUMENTS", 100)
    path, between = tmp_path / "dump.json", "," if form == "[{}]" else "\n" * form.count("\n")
    path.write_text(form.format(between.join(["{}"] * 100)))
    assert scan([str(path)], tmp_path / "staged", key=None, workers=0).documents == 100
    path.write_text(form.format(between.join(["7" if between else "{}"] * 101)))
    with pytest.raises(BoundExceeded, match=r"dump.json: more than 100 values .* --records"):
        scan([str(path)], tmp_path / "staged", key=None, workers=0)


def test_bad_documents_by_the_million_are_refused_with_what_is_wrong_with_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.bronze.parsing.decoding.MOST_BAD", 10)
    path = tmp_path / "dump.json"
    path.write_bytes(documents("a") + b"7\n" * 20)
    with pytest.raises(BoundExceeded, match=r"dump.json: more than 10 .* not an object, a number"):
        scan([str(path)], tmp_path / "staged", workers=0)


@pytest.mark.parametrize(
    ("byte", "ending"),
    [(b"a", b""), (b"\\", b""), (b"a", b'"}\n')],
    ids=["a", "backslash", "whole"],
)
def test_a_string_without_end_takes_no_memory(
    tmp_path: Path, byte: bytes, ending: bytes, large: Scanner
) -> None:
    path = tmp_path / "dump.json"
    plain(path, iter([documents("a", "b"), b'{"_id": "', *fill(byte, 80), ending]))
    assert large.found(path) == "3 2 {'too large': 1}"


@pytest.mark.parametrize("write", ["plain", "gzip"])
def test_commas_without_end_are_no_part_of_the_document_before(
    tmp_path: Path, write: str, large: Scanner
) -> None:
    path = tmp_path / "dump.json"
    WRITERS[write](path, iter([documents("a", "b"), *fill(b",", 80), documents("c")]))
    assert large.found(path) == "3 3 {}"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_line_has_its_number_behind_blanks_that_were_passed_over(
    tmp_path: Path, compressed: bool
) -> None:
    path = tmp_path / ("dump.json.gz" if compressed else "dump.json")
    parts = [documents("a"), b"\n" * MB, documents("b"), b"oh no\n", documents("c")]
    (gzipped if compressed else plain)(path, iter(parts))
    read = scan([str(path)], tmp_path / "staged", block_size=1 << 16, workers=0)
    (row,) = next(quarantined(read, set())).to_pylist()
    assert (read.good, row["position"]) == (3, MB + 3)
    assert path_bytes(path)[row["byte_offset"] :].startswith(b"oh no")


def path_bytes(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def keys_of_their_own(documents: int, keys: int) -> str:
    rows = ({"_id": n, **{f"k{n}_{at}": at for at in range(keys)}} for n in range(documents))
    return "\n".join(map(json.dumps, rows))


def one_wide_object(keys: int) -> str:
    return json.dumps({"_id": 1, "by": {"id": {f"k{at}": at for at in range(keys)}}})


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (keys_of_their_own(400, 20), "in the documents themselves"),
        (one_wide_object(100_000), "in by.id"),
    ],
    ids=["keys of their own", "one wide object"],
)
def test_more_fields_than_a_table_should_have_are_refused_with_what_to_do(
    tmp_path: Path, text: str, where: str
) -> None:
    path = tmp_path / "dump.json"
    path.write_text(text)
    with pytest.raises(BoundExceeded, match=rf"{MOST_FIELDS:,} fields .* {where}.*--as-map"):
        scan([str(path)], tmp_path / "staged", workers=0)


@pytest.mark.parametrize("documents", [1, 4], ids=["in one document", "in all together"])
def test_names_as_long_as_values_are_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, documents: int
) -> None:
    monkeypatch.setattr("workbench.bronze.reading.breadth.MOST_LETTERS", 1000)
    path = tmp_path / "dump.json"
    names = [f"{at}-{'k' * 300}" for at in range(4)]
    several = [names[at::documents] for at in range(documents)]
    path.write_text("\n".join(json.dumps(dict.fromkeys(some, 1)) for some in several))
    read = scan(
        [str(path)], tmp_path / "few", key=None, workers=0, include=[(name,) for name in names[:3]]
    )
    assert list(read.schema.fields) == names[:3]
    with pytest.raises(BoundExceeded, match=r"dump.json: .* 1,000 letters .* '\d-kk.*--exclude"):
        scan([str(path)], tmp_path / "all", key=None, workers=0, block_size=400)


def test_what_becomes_rows_may_have_more_names(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    path.write_text(one_wide_object(MOST_FIELDS + 1))
    read = scan([str(path)], tmp_path / "staged", workers=0, most_fields=MOST_KEYS)
    assert len(read.schema.fields["by"].fields["id"].fields) == MOST_FIELDS + 1
    path.write_text(one_wide_object(MOST_KEYS + 1))
    with pytest.raises(BoundExceeded, match=r"No more of them .* \(--exclude PATH, without"):
        scan([str(path)], tmp_path / "wider", workers=0, most_fields=MOST_KEYS)


def test_a_piece_that_cannot_end_a_document_is_counted_at_once() -> None:
    pieces: list[Any] = [b"[[[[", b"]]", b'["]]]]"', b"]", b"]], 1"]
    brackets, plainly = Brackets(), Brackets()
    plainly.cannot_end = lambda data: False  # type: ignore[method-assign]
    assert [brackets.ends(p) for p in pieces] == [plainly.ends(p) for p in pieces]
    assert brackets.ends(b"]") == plainly.ends(b"]")
