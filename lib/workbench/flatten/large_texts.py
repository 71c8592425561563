"""Arrays that become JSON text: how large that of one document may be.

An engine makes an object of each of their values before it writes the text, of several documents at
once; Sail was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BoundExceeded
from workbench.flatten.flat_table_plan import FlatColumn
from workbench.schema import Numbers, Path, added, decoded, elements, show, sizes, whole_numbers

MOST = 512 << 20  # bytes in an engine
OBJECT, ARRAY, VALUE = 600, 32, 72  # bytes, beside what they hold


def check_texts(columns: Iterable[FlatColumn], values_at: Callable[[Path], pa.Array]) -> None:
    """Raises BoundExceeded where what becomes text of one document is larger than is allowed."""
    for column in columns:
        if column.form != "json":
            continue
        largest = int(bytes_in_engine(values_at(column.path)).max(initial=0))
        if largest > MOST:
            path = show(column.path)
            raise BoundExceeded(
                f"{path}: what one document has there would take an engine {largest >> 20:,} MB "
                f"until it is one text of JSON, and {MOST >> 20} MB are allowed. Make rows of it "
                f"(--explode {path}), or leave it out (exclude): `workbench flatten` without "
                "--explode has a table for each array."
            )


def bytes_in_engine(array: pa.Array) -> Numbers:
    """How many bytes an engine takes for each value of an array, roughly."""
    array = decoded(array)
    if pa.types.is_list(array.type):
        return ARRAY + added(bytes_in_engine(elements(array)), sizes(array))
    if pa.types.is_struct(array.type):
        inside = (bytes_in_engine(child) for child in array.flatten())
        return sum(inside, np.full(len(array), OBJECT, np.int64))
    if pa.types.is_string(array.type):  # its letters are in the text, and in two copies of that
        return VALUE + 3 * whole_numbers(pc.fill_null(pc.binary_length(array), 0))
    return np.full(len(array), VALUE, np.int64)
