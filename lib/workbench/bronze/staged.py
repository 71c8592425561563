"""Values of a dump that was staged: a whole column, or the first ones at a path inside arrays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.dataset as arrow
from pyspark.sql import DataFrame, SparkSession

from workbench.bronze.results import Scan
from workbench.columns import CARRIED
from workbench.errors import EngineError
from workbench.schema import ITEM, Path, show, walk

SAMPLE, LEAST = 10_000, 100  # documents
SAMPLE_BYTES = 64 << 20


def column(scan: Scan, path: Path) -> pa.ChunkedArray:
    """All values at a path outside arrays, null where a struct around it is."""
    return staged(scan).to_table({"value": arrow.field(*map(str, path))})["value"]


def table(scan: Scan, paths: Sequence[Path]) -> pa.Table:
    """Columns named 0, 1, ... of all values at paths outside arrays."""
    columns = {str(at): arrow.field(*map(str, path)) for at, path in enumerate(paths)}
    return staged(scan).to_table(columns)


def first_documents(scan: Scan) -> pa.Table:
    """The first documents, 10,000 at most and as many as take some 64 MB."""
    size = sum(source.bytes for source in scan.sources) / max(scan.documents, 1)
    rows = int(min(SAMPLE, max(LEAST, SAMPLE_BYTES / max(size, 1))))
    return staged(scan).head(rows).combine_chunks()


def values_at(documents: pa.Table, path: Path) -> pa.Array:
    """The values at a path, those inside arrays too, without nulls."""
    found = documents[str(path[0])].chunk(0)  # read from files: below a null all is null
    for key in path[1:]:
        found = found.flatten() if key is ITEM else found.field(str(key))
    return found.drop_null()


def staged(scan: Scan) -> arrow.Dataset:
    return arrow.dataset(FilePath(scan.folder) / "documents", format="parquet")


def share_like(values: pa.Array, pattern: re.Pattern[str]) -> float:
    """The share of texts that match the pattern from their beginning; 0 of none."""
    texts = values.unique().to_pylist()[:1000]
    return sum(bool(pattern.match(text)) for text in texts) / len(texts) if texts else 0.0


def read_scanned(spark: SparkSession, scan: Scan) -> DataFrame:
    """The good documents of a scan; as `read_staged`."""
    staged = spark.read.parquet(str(scan.folder / "documents"))
    try:
        staged.schema  # noqa: B018
    except Exception as error:
        deepest = max((path for path, _ in walk(scan.schema)), key=len)
        if len(deepest) <= CARRIED:
            raise
        raise EngineError(
            f"The documents are nested {len(deepest)} levels deep (below {show(deepest[:3])}), and "
            f"this engine carries {CARRIED}. Run with --engine spark, which carries them all."
        ) from error
    return staged
