"""Tables that executors read and write: in folders of files, or from a store, by themselves.

On a store their Python does both, with boto3 as the rest of the library: a cluster needs no jar of
S3's, no setting and no key of its own, and it is the same on a Connect server. A file has a name
that no other try of its task has; what counts is what the tasks that ended well have told.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.columns import by_connect
from workbench.engines.cluster import executors_failed, send_library, send_packages
from workbench.engines.elsewhere import on_a_cluster
from workbench.engines.packages import unpacked
from workbench.engines.sail import ROWS_OF_GROUP
from workbench.engines.told import Told, ask_as_told, tell_store
from workbench.storage import Found, Store, neighbours, place_of, relay, scratch, store_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LITTLE = 4 << 20  # bytes of a table that one task reads
PART = 256 << 20  # bytes of files that one task reads, and writes as one
FILE = 448 << 20  # bytes of a file, after which the next is begun
GROUP = 64 << 20  # bytes of rows, in memory, that are written together
BATCH = 16 << 20  # bytes of rows that go to the engine at once
ROWS = 1000  # that come from the engine at once: some may be large
WHOLE = 32 << 20  # bytes of a file that is read in one request
HELD = 64 << 20  # bytes of such files that a worker keeps, for the next question about a table
BUFFER = 8 << 20
# As Sail writes: Spark's own values take a twentieth more of all processor time for larger files.
OF_SPARK = {
    "parquet.compression.codec.zstd.level": "1",
    "parquet.dictionary.page.size": str(128 << 10),
}
Batches = Iterable[pa.RecordBatch]


def read_folder(spark: SparkSession, folder: Path) -> DataFrame:
    """The rows of a folder of Parquet files, all of one schema.

    Executors that do not see it read those that stand on the store in its place.
    """
    place = relay.passed_on(folder) if on_a_cluster() else None
    if place is not None:
        return read_store(spark, place, copy=folder if relay.is_whole(folder) else None)
    if by_connect(spark) and on_a_cluster() is None:  # Sail finds schemas by itself, without a job
        return spark.read.parquet(str(folder))
    return read_files(spark, folder)


def may_read(spark: SparkSession, folder: Path) -> bool:
    """Whether the engine's machines find the files of a folder, and may read them.

    Engines on this machine do. Others are asked in one job, which reads the end of a file.
    """
    if not by_connect(spark) and str(spark.sparkContext.master).startswith("local"):
        return True
    try:
        read_folder(spark, folder).limit(1).count()
    except Exception:  # each engine and file system says it in words of its own
        return False
    return True


def read_files(spark: SparkSession, folder: Path) -> DataFrame:
    """The rows of a folder to Apache Spark, which starts no job to find their schema.

    A little table is one part, so that what is grouped or sorted is not sent around for that: one
    job with one task, where there would be two or three jobs.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    files = sorted(folder.glob("*.parquet"))
    rows = spark.read.schema(from_arrow_schema(pq.read_schema(files[0]))).parquet(str(folder))
    return rows.coalesce(1) if sum(file.stat().st_size for file in files) <= LITTLE else rows


def write_folder(df: DataFrame, folder: Path, row_size: float = 0) -> None:
    """The rows as Parquet files of a folder, which are here afterwards, wherever it stands too.

    `row_size`: bytes of a row, roughly, where that is known; large ones are written a few at once.
    """
    rows = max(1, int(GROUP / row_size)) if row_size else ROWS_OF_GROUP
    place = relay.passed_on(folder) if on_a_cluster() else None
    if place is None:
        written_by_engine(df, folder, rows)
        return
    write_store(df, place, rows=rows)
    folder.mkdir(exist_ok=True)
    relay.brought(folder)


def written_by_engine(df: DataFrame, folder: Path, rows: int) -> None:
    """Raises EngineError where the executors of a cluster could not."""
    writer = df.write.options(**OF_SPARK)
    if rows < ROWS_OF_GROUP:
        writer = writer.options(**for_large_rows(rows))
    try:
        writer.parquet(str(folder), compression="zstd")
    except Exception as error:
        if on_a_cluster() is None:
            raise
        raise executors_failed("write a table", error) from error


def for_large_rows(rows: int) -> dict[str, str]:
    """Options to an engine's writer that has room for so many rows, each in its own way.

    Sail counts the rows of a group, looks at how much it has of a page after some, and would keep
    sixteen batches for each of four files; Spark looks at groups and pages after some.
    """
    often, seldom = str(min(rows, 100)), str(min(rows, 10_000))
    return {
        "max_row_group_size": str(rows),
        "write_batch_size": str(min(rows, 1024)),
        "maximum_buffered_record_batches_per_stream": "1",
        "maximum_parallel_row_group_writers": "1",
        "parquet.block.size": str(GROUP),
        "parquet.block.size.row.check.min": often,
        "parquet.block.size.row.check.max": seldom,
        "parquet.page.size.row.check.min": often,
        "parquet.page.size.row.check.max": seldom,
    }


def give_access(spark: SparkSession) -> Told:
    """Executors can work on the store, from now on, as this process does, by what is returned."""
    send_library(spark)
    send_packages(spark)
    return tell_store(spark)


def use_access(told: Told) -> None:
    """On an executor: it can."""
    unpacked()
    if ask_as_told(told):
        _held.clear()


def read_store(
    spark: SparkSession, place: Store, part: int = PART, copy: Path | None = None
) -> DataFrame:
    """The rows of the Parquet files right below a place, some files in a task.

    `copy` has the same files, where these never change: then nothing is asked here, and workers
    keep what they have read, for a notebook asks a table again and again.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    told = give_access(spark)
    found = files_of(place) if copy is None else copied(place, copy)
    groups = list(neighbours(found, lambda one: one.size, part))
    first = source_of(found[0]) if copy is None else min(copy.glob("*.parquet"))
    schema = from_arrow_schema(pq.read_schema(first))
    numbers = spark.range(0, len(groups), 1, len(groups))
    return numbers.mapInArrow(partial(rows_of, told, groups, copy is not None), schema)


def files_of(place: Store) -> list[Found]:
    found = (file for file in place.files() if file.address.endswith(".parquet"))
    return sorted(found, key=lambda file: file.address)


def copied(place: Store, copy: Path) -> list[Found]:
    files = sorted(copy.glob("*.parquet"))
    return [Found(str(place.join(file.name)), file.stat().st_size) for file in files]


def rows_of(
    told: Told, groups: Sequence[Sequence[Found]], keeps: bool, batches: Batches
) -> Iterator[pa.RecordBatch]:
    """On an executor: the rows of the files of some groups."""
    use_access(told)
    for batch in batches:
        for number in batch.column(0).to_pylist():
            for file in groups[number]:
                yield from rows_in(file, keeps)


def rows_in(found: Found, keeps: bool) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(source_of(found, keeps), pre_buffer=True) as file:
        for group in range(file.num_row_groups):
            told = file.metadata.row_group(group)
            rows = BATCH * told.num_rows // max(told.total_byte_size, 1)
            yield from file.iter_batches(max(1, min(rows, 10_000)), row_groups=[group])


def source_of(file: Found, keeps: bool = False) -> Any:
    """What Arrow reads a file from: its bytes, or ranges of them."""
    if file.size > WHOLE:
        return pa.PythonFile(place_of(file.address).open(BUFFER), mode="r")
    return pa.BufferReader(held(file) if keeps else place_of(file.address).read())


_held: dict[str, bytes] = {}


def held(file: Found) -> bytes:
    """The bytes of a file that never changes, read once while there is room for it."""
    data = _held.pop(file.address, None)
    data = place_of(file.address).read() if data is None else data
    _held[file.address] = data  # what was asked last goes last
    while sum(map(len, _held.values())) > HELD:
        del _held[next(iter(_held))]
    return data


def write_store(df: DataFrame, place: Store, size: int = FILE, rows: int = ROWS) -> None:
    """The rows as Parquet files right below a place, where there are none.

    Files of tasks that were tried again, or of two tries at once, are removed. Raises EngineError.
    """
    spark, numbered = df.sparkSession, df.toDF(*[f"c{n}" for n in range(len(df.columns))])
    write = partial(written, give_access(spark), str(place), size, df.columns)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(min(rows, ROWS)))
    try:
        names = {str(row[0]) for row in numbered.mapInArrow(write, "name string").collect()}
    except Exception as error:
        raise executors_failed("write a table", error) from error
    place.remove([f.address for f in place.files() if f.address.rsplit("/", 1)[-1] not in names])
    if not names:
        from workbench.schema import spark_to_arrow

        schema = pa.schema([(f.name, spark_to_arrow(f.dataType)) for f in df.schema])
        empty = pa.BufferOutputStream()
        pq.write_table(schema.empty_table(), empty, compression="zstd")
        place.join("part-00000.parquet").write(empty.getvalue().to_pybytes())


def written(
    told: Told, place: str, size: int, names: Sequence[str], batches: Batches
) -> Iterator[pa.RecordBatch]:
    """On an executor: the rows of a part as files; the name of each that is there, whole.

    The columns come numbered, for PySpark takes a name with a dot for a path.
    """
    use_access(told)
    named = (pa.RecordBatch.from_arrays(one.columns, names=[*names]) for one in batches)
    left = joined(named, GROUP)
    with scratch.for_now(scratch.temporary()) as folder:
        while (rows := next(left, None)) is not None:
            file = folder / f"part-{secrets.token_hex(8)}.parquet"
            with pq.ParquetWriter(file, rows.schema, compression="zstd") as writer:
                writer.write_table(rows)
                while file.stat().st_size < size and (rows := next(left, None)) is not None:
                    writer.write_table(rows)
            store_of(place).join(file.name).upload(file)
            file.unlink()
            yield pa.record_batch([pa.array([file.name])], names=["name"])


def joined(batches: Iterator[pa.RecordBatch], most: int) -> Iterator[pa.Table]:
    """The rows in tables of so many bytes, or a little more."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
        if sum(one.nbytes for one in held) >= most:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)
