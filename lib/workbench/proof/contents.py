"""All rows of a table, batch by batch, to what some functions find in them.

Rows of files are read here, by another reader than the engine that wrote them. Rows of a
DataFrame are looked at where they are, in the engine's Python workers: one job, however wide.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.proof.arrow import of_array
from workbench.proof.fingerprint import Fingerprints, together
from workbench.proof.hashing import of_keys
from workbench.schema import Path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Contents:
    """What some rows hold: the fingerprint of each leaf, and the number of rows by table.

    `()` are the rows themselves; the path of an array stands for the table of its elements.
    """

    leaves: Fingerprints = field(default_factory=dict)
    rows: Counter[Path] = field(default_factory=Counter)

    def __add__(self, other: Contents) -> Contents:
        return Contents(together([self.leaves, other.leaves]), self.rows + other.rows)


Look = Callable[[pa.StructArray], Contents]


def as_they_are(rows: pa.StructArray) -> Contents:
    """What rows hold, column by column."""
    return Contents(of_array(rows), Counter({(): len(rows)}))


def keyed(keys: Sequence[Path], rows: pa.StructArray) -> Contents:
    """What rows hold, and whose it is: with hashes. `keys` are the paths that tell rows apart."""
    return Contents(of_array(rows, around=of_keys(rows, keys)), Counter({(): len(rows)}))


def of_frame(df: DataFrame, *looks: Look) -> list[Contents]:
    """What each function finds in the rows of a DataFrame. Starts one job."""
    names = df.columns
    numbered = df.toDF(*[f"c{at}" for at in range(len(names))])  # whatever names there are
    parts = numbered.mapInArrow(partial(looked_at, names, looks), "found binary").collect()
    return all_of((pickle.loads(part[0]) for part in parts), looks)


def looked_at(
    names: Sequence[str], looks: Sequence[Look], batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """One row that holds what was found in all of the batches."""
    found = all_of((look_at(names, batch.columns, looks) for batch in batches), looks)
    yield pa.record_batch([pa.array([pickle.dumps(found)], pa.binary())], names=["found"])


def look_at(
    names: Sequence[str], arrays: Sequence[pa.Array], looks: Sequence[Look]
) -> list[Contents]:
    rows = pa.StructArray.from_arrays(arrays, names=names)
    return [look(rows) for look in looks]


def all_of(parts: Iterable[list[Contents]], looks: Sequence[Look]) -> list[Contents]:
    nothing = [Contents() for _ in looks]
    return reduce(lambda left, right: [*map(add, left, right)], parts, nothing)
