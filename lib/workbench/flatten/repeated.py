"""What the rows made of one document repeat: its own values, in each of them.

An engine makes the rows of a document together, so a text of some megabytes beside an array of some
thousand elements would take more memory than any machine has.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import BoundExceeded
from workbench.flatten.flat_table_plan import FlatColumn
from workbench.schema import Numbers, added, decoded, elements, show, sizes, whole_numbers

MOST = 512 << 20  # bytes that the rows of one document may repeat


def check_repeated(columns: Sequence[tuple[FlatColumn, pa.Array]], rows_of_each: Numbers) -> None:
    """Raises BoundExceeded where the rows made of one document would repeat more bytes.

    `columns` are those of documents, or of elements that hold the array, `rows_of_each` how many
    rows are made of each of them.
    """
    most = int(rows_of_each.max(initial=0))
    if most < 2 or sum(array.nbytes for _, array in columns) * most <= MOST:
        return
    held = [bytes_of_each(array) for _, array in columns]
    total = sum(held, np.zeros(len(rows_of_each), np.int64))
    made = total.astype(float) * rows_of_each.astype(float)
    worst = int(made.argmax())
    if made[worst] > MOST:
        longest = max(zip(held, columns, strict=True), key=lambda one: one[0][worst])[1][0]
        raise BoundExceeded(
            f"explode: {int(rows_of_each[worst]):,} rows are made of one document, and "
            f"{int(total[worst]):,} bytes of it would stand in each of them, most in "
            f"{show(longest.path)}: {made[worst] / (1 << 30):,.1f} GB, and {MOST >> 20} MB are "
            f"allowed. Leave that field out (exclude), or make no rows of the array: `workbench "
            "flatten` without --explode has a table for each array."
        )


def bytes_of_each(array: pa.Array) -> Numbers:
    """How many bytes each value of an array takes, roughly."""
    array, kind = decoded(array), decoded(array).type
    if pa.types.is_list(kind):
        return added(bytes_of_each(elements(array)), sizes(array))
    if pa.types.is_struct(kind):
        inside = (bytes_of_each(child) for child in array.flatten())
        return sum(inside, np.zeros(len(array), np.int64))
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return whole_numbers(pc.fill_null(pc.binary_length(array), 0))
    return np.full(len(array), 8, np.int64)
