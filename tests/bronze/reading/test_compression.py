"""Compressed dumps: known by their first bytes, read to the end or to the break."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from support.dumps import (
    COMPRESS,
    DOCUMENTS,
    dump,
    one_line,
    read,
    texts,
)
from workbench.bronze.reading.cutting import blocks
from workbench.bronze.reading.documents import Documents
from workbench.bronze.reading.layouts import (
    sniff,
)
from workbench.bronze.reading.sources import find
from workbench.errors import SourceError


@pytest.mark.parametrize(
    ("compression", "compress"),
    [
        ("gzip", gzip.compress),
        ("bz2", bz2.compress),
        ("zstd", lambda data: pa.compress(data, "zstd", asbytes=True)),
    ],
)
def test_compression_is_known_by_its_first_bytes(
    tmp_path: Path, compression: str, compress: Callable[[bytes], bytes]
) -> None:
    path = dump(tmp_path, compress(b'{"_id":1}\n'), "dump.dat")
    found = sniff(path)
    assert found and (found.compression, read(path)) == (compression, [{"_id": 1}])


@pytest.mark.parametrize("size", [10, 20])
def test_a_whole_compressed_file_is_not_cut_off(tmp_path: Path, size: int) -> None:
    path = dump(tmp_path, gzip.compress(b'{"_id":1}\n' * 4))
    assert [len(Documents(b).texts) for b in blocks(find([path]), size)] == [size // 10] * (
        40 // size
    )


def test_zstd_data_may_begin_with_a_frame_to_skip(tmp_path: Path) -> None:
    skipped = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"size"
    assert read(dump(tmp_path, skipped + COMPRESS["zstd"](b'{"_id":1}'))) == [{"_id": 1}]


def test_gzip_files_one_after_another_are_read_to_the_end(tmp_path: Path) -> None:
    parts = [gzip.compress(line.encode() + b"\n") for line in one_line(DOCUMENTS)]
    assert read(dump(tmp_path, b"".join(parts))) == DOCUMENTS


@pytest.mark.parametrize("size", [1000, 1 << 20])
@pytest.mark.parametrize("cut", [0.6, 0.9999])
@pytest.mark.parametrize("compression", COMPRESS)
def test_a_compressed_file_that_is_cut_off_is_read_to_the_break(
    tmp_path: Path, compression: str, cut: float, size: int
) -> None:
    made = [{"_id": n, "text": hashlib.sha256(b"%d" % n).hexdigest()} for n in range(20_000)]
    data = COMPRESS[compression]("\n".join(one_line(made)).encode())
    path = dump(tmp_path, data[: int(cut * len(data))])
    *found, last = blocks(find([path]), size)
    documents = [t for block in found for t in Documents(block).texts]
    good = [json.loads(text) for text in documents[:-1]]
    assert last.cut_off and not any(block.cut_off for block in found)
    assert good == made[: len(good)] and len(good) > (cut - 0.3) * len(made)


@pytest.mark.parametrize("compression", COMPRESS)
def test_a_compressed_file_that_is_cut_off_at_once_is_an_error(
    tmp_path: Path, compression: str
) -> None:
    with pytest.raises(SourceError, match="cut off before the first document"):
        find([dump(tmp_path, COMPRESS[compression](b'{"_id":1}')[:9])])


@pytest.mark.parametrize("at", range(12, 60, 3))
def test_a_damaged_gzip_file_is_an_error(tmp_path: Path, at: int) -> None:
    data = bytearray(gzip.compress("\n".join(one_line(DOCUMENTS)).encode()))
    data[at] ^= 0x55
    with pytest.raises(SourceError, match="data is damaged"):
        texts(dump(tmp_path, bytes(data)))
