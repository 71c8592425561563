"""Files are cut into blocks of whole documents; what is too large is passed over."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dumps import (
    dump,
    noise,
    texts,
)
from workbench.bronze.reading.brackets import is_object, pieces
from workbench.bronze.reading.cutting import blocks
from workbench.bronze.reading.documents import Documents
from workbench.bronze.reading.layouts import (
    BOM,
)
from workbench.bronze.reading.sources import find
from workbench.errors import WorkbenchError

LARGE = '{"_id":9,"v":{"x":[' + ",".join(['{"k":"[}"}'] * 500) + '],"y":"\\\\"}}'
JOINED = {
    "lines": "\n".join,
    "array": lambda documents: f"[{','.join(documents)}]",
    "array lines": lambda documents: "[" + ",\n".join(documents) + "]\n",
    "objects": "".join,
}


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("large", [LARGE, LARGE[:-1], LARGE.replace('":"', '":', 1)],
                         ids=["whole", "no last bracket", "no quote"])  # fmt: skip
@pytest.mark.parametrize("layout", JOINED)
def test_a_document_too_large_is_passed_over_and_its_neighbours_are_kept(
    tmp_path: Path, layout: str, large: str, compressed: bool
) -> None:
    small = [f'{{"_id":{at},"v":{{"x":[{at}]}}}}' for at in range(60)]
    whole = JOINED[layout]([*small[:40], large, *small[40:]]).encode()
    path = tmp_path / "dump"
    path.write_bytes(gzip.compress(whole) if compressed else whole)
    limit = mock.patch("workbench.bronze.reading.cutting.LARGEST_DOCUMENT", 1000)
    with limit, mock.patch("workbench.bronze.reading.layouts.WINDOW", 600):
        found = list(blocks(find([str(path)]), 200))
    kept = [t.decode() for b in found if not b.too_large for t in Documents(b).texts]
    assert [text for text in kept if is_object(text.encode())] == small
    (passed,) = [b for b in found if b.too_large]
    start = whole.index(large.encode())
    assert passed.payload
    assert (passed.start, passed.payload[:99]) == (start, whole[start:][:99])
    assert abs(passed.too_large - len(large)) <= 3  # a separator may hang on to a broken one


@pytest.mark.parametrize("text", ['[{"a": "', '{"a":1}\n{"a": "'])
def test_a_document_without_an_end_is_passed_over_before_memory_is_full(
    tmp_path: Path, text: str
) -> None:
    path = dump(tmp_path, text + "x" * 5000)
    with mock.patch("workbench.bronze.reading.cutting.LARGEST_DOCUMENT", 1000):
        *_, last = blocks(find([str(path)]), 100)
    assert last.too_large == len('{"a": "') + 5000


def test_a_document_without_an_end_is_looked_at_anew_but_for_twice_its_most(
    tmp_path: Path,
) -> None:
    path, most, looked = dump(tmp_path, '{"a":["' * 10_000), 6400, []

    def look(data: bytes, *more: Any) -> Any:
        looked.append(len(data))
        return pieces(data, *more)

    limit = mock.patch("workbench.bronze.reading.cutting.LARGEST_DOCUMENT", most)
    with limit, mock.patch("workbench.bronze.reading.cutting.pieces", look):
        (last,) = blocks(find([str(path)]), 1600)
    assert last.too_large == 70_000
    assert most < max(looked) and sum(looked) < 2.1 * most


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("noise")


@given(noise, st.integers(1, 40), st.sampled_from([b"", BOM, b"\x1f\x8b", b"BZh9"]))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(folder: Path, data: bytes, size: int, head: bytes) -> None:
    path = dump(folder, head + data)
    try:
        found = texts(path, size)
    except WorkbenchError:
        return
    assert len(found) <= len(data)
