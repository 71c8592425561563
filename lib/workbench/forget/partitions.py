"""A partition without some of its rows: whose they are, and the rest published with its proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.forget.person import Field, Person
from workbench.lake import Lake
from workbench.proof import Contents, Fingerprints, Manifest, as_json, as_they_are, leaves
from workbench.record import stamp

Mask = Callable[[pa.RecordBatch], pa.Array]


def mask_of_raw(person: Person) -> Mask:
    """Which quarantined documents are theirs."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        return pa.array([person.in_text(raw) for raw in batch["raw"].to_pylist()], pa.bool_())

    return mask


def mask_of_columns(fields: Sequence[Field]) -> Mask:
    """Which rows have the key, all of its fields; nested ones by their paths."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        return reduce(pc.and_, (mask_of_column(field, batch) for field in fields))

    return mask


def mask_of_column(field: Field, batch: pa.RecordBatch) -> pa.Array:
    """Which rows have the value at a path."""
    array: pa.Array = batch.to_struct_array()
    for name in field.path:
        array = array.flatten()[[f.name for f in array.type].index(str(name))]
    number = field.number
    if pa.types.is_timestamp(array.type):
        micros = array.cast(pa.timestamp("us", array.type.tz)).cast(pa.int64())
        same = pc.equal(micros, pa.scalar(field.moment, pa.int64()))
    elif pa.types.is_floating(array.type) and number is not None:
        same = pc.equal(array, float(number))
    else:
        whole = pa.types.is_integer(array.type) and number is not None and number % 1 == 0
        written = (str(int(number)),) if number is not None and whole else field.written
        same = pc.is_in(array.cast(pa.string()), pa.array(written))
    return pc.fill_null(same, False)


def unknown_in_raw(person: Person) -> Mask:
    """Of which quarantined documents nobody can tell whose they are."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        return pa.array([person.maybe_in_text(raw) for raw in batch["raw"].to_pylist()], pa.bool_())

    return mask


def either(*masks: Mask) -> Mask:
    """The rows of any of the masks."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        return reduce(pc.or_, (one(batch) for one in masks))

    return mask


def count_of(lake: Lake, layer: str, table: str, day: str, mask: Mask) -> int:
    """How many rows of a partition the mask has."""
    files = lake.partition(layer, table, day).glob("*.parquet")
    batches = (batch for file in files for batch in pq.ParquetFile(file).iter_batches())
    return sum(pc.sum(mask(batch)).as_py() or 0 for batch in batches)


def without(
    lake: Lake,
    layer: str,
    table: str,
    day: str,
    mask: Mask,
    staging: FilePath | None,
    made_from: int | None = None,
) -> int:
    """Publishes the partition without the rows of the mask; returns how many those were.

    Where there are none the partition stays untouched, and so it does without a folder for
    staging. `made_from`: the rows of the table before.
    """
    theirs = count_of(lake, layer, table, day, mask)
    if not theirs or staging is None:
        return theirs
    files = sorted(lake.proved(layer, table, day).glob("*.parquet"))
    staged = staging / f"{layer}.{table}.{day}"
    staged.mkdir()
    left = (rest for file in files for rest in rewritten(file, staged / file.name, mask))
    found = sum((as_they_are(rest.to_struct_array()) for rest in left), Contents())
    kept = rows_in(staged)
    now = stamp(datetime.now(UTC))
    manifest = replace(lake.manifest(layer, table, day), rows=kept, forgotten=now)
    if made_from is not None:
        manifest = replace(manifest, rows_in=made_from)
    if layer != "quarantine":
        manifest = proved(manifest, found.leaves)
    lake.publish(staged, layer, table, day, manifest)
    return theirs


def rewritten(source: FilePath, target: FilePath, mask: Mask) -> Iterator[pa.RecordBatch]:
    """Writes a file without the rows of the mask, and gives what it has written."""
    file = pq.ParquetFile(source)
    with pq.ParquetWriter(target, file.schema_arrow, compression="zstd") as writer:
        for batch in file.iter_batches():
            rest = batch.filter(pc.invert(mask(batch)))
            writer.write_batch(rest)
            yield rest


def proved(manifest: Manifest, found: Fingerprints) -> Manifest:
    """The manifest of a table from which rows were removed, with the proof of what is in it now."""
    there = manifest.leaves_in_table is not None
    return replace(
        manifest,
        leaves=leaves(found),
        leaves_in_table=leaves(found) if there else None,
        fingerprints={"table": as_json(found)},
    )


def rows_in(folder: FilePath) -> int:
    return sum(int(pq.read_metadata(path).num_rows) for path in folder.glob("*.parquet"))
