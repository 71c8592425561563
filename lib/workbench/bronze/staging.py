"""The good documents of each block as a file of typed rows, which an engine reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.reading import Documents
from workbench.bronze.results import BIT, POSITION, Outcome, of_leaves
from workbench.proof import (
    Contents,
    Fingerprints,
    Hashes,
    Wider,
    compare,
    of_array,
    of_each,
    of_keys,
)
from workbench.schema import Node, Path, arrow_type, conform, names_of, wider_types
from workbench.storage import aside, neighbours, relay


def positions(documents: Documents, index: int, kept: list[int]) -> np.ndarray[Any, Any]:
    """Where the kept documents stand in the whole dump."""
    return (index << BIT) + np.array(documents.places, dtype=np.int64)[kept]


def whose(
    rows: pa.StructArray, keys: Sequence[Path], at: pa.Array, wider: Wider | None = None
) -> Hashes:
    """What tells the documents apart: their keys, or where they stand."""
    return of_keys(rows, keys, wider) if keys else of_each(at)


def as_staged(keys: Sequence[Path], rows: pa.StructArray) -> Contents:
    """What staged rows hold, position aside; a look at their folder."""
    names, columns = names_of(rows.type), rows.flatten()
    at = columns.pop(names.index(POSITION))
    names = [name for name in names if name != POSITION]
    rows = pa.StructArray.from_arrays(columns, names=names)
    return Contents(of_array(rows, around=whose(rows, keys, at)), Counter({(): len(rows)}))


def stage(file: FilePath, rows: pa.StructArray, at: np.ndarray[Any, Any]) -> None:
    """The rows as a file: whole, however often it is written, and by how many at once."""
    names = [f.name for f in rows.type]
    table = pa.table([*rows.flatten(), pa.array(at)], names=[*names, POSITION])
    # Read once and soon, whole: dictionaries and statistics would only cost time.
    with aside(file) as part:
        pq.write_table(table, part, compression="lz4", use_dictionary=False, write_statistics=False)
    relay.hand_over(file)


def staged(folder: FilePath, index: int) -> FilePath:
    return folder / "documents" / f"block-{index:06d}.parquet"


def together_as(folder: FilePath, index: int) -> FilePath:
    """The file of several neighbours, of which that block is the first."""
    return folder / "documents" / f"block-{index:06d}-and-next.parquet"


def documents(folder: FilePath) -> list[FilePath]:
    """All files of rows, here; of a worker that was killed something else may be beside them."""
    return relay.brought(folder / "documents", ".parquet")


def regrouped(
    outcomes: Iterable[Outcome], schema: Node, folder: FilePath, size: int, keys: Sequence[Path]
) -> Iterator[tuple[str, list[Outcome], Node, Sequence[Path]]]:
    """What is to be staged again: blocks in another type, and small neighbours, as one file.

    A file costs what its columns cost, however few its rows: many small ones, each with fields
    of its own, would make their number times the columns of all.
    """
    want = arrow_type(schema)
    good = (one for one in outcomes if one.documents > one.reasons.total())
    for group in neighbours(good, lambda one: one.size, size):
        if len(group) > 1 or arrow_type(group[0].written) != want:
            yield relay.as_told(folder), group, schema, keys


def restage(
    staged_at: str, group: list[Outcome], want: Node, keys: Sequence[Path]
) -> tuple[list[int], dict[int, Fingerprints]]:
    """The staged files of neighbours as one, in the type of the whole dump.

    They stay until `replaced` takes them away, so that it can be done again. Returns the
    blocks, and the fingerprints of those whose values are of wider kinds now, and so have other
    hashes. Before, such a block is proved by those that it had when it was parsed.
    """
    kind, folder = arrow_type(want), relay.worked_in(staged_at)
    parts, at, changed = [], [], {}
    for outcome in group:
        index, have = outcome.index, outcome.written
        table = pq.ParquetFile(relay.bring(staged(folder, index))).read()
        at.append(table[POSITION].to_numpy())
        rows = table.drop_columns([POSITION]).to_struct_array()
        rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        wider = wider_types(have, want)
        if wider:
            here = partial(of_array, rows, (), None)
            found = here(whose(rows, keys, pa.array(at[-1])))
            compare(of_leaves(outcome.fingerprints, have), found, "A staged block")
            changed[index] = here(whose(rows, keys, pa.array(at[-1]), wider), wider)
        parts.append(conform(rows, have, want, kind))
    file = together_as(folder, group[0].index)
    stage(file, pa.concat_arrays(parts), np.concatenate(at))
    return [outcome.index for outcome in group], changed


def replaced(folder: FilePath, indexes: Sequence[int]) -> None:
    """Removes the files of neighbours that stand in one now."""
    relay.take_away(folder / "documents", [staged(folder, index) for index in indexes])
