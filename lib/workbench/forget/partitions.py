"""A partition without some of its rows: whose they are, and the rest published with its proof."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path as FilePath
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.forget.person import Field, Person
from workbench.lake import Lake
from workbench.proof import Contents, Fingerprints, Manifest, as_json, as_they_are, leaves
from workbench.record import stamp
from workbench.storage import place_of, scheme_of, stamped

Facts = TypeVar("Facts", bound=Manifest)


@dataclass(frozen=True)
class Mask:
    """Which rows are meant, told from some columns of theirs."""

    columns: frozenset[str]
    told: Callable[[pa.RecordBatch], pa.Array]

    def __call__(self, batch: pa.RecordBatch) -> pa.Array:
        return self.told(batch)


NOBODY = Mask(
    frozenset(), lambda batch: pa.nulls(batch.num_rows, pa.bool_()).fill_null(False)
)  # of a table without the path: another date has it


def mask_of_raw(person: Person) -> Mask:
    """Which quarantined documents are theirs."""
    return mask_of_texts(person.in_text)


def mask_of_texts(tells: Callable[[str], bool]) -> Mask:
    def mask(batch: pa.RecordBatch) -> pa.Array:
        return pa.array([tells(raw) for raw in batch["raw"].to_pylist()], pa.bool_())

    return Mask(frozenset({"raw"}), mask)


def mask_of_columns(fields: Sequence[Field]) -> Mask:
    """Which rows have the key, all of its fields; nested ones by their paths."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        return reduce(pc.and_, (mask_of_column(field, batch) for field in fields))

    return Mask(frozenset(str(field.path[0]) for field in fields), mask)


def unknown_in_columns(fields: Sequence[Field]) -> Mask:
    """Of which rows nobody can tell whether they have the key: a field of it is null there."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        missing = [values_at(field, batch).is_null() for field in fields]
        same = [mask_of_column(field, batch) for field in fields]
        may_be = reduce(pc.and_, map(pc.or_, missing, same))
        return pc.and_(reduce(pc.or_, missing), may_be)

    return Mask(frozenset(str(field.path[0]) for field in fields), mask)


def values_at(field: Field, batch: pa.RecordBatch) -> pa.Array:
    """The values at a path, null where there is none."""
    array: pa.Array = batch.to_struct_array()
    for name in field.path:
        array = array.flatten()[[f.name for f in array.type].index(str(name))]
    return array


def mask_of_column(field: Field, batch: pa.RecordBatch) -> pa.Array:
    """Which rows have the value at a path."""
    array, number = values_at(field, batch), field.number
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
    return mask_of_texts(person.maybe_in_text)


def either(*masks: Mask) -> Mask:
    """The rows of any of the masks."""

    def mask(batch: pa.RecordBatch) -> pa.Array:
        return reduce(pc.or_, (one(batch) for one in masks))

    return Mask(frozenset().union(*(one.columns for one in masks)), mask)


def count_of(lake: Lake, layer: str, table: str, day: str, mask: Mask) -> int:
    """How many rows of a partition the mask has."""
    if not mask.columns:
        return 0
    return count_in(batches(lake, layer, table, day, mask.columns), mask)


def count_in(rows: Iterable[pa.RecordBatch], mask: Mask) -> int:
    """How many of some rows the mask has."""
    return sum(pc.sum(mask(batch)).as_py() or 0 for batch in rows)


def batches(
    lake: Lake, layer: str, table: str, day: str, columns: Collection[str]
) -> Iterator[pa.RecordBatch]:
    """Some columns of a partition, read where it stands: of one on a store, only their bytes."""
    for address in lake.files(layer, table, day):
        with opened(address) as file:
            yield from file.iter_batches(columns=list(columns))


@contextmanager
def opened(address: str) -> Iterator[pq.ParquetFile]:
    """A Parquet file, here or on a store."""
    with ExitStack() as stack:
        elsewhere = scheme_of(address)
        file = stack.enter_context(place_of(address).open()) if elsewhere else address
        yield stack.enter_context(pq.ParquetFile(file))


def without(
    lake: Lake,
    layer: str,
    table: str,
    day: str,
    mask: Mask,
    staging: FilePath | None,
    kind: type[Facts],
    facts: Callable[[Facts], Facts] = lambda manifest: manifest,
) -> int:
    """Publishes the partition without the rows of the mask; returns how many those were.

    Where there are none the partition stays untouched, and so it does without a folder for
    staging. `facts` gives the manifest, in which the rows are counted again, what else changes.
    """
    theirs = count_of(lake, layer, table, day, mask)
    if not theirs or staging is None:
        return theirs
    files = sorted(lake.proved(layer, table, day).glob("*.parquet"))
    staged = staging / f"{layer}.{table}.{day}"
    staged.mkdir()
    left = (
        rest for file in files for rest in rewritten(file, staged / f"{stamped()}.parquet", mask)
    )
    found = sum((as_they_are(rest.to_struct_array()) for rest in left), Contents())
    kept = rows_in(staged)
    now = stamp(datetime.now(UTC))
    told = lake.manifest(layer, table, day, kind)
    manifest: Manifest = facts(replace(told, rows=kept, forgotten=now))
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
    return sum(rows_of(str(path)) for path in folder.glob("*.parquet"))


def rows_of(address: str) -> int:
    with opened(address) as file:
        return int(file.metadata.num_rows)
