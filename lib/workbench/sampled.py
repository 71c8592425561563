"""Values of a dump that was staged: a whole column, or the first ones at a path inside arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as arrow

from workbench.ingest import Scan
from workbench.schema import ITEM, Path

SAMPLE = 10_000  # documents


def column(scan: Scan, path: Path) -> pa.ChunkedArray:
    """All values at a path outside arrays, null where a struct around it is."""
    return staged(scan).to_table({"value": arrow.field(*map(str, path))})["value"]


def table(scan: Scan, paths: Sequence[Path]) -> pa.Table:
    """Columns named 0, 1, ... of all values at paths outside arrays."""
    columns = {str(at): arrow.field(*map(str, path)) for at, path in enumerate(paths)}
    return staged(scan).to_table(columns)


def sample(scan: Scan, path: Path) -> pa.Array:
    """The values at a path, those inside arrays too, of the first documents; without nulls."""
    outside = path.index(ITEM) if ITEM in path else len(path)
    columns = {"value": arrow.field(*map(str, path[:outside]))}
    found = staged(scan).head(SAMPLE, columns=columns)["value"].combine_chunks()
    for key in path[outside:]:
        found = found.flatten() if key is ITEM else pc.struct_field(found, str(key))
    return found.drop_null()


def staged(scan: Scan) -> arrow.Dataset:
    return arrow.dataset(FilePath(scan.folder) / "documents", format="parquet")


def share_like(values: pa.Array, pattern: re.Pattern[str]) -> float:
    """The share of texts that match the pattern from their beginning; 0 of none."""
    texts = values.unique().to_pylist()[:1000]
    return sum(bool(pattern.match(text)) for text in texts) / len(texts) if texts else 0.0
