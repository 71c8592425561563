"""The elements of arrays to fields, one for each place, on Arrow arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from workbench.errors import RequestError
from workbench.schema import Path, elements, have_indexes, show, sizes

MOST = 100  # elements of an array, each of which is a column or several


def check_length(path: Path, longest: int) -> None:
    """Raises RequestError where the arrays at a path would be too many columns."""
    if longest > MOST:
        raise RequestError(
            f"as_columns: an array at {show(path)} has {longest} elements, and {MOST} are allowed, "
            "for each is a column. Leave it an array, or keep it JSON text."
        )


def replaced_batches(
    at: int, path: Path, longest: int, names: list[str], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Rows whose column `at` has, at the path in it, an object of so many fields."""
    for batch in batches:
        columns = list(batch.columns)
        columns[at] = replaced(columns[at], path, longest)
        yield pa.record_batch(columns, names=names)


def replaced(rows: pa.Array, path: Path, longest: int) -> pa.Array:
    """The rows with an object of so many fields at `path`."""
    if path:
        at = have_indexes(rows)[str(path[0])]
        columns = [rows.field(i) for i in range(rows.type.num_fields)]
        columns[at] = replaced(columns[at], path[1:], longest)
        fields = [pa.field(f.name, c.type) for f, c in zip(rows.type, columns, strict=True)]
        return pa.StructArray.from_arrays(columns, fields=fields, mask=rows.is_null())
    counts, values = sizes(rows), elements(rows)
    starts = np.cumsum(counts) - counts
    columns = [
        values.take(pa.array(starts + place, mask=counts <= place)) for place in range(longest)
    ]
    names = [str(place) for place in range(longest)]
    return pa.StructArray.from_arrays(columns, names=names, mask=rows.is_null())
