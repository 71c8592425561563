"""Tables of a store: how large the files are that are made."""

from __future__ import annotations

import pyarrow as pa

from workbench.engines.store_tables import joined


def test_rows_are_written_so_many_bytes_at_once() -> None:
    batch = pa.record_batch([pa.array(range(10), pa.int64())], names=["n"])
    tables = list(joined(iter([batch, batch.slice(0, 0), batch, batch]), 2 * batch.nbytes))
    assert [table.num_rows for table in tables] == [20, 10]
