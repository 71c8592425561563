"""Tables of a store: how their files are taken together, and how large those are that are made."""

from __future__ import annotations

import pyarrow as pa

from workbench.engines.store_tables import grouped, joined


def test_small_files_are_read_together_and_so_become_one() -> None:
    files = [("a", 3), ("b", 3), ("c", 9), ("d", 1), ("e", 5)]
    assert grouped(files, 6) == [["a", "b"], ["c"], ["d", "e"]]


def test_rows_are_written_so_many_bytes_at_once() -> None:
    batch = pa.record_batch([pa.array(range(10), pa.int64())], names=["n"])
    tables = list(joined(iter([batch, batch.slice(0, 0), batch, batch]), 2 * batch.nbytes))
    assert [table.num_rows for table in tables] == [20, 10]
