"""Tables of a store: how large the files are that are made, and how often one is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from support.cloud import faults
from workbench.engines import store_tables
from workbench.engines.store_tables import joined, source_of, use_access, write_folder
from workbench.engines.told import Told
from workbench.storage import Found, store_of


def test_rows_are_written_so_many_bytes_at_once() -> None:
    batch = pa.record_batch([pa.array(range(10), pa.int64())], names=["n"])
    tables = list(joined(iter([batch, batch.slice(0, 0), batch, batch]), 2 * batch.nbytes))
    assert [table.num_rows for table in tables] == [20, 10]


@pytest.fixture
def asked(bucket: str) -> Iterator[list[str]]:
    """The requests for bytes that the store is sent."""
    store_tables._held.clear()
    with faults("GetObject") as sent:
        yield sent
    store_tables._held.clear()


def put(bucket: str, name: str, size: int) -> Found:
    place = store_of(bucket).join(name)
    place.write(bytes(size))
    return Found(str(place), size)


def test_what_never_changes_is_read_once_while_there_is_room(
    bucket: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_tables, "HELD", 100)
    first, second, third = (put(bucket, name, 40) for name in "abc")
    for file in (first, second, first, second, first):
        assert source_of(file, keeps=True).read() == bytes(40)
    assert len(asked) == 2
    source_of(third, keeps=True)  # in the place of the one that was asked before all others
    source_of(first, keeps=True)
    assert len(asked) == 3
    source_of(second, keeps=True)
    assert len(asked) == 4
    source_of(first)
    assert len(asked) == 5


@pytest.mark.parametrize("others", [True, False])
def test_what_others_may_read_is_forgotten_with_their_keys(
    others: bool, bucket: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = put(bucket, "a", 40)
    source_of(file, keeps=True)
    monkeypatch.setattr(store_tables, "ask_as_told", lambda told: others)
    use_access(Told("of nobody", b""))
    source_of(file, keeps=True)
    assert len(asked) == 1 + others


@pytest.mark.engine
def test_large_rows_are_written_a_few_at_once(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_tables, "GROUP", 1 << 16)
    size, rows = 10_000, 90
    digests = [
        F.sha2(F.concat(F.col("id").cast("string"), F.lit(n)), 256) for n in range(size // 64)
    ]
    large = spark.range(rows).select(F.concat(*digests).alias("text"))
    write_folder(large, tmp_path / "table", row_size=size)
    footers = [pq.read_metadata(part) for part in (tmp_path / "table").glob("*.parquet")]
    groups = [f.row_group(at).num_rows for f in footers for at in range(f.num_row_groups)]
    assert sum(groups) == rows and max(groups) < rows / 3
