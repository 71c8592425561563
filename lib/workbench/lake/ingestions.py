"""Several ingestions of a table read as one, whatever their schemas.

A field that an ingestion does not have is null there; a kind that has widened is widened in all;
where kinds conflict, all have JSON text. The column `ingestion_date` tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_type

from workbench.engines import may_read, read_folder
from workbench.errors import LakeError, RequestError
from workbench.lake.align import engine_can, in_arrow, in_engine, same
from workbench.lake.lake import Lake
from workbench.lake.opening import lake_at
from workbench.lake.tables import loaded
from workbench.proof import MANIFEST, Manifest
from workbench.schema import (
    EXACT,
    Node,
    arrow_type,
    bounds,
    from_json,
    leaf_nodes,
    merge,
    of_arrow,
    quote,
    settled,
)
from workbench.storage import relay

DATE = "ingestion_date"


@dataclass(frozen=True)
class Ingestion:
    """One partition: its date, its folder, and what stands in each of its columns."""

    day: str
    folder: Path
    nodes: dict[str, Node]
    types: dict[str, pa.DataType]

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))


@dataclass(frozen=True)
class Wanted:
    """A column of all: what stands in it, and its type."""

    node: Node
    type: pa.DataType


def read_together(
    spark: SparkSession, lake: str | Path, table: str, dates: Sequence[str] | None = None
) -> DataFrame:
    """A table (`silver.users`) of some dates, or of all. Grain: that of the table, per date.

    Lazy, but where a path conflicts: those partitions are first written aside in their new types,
    and stay there until the process ends. Raises LakeError for a date that is not there,
    RequestError where there is no session, or its executors may not read the lake.
    """
    if not hasattr(spark, "createDataFrame"):
        raise RequestError(
            f"spark: {type(spark).__name__} is no session of Spark. Make one first, with "
            "session(); read_arrow and read_pandas need none."
        )
    place = lake_at(lake)
    found = seen_by(spark, place, table, ingestions(place, table, dates))
    columns = wanted(found, table)
    frames = [as_frame(spark, place, one, columns) for one in found]
    return reduce(lambda above, below: above.union(below), frames)


def read_arrow(lake: str | Path, table: str, dates: Sequence[str] | None = None) -> pa.Table:
    """The same rows without an engine, in memory: for pandas, Polars, DuckDB."""
    found = ingestions(lake_at(lake), table, dates)
    columns = wanted(found, table)
    schema = pa.schema([*((n, c.type) for n, c in columns.items()), (DATE, pa.date32())])
    batches = []
    for one in found:
        day = pa.scalar(one.day).cast(pa.date32())
        for file in one.files():
            for batch in pq.ParquetFile(file).iter_batches():
                arrays = [*aligned(batch, one, columns), pa.repeat(day, batch.num_rows)]
                batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema)


def read_pandas(lake: str | Path, table: str, dates: Sequence[str] | None = None) -> pd.DataFrame:
    """The same rows as pandas."""
    frame: pd.DataFrame = read_arrow(lake, table, dates).to_pandas()
    return frame


def ingestions(lake: Lake, table: str, dates: Sequence[str] | None) -> list[Ingestion]:
    """The partitions, oldest first; of one date where `dates` is a text."""
    layer, _, name = table.partition(".")
    if not name:
        raise LakeError(f"table: {table!r} has no layer. Name it as silver.users is named.")
    dates = [dates] if isinstance(dates, str) else dates
    days = sorted(set(dates)) if dates is not None else lake.dates(layer, name)
    if not days:
        raise LakeError(f"{table} has no ingestion in the lake {lake.root}. Run the chain first.")
    return [ingestion(lake, layer, name, day) for day in days]


def ingestion(lake: Lake, layer: str, name: str, day: str) -> Ingestion:
    """One partition; what stands in its columns is what its run has recorded, if it has."""
    folder = lake.proved(layer, name, day)
    # Its own: another version may have been published since.
    manifest = loaded(folder / MANIFEST, f"{layer}.{name} of {day}", Manifest)
    return marked(day, folder, from_json(manifest.schema) if manifest.schema else Node("struct"))


def marked(day: str, folder: Path, told: Node) -> Ingestion:
    """What stands in the files of a folder: as it is told, else by their types."""
    schema = pq.read_schema(min(folder.glob("*.parquet")))
    nodes = {f.name: node_of(f.type) for f in schema} | told.fields
    mark_wide(folder, Node("struct", {f.name: nodes[f.name] for f in schema}))
    return Ingestion(day, folder, nodes, {f.name: f.type for f in schema})


def mark_wide(folder: Path, node: Node) -> None:
    """Marks the integers that may be no doubles, by the bounds in the files' own statistics."""
    columns = list(leaf_nodes(node))
    for path in folder.glob("*.parquet"):
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                for at, leaf in enumerate(columns):
                    if leaf.kind == "int" and not leaf.wide:
                        leaf.wide = beyond_doubles(file, number, at)


def beyond_doubles(file: pq.ParquetFile, group: int, at: int) -> bool:
    """Whether a column has integers there of which doubles lose digits.

    Where no bounds are told the values are looked at: what Arrow writes of empty or missing arrays
    tells none, and counts them as values.
    """
    column = file.metadata.row_group(group).column(at)
    found = column.statistics
    if found is not None and found.has_min_max:
        return bool(max(-found.min, found.max) > EXACT)
    if found is not None and not found.num_values:
        return False
    values = file.read_row_group(group, columns=[column.path_in_schema]).column(0)
    return any(leaf_beyond(chunk) for chunk in values.chunks)


def leaf_beyond(array: pa.Array) -> bool:
    """The same of an array, whose only leaf has the integers."""
    while pa.types.is_nested(array.type):
        array = array.flatten()[0] if pa.types.is_struct(array.type) else array.flatten()
    least, greatest = bounds(array)
    return least is not None and bool(max(-least, greatest) > EXACT)


def node_of(kind: pa.DataType) -> Node:
    return Node("int") if pa.types.is_integer(kind) else of_arrow(kind)


def wanted(found: Sequence[Ingestion], table: str) -> dict[str, Wanted]:
    """The columns of all, in order of first appearance."""
    whole = reduce(merge, (Node("struct", one.nodes) for one in found))
    if DATE in whole.fields:
        raise LakeError(
            f"{table} has a field {DATE} of its own, so its ingestions cannot be told apart by "
            "that column. Read one date at a time."
        )
    columns = {}
    for name, merged in whole.fields.items():
        node = settled(merged)
        if node.kind == "text" and not table.startswith("silver."):
            node = Node("string")  # gold is flat: a string stays as it is, without quotes
        types = {one.types[name] for one in found if name in one.types}
        as_it_is = len(types) == 1 and all(same(one.nodes.get(name, node), node) for one in found)
        columns[name] = Wanted(node, types.pop() if as_it_is else arrow_type(node))
    return columns


def seen_by(spark: SparkSession, lake: Lake, table: str, found: list[Ingestion]) -> list[Ingestion]:
    """The partitions, in folders that the engine's machines may read.

    What this process holds of a lake is its owner's alone; executors of another user read the
    lake's own folders, where these are shared. Raises RequestError where they may read neither.
    """
    layer, _, name = table.partition(".")
    own = [replace(one, folder=Path(lake.where(layer, name, one.day))) for one in found]
    for ones in (found, own):
        if ones[0].folder.is_dir() and may_read(spark, ones[0].folder):
            return ones
    where = lake.where(layer, name, found[0].day)
    raise not_seen(where, "publish it with --shared")


def not_seen(where: str | Path, instead: str) -> RequestError:
    return RequestError(
        f"{where}: the engine's machines cannot read it: they do not see it at this path, or work "
        "as a user who may not. Have them work as the user who owns the lake, on a disk that all "
        f"of them mount; or {instead}."
    )


def as_frame(
    spark: SparkSession, lake: Lake, one: Ingestion, columns: dict[str, Wanted]
) -> DataFrame:
    """One partition with the columns of all."""
    lazy = all(engine_can(node, columns[name].node) for name, node in one.nodes.items())
    folder = one.folder if lazy else written_aside(lake, one, columns)
    if not (lazy or may_read(spark, folder)):
        raise not_seen(folder, "have ingestions restated (on_drift=restate)")
    made = []
    for name, column in columns.items():
        value = F.lit(None)
        if name in one.nodes:
            here = F.col(quote(name))
            value = in_engine(here, one.nodes[name], column.node) if lazy else here
        made.append(value.cast(from_arrow_type(column.type)).alias(name))
    return read_folder(spark, folder).select(*made, F.lit(one.day).cast("date").alias(DATE))


def written_aside(lake: Lake, one: Ingestion, columns: dict[str, Wanted]) -> Path:
    """The partition once more, in the types of all; in bounded memory."""
    folder = lake.staging() / "aligned"
    folder.mkdir()
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    for file in one.files():
        with pq.ParquetWriter(folder / file.name, schema, compression="zstd") as writer:
            for batch in pq.ParquetFile(file).iter_batches():
                arrays = aligned(batch, one, columns)
                writer.write_batch(pa.record_batch(arrays, schema=schema))
        relay.hand_over(folder / file.name)
    return folder


def aligned(batch: pa.RecordBatch, one: Ingestion, columns: dict[str, Wanted]) -> list[pa.Array]:
    """The columns of all, of one batch."""
    made = []
    for name, column in columns.items():
        if name not in one.nodes:
            made.append(pa.nulls(batch.num_rows, column.type))
            continue
        array = batch.column(batch.schema.names.index(name))
        made.append(in_arrow(array, one.nodes[name], column.node).cast(column.type))
    return made
