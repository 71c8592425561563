"""The good documents of each block as a file of typed rows, which an engine reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.reading import Documents
from workbench.bronze.results import BIT, POSITION, Outcome
from workbench.schema import Node, arrow_type, conform


def positions(documents: Documents, index: int, kept: list[int]) -> np.ndarray[Any, Any]:
    """Where the kept documents stand in the whole dump."""
    return (index << BIT) + np.array(documents.places, dtype=np.int64)[kept]


def stage(folder: FilePath, index: int, rows: pa.StructArray, at: np.ndarray[Any, Any]) -> None:
    names = [f.name for f in rows.type]
    table = pa.table([*rows.flatten(), pa.array(at)], names=[*names, POSITION])
    # Read once and soon, whole: dictionaries and statistics would only cost time.
    pq.write_table(
        table,
        staged(folder, index),
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
    )


def staged(folder: FilePath, index: int) -> FilePath:
    return folder / "documents" / f"block-{index:06d}.parquet"


def regrouped(
    outcomes: list[Outcome], schema: Node, folder: FilePath, size: int
) -> Iterator[tuple[FilePath, dict[int, Node], Node]]:
    """What is to be staged again: blocks in another type, and small neighbours, as one file.

    A file costs what its columns cost, however few its rows: many small ones, each with fields
    of its own, would make their number times the columns of all.
    """
    want = arrow_type(schema)
    groups: list[list[Outcome]] = []
    room = 0
    for outcome in outcomes:
        if outcome.documents == outcome.reasons.total():
            continue
        room -= outcome.size
        if room < 0 or not groups:
            groups.append([])
            room = size - outcome.size
        groups[-1].append(outcome)
    for group in groups:
        if len(group) > 1 or arrow_type(group[0].written) != want:
            yield folder, {o.index: o.written for o in group}, schema


def restage(folder: FilePath, group: dict[int, Node], want: Node) -> None:
    """The staged files of neighbours, given with their types, as one in that of the whole dump."""
    kind = arrow_type(want)
    parts, at = [], []
    for index, have in group.items():
        table = pq.ParquetFile(staged(folder, index)).read()
        at.append(table[POSITION].to_numpy())
        rows = table.drop_columns([POSITION]).to_struct_array()
        rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        parts.append(conform(rows, have, want, kind))
        staged(folder, index).unlink()
    stage(folder, min(group), pa.concat_arrays(parts), np.concatenate(at))
