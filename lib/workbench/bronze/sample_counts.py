"""What the first documents of a dump that was staged say of its schema."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.results import Scan
from workbench.bronze.staging import documents
from workbench.flatten import SAMPLE, Counts
from workbench.schema import ITEM, Path, elements, sizes, valid


def sample_counts(scan: Scan) -> Counts:
    """What the first documents say of the schema."""
    counts = Counts(of=scan.good)
    for part in sorted(documents(scan.folder)):
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(SAMPLE):
                first = batch.slice(0, SAMPLE - counts.rows)
                counts.rows += first.num_rows
                count_in(pa.StructArray.from_arrays(first.columns, first.schema.names), (), counts)
                if counts.rows == SAMPLE:
                    return counts
    return counts


def count_in(array: pa.Array, path: Path, counts: Counts) -> None:
    """Adds the values at a path and below, column by column: documents may have thousands."""
    counts.present[path] += len(array) - array.null_count
    if pa.types.is_struct(array.type):
        for field_, child in zip(array.type, array.flatten(), strict=True):
            count_in(child, (*path, field_.name), counts)
    elif pa.types.is_list(array.type):
        counts.lengths.setdefault(path, []).extend(sizes(array)[valid(array)].tolist())
        count_in(elements(array), (*path, ITEM), counts)
