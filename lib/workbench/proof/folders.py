"""The values of written tables, read back batch by batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.kept_memory import give_back, keep_freed_memory
from workbench.proof.contents import Contents, Look, all_of, look_at

BATCH_ROWS, BATCH_BYTES = 32768, 1 << 24
LARGE_ROW = 8 << 20  # bytes
AHEAD = 2  # batches
BUFFER = 1 << 18  # bytes of a column that are read at once
REPEATED = 3  # bytes a value, fewer than the length of a text alone takes: texts that repeat


def of_folder(folder: FilePath, *looks: Look) -> list[Contents]:
    """What each function finds in the rows of a folder of Parquet files; memory is bounded."""
    return of_files(sorted(folder.glob("*.parquet")), *looks)


def of_files(
    parts: Sequence[FilePath], *looks: Look, unread: Collection[str] = ()
) -> list[Contents]:
    """What each function finds in the rows of Parquet files; memory is bounded.

    Columns that are to be left `unread` are named as Parquet does: `a.list.element.b`.
    """
    footers = {part: pq.read_metadata(part) for part in parts}
    groups = ((part, at) for part, told in footers.items() for at in range(told.num_row_groups))
    rows = (batch for part, group in groups for batch in batches(part, group, unread))
    read = rows if any(map(has_large_rows, footers.values())) else read_ahead(rows)
    keep_freed_memory()
    found = all_of((look_at(b.schema.names, b.columns, looks) for b in read), looks)
    give_back()
    return found


def read_ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Each batch, while the next ones are read: by one other thread, which waits for no lock.

    Several that look at batches would wait for Python's at each of a thousand small steps.
    """
    with ThreadPoolExecutor(1) as reader:
        coming = deque(reader.submit(next, batches, None) for _ in range(AHEAD))
        while (batch := coming.popleft().result()) is not None:
            coming.append(reader.submit(next, batches, None))
            yield batch


def has_large_rows(told: pq.FileMetaData) -> bool:
    """Whether a row of a Parquet file takes megabytes by itself; several would be in memory."""
    for group in map(told.row_group, range(told.num_row_groups)):
        sizes = (decoded_size(group.column(at)) for at in range(group.num_columns))
        if max(sizes, default=0) > LARGE_ROW * group.num_rows:
            return True
    return False


def decoded_size(column: pq.ColumnChunkMetaData) -> int:
    """Bytes of the values of a column, at least: encoded, equal ones may take none."""
    return max(int(column.total_uncompressed_size), 8 * int(column.num_values))


def batches(part: FilePath, group: int, unread: Collection[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a group of a Parquet file, some megabytes at a time."""
    with pq.ParquetFile(part) as file:
        told = file.metadata.row_group(group)
    # Else a column of the group is read whole: an engine's group may have a hundred megabytes.
    buffer = BUFFER if told.total_byte_size > BUFFER * told.num_columns else 0
    with pq.ParquetFile(part, read_dictionary=repeated(told), buffer_size=buffer) as file:
        rows = BATCH_BYTES * told.num_rows // max(told.total_byte_size, 1)
        size = max(1, min(BATCH_ROWS, rows))
        names = [column.path_in_schema for column in columns_of(told)] if unread else None
        read = names and [name for name in names if name not in unread]
        yield from file.iter_batches(size, [group], read, use_threads=False)


def repeated(group: pq.RowGroupMetaData) -> list[str]:
    """The columns whose values are stored once each: so they are read, and hashed."""
    return [
        column.path_in_schema
        for column in columns_of(group)
        if column.physical_type == "BYTE_ARRAY"
        and column.total_uncompressed_size < REPEATED * column.num_values
    ]


def columns_of(group: pq.RowGroupMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    return map(group.column, range(group.num_columns))
