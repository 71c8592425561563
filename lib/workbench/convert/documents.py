"""What is to be flattened, and what the first documents of it say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze import DumpRequest, StagedDump
from workbench.flatten.counts import Counts
from workbench.flatten.outline import SAMPLE
from workbench.schema import ITEM, Path, elements, sizes, valid

OPTIONS: dict[str, Any] = {
    "names": "athena",
    "sep": "_",
    "prefix": "",
    "max_depth": None,
    "as_json": (),
}


@dataclass(frozen=True)
class Request(DumpRequest):
    """A dump, and what its tables are to be called and written as.

    `into`: what becomes of tables that another dump has made there: empty (refused), append,
    replace. `raw`: texts of CSV that spreadsheets would take for formulas stay as they are.
    `sep`, `prefix`, `max_depth` and `as_json` are those of `workbench.flatten`.
    """

    names: str = "athena"
    sep: str = "_"
    prefix: str = ""
    max_depth: int | None = None
    as_json: Sequence[str] = ()
    format: str = "parquet"
    into: str = ""
    raw: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """What the plan of the tables is asked for."""
        return {name: getattr(self, name) for name in OPTIONS}

    @property
    def rule(self) -> str:
        """How names are made, and what makes others of them: where it differs, names do."""
        odd = {n: v for n, v in self.options.items() if n != "names" and v != OPTIONS[n]}
        return " ".join([self.names, *(f"{name}={value}" for name, value in odd.items())])


def sample_counts(staged: StagedDump) -> Counts:
    """What the first documents say of the schema."""
    counts = Counts(of=staged.scan.good)
    for part in sorted((staged.scan.folder / "documents").glob("*.parquet")):
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
