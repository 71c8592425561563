"""The documents that are no rows: each with the reason, where it stands, and its text."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.parsing import Bad
from workbench.bronze.reading import Block, Documents, blocks, changed, unchanged
from workbench.bronze.results import BIT, Outcome, Scan
from workbench.errors import LeavesLost
from workbench.proof import Contents, compare, of_array, of_each, of_files
from workbench.schema import Node
from workbench.storage import aside, relay

QUARANTINE = pa.schema(
    [
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("source_file", pa.string()),
        ("position", pa.int64()),
        ("raw", pa.string()),
        ("byte_offset", pa.int64()),  # in what the file holds, where it is compressed
    ]
)
# Of texts of megabytes a dictionary would be a copy more, and the least and greatest two.
SHORT = ["reason", "detail", "source_file"]
WRITTEN: dict[str, Any] = {
    "compression": "zstd", "use_dictionary": SHORT, "write_statistics": SHORT
}  # fmt: skip


def refused(folder: FilePath, block: Block, reason: str, detail: str) -> Outcome:
    """A piece of a file that is not looked into stands in quarantine as one document."""
    none = Node("struct")
    came, start = block.payload or b"", block.start
    if block.origin is not None:
        came, start = block.origin.data or came, block.origin.place(0)
    text = came.decode(errors="backslashreplace")
    row = [[reason], [detail], [block.source.told], [1], [text], [start]]
    write_quarantine(folder, block.index, pa.table(row, schema=QUARANTINE))
    return Outcome(block.index, block.file, 1, 1, none, none, {}, Counter([reason]), 0, places=1)


def quarantine(folder: FilePath, block: Block, bad: list[Bad], documents: Documents) -> None:
    """The bad documents of a block; positions count from the block's start until the end."""
    table = pa.table(
        [
            [b.reason for b in bad],
            [b.detail for b in bad],
            [block.source.told] * len(bad),
            [documents.positions[b.at] + 1 for b in bad],
            [documents.came(b.at).decode(errors="backslashreplace") for b in bad],
            [documents.offsets[b.at] for b in bad],
        ],
        schema=QUARANTINE,
    )
    write_quarantine(folder, block.index, table)


def write_quarantine(folder: FilePath, index: int, table: pa.Table) -> None:
    file = folder / "bad" / f"block-{index:06d}.parquet"
    with aside(file) as part:
        pq.write_table(table, part, **WRITTEN)
    relay.hand_over(file)


def keep_quarantine(scan: Scan, superseded: set[int], path: FilePath) -> int:
    """Writes all quarantined documents to one file, readable by its owner only; how many.

    Raises LeavesLost where it does not hold, read back, each document that was set apart.
    """
    told = Contents()
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    with pq.ParquetWriter(path, QUARANTINE, **WRITTEN) as writer:
        for table in quarantined(scan, superseded):
            writer.write_table(table)
            told += sum(map(set_apart, table.to_batches()), Contents())
    (found,) = of_files([path], set_apart)
    compare(told.leaves, found.leaves, "The quarantine")
    wanted = scan.reasons + Counter(superseded=len(superseded))
    reasons = Counter({str(reason): rows for (reason,), rows in found.rows.items()})
    if reasons != wanted:
        raise LeavesLost(
            f"The quarantine holds {dict(sorted(reasons.items()))} documents, and "
            f"{dict(sorted(wanted.items()))} were set apart; nothing was published. Run again."
        )
    return reasons.total()


def set_apart(rows: pa.StructArray | pa.RecordBatch) -> Contents:
    """What rows of a quarantine hold, and how many there are by reason."""
    if isinstance(rows, pa.RecordBatch):
        rows = rows.to_struct_array()
    reasons = rows.field("reason").value_counts()
    counts = {(one["values"].as_py(),): one["counts"].as_py() for one in reasons}
    return Contents(of_array(rows, around=of_each(rows.field("byte_offset"))), Counter(counts))


def quarantined(scan: Scan, superseded: set[int]) -> Iterator[pa.Table]:
    """All quarantined documents in tables of one block each: the bad, then the superseded.

    Superseded rows are given by their staged positions; their text is fetched from the source.
    """
    for part in relay.brought(scan.folder / "bad", ".parquet"):
        table = pq.read_table(part, partitioning=None)
        base = scan.bases[int(part.stem.removeprefix("block-"))][1]
        moved = pa.array([p + base for p in table["position"].to_pylist()], pa.int64())
        yield table.set_column(3, QUARANTINE.field(3), moved)
    if not superseded:
        return
    relay.brought(scan.folder / "mended")
    wanted: dict[int, set[int]] = {}
    for encoded in superseded:
        wanted.setdefault(encoded >> BIT, set()).add(encoded & ((1 << BIT) - 1))
    with unchanged(scan.sources):
        for block in blocks(scan.sources, scan.block_size):
            places = wanted.get(block.index)
            if not places:
                continue
            all_of = as_read(scan, block)
            rows = [i for i, place in enumerate(all_of.places) if place in places]
            base = scan.bases[block.index][1]
            yield pa.table(
                [
                    ["superseded"] * len(rows),
                    [f"a later document has the same {scan.key}"] * len(rows),
                    [block.source.told] * len(rows),
                    [base + all_of.positions[i] + 1 for i in rows],
                    [all_of.came(i).decode() for i in rows],
                    [all_of.offsets[i] for i in rows],
                ],
                schema=QUARANTINE,
            )


def as_read(scan: Scan, block: Block) -> Documents:
    """The documents of a block as they were parsed. SourceError where its bytes are others now."""
    found = Documents(block)
    if found.check != scan.checks.get(block.index):
        raise changed(block.source.path)
    mended = scan.folder / "mended" / f"block-{block.index:06d}.npy"
    if mended.exists():
        found.replace(np.load(mended))
    return found


def staged_at(scan: Scan, offsets: Mapping[str, Collection[int]]) -> set[int]:
    """The staged positions of the documents at byte offsets of files, by what these are called."""
    found = set()
    relay.brought(scan.folder / "mended")
    for block in blocks(scan.sources, scan.block_size):
        wanted = offsets.get(block.source.told)
        if wanted:
            all_of = as_read(scan, block)
            both = zip(all_of.places, all_of.offsets, strict=True)
            found |= {(block.index << BIT) + place for place, offset in both if offset in wanted}
    return found
