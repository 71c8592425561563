"""The work of a pass, done by the executors of a cluster in the place of worker processes.

Tasks go out in waves, each one job, and many of them in one part of a wave, so that the number of
jobs does not grow with that of the tasks. The first wave is small: what it learns of the documents,
the others begin with. Tasks that have text of the dump with them go out a few at a time.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from workbench.bronze.pool import weight_of
from workbench.bronze.reading import Block, Source
from workbench.engines import (
    Told,
    executors_failed,
    forget_secret,
    give_access,
    send_library,
    tell_secret,
    use_access,
)
from workbench.errors import WorkbenchError
from workbench.kept_memory import keep_freed_memory
from workbench.storage import place_of, relay, scheme_of

Result = TypeVar("Result")
MOST = 1 << 13  # tasks of one job: 128 GB of blocks, and some 30 MB of what they find
CARRIED = 64 << 20  # bytes of the dump in one wave, for each core
PARTS = 4  # of a wave, for each core: some are done sooner than others


class ClusterPool:
    """What `Pool` is, on the executors of a session."""

    def __init__(self, spark: Any) -> None:
        self.spark = spark
        self.secret: Path | Told | None = None
        self.store: Told | None = None

    def work_for(self, folder: Path) -> None:
        """Makes executors able to ask the store, where what they stage goes there."""
        if relay.passed_on(folder):
            self.ask_store()

    def ask_store(self) -> None:
        self.store = give_access(self.spark)

    def look_at(self, sources: Sequence[Source]) -> None:
        """Finds out which files all executors see; those of others are read here, for them.

        Of a bucket one file is looked at.
        """
        marks = {source.file: source.mark for source in sources}
        if any(map(scheme_of, marks)):
            self.ask_store()
        stands_for = {seen_with(file): file for file in reversed(marks)}
        looks: list[tuple[Any, ...]] = [([*stands_for.values()],)] * (PARTS * self.cores)
        looked = list(self.results(marks_of, looks))
        unseen = {
            seen_with(file)
            for file in stands_for.values()
            if any(there[file] != mark_told(marks[file]) for there in looked)
        }
        self.unseen = {file for file in marks if seen_with(file) in unseen}

    def within_reach(self, block: Block) -> Block:
        """The block, with its text where the executors do not see its file."""
        if block.payload is not None or block.source.file not in self.unseen:
            return block
        text = place_of(block.source.path).read(block.start, block.end)
        return replace(block, payload=text)

    def __enter__(self) -> ClusterPool:
        send_library(self.spark)
        self.cores = cores(self.spark)
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self.secret, Path):
            self.secret.unlink(missing_ok=True)
        elif self.secret:
            forget_secret(self.spark, self.secret)

    def keep(self, secret: bytes, folder: Path) -> bytes | Path | Told:
        """A file of a shared folder, for its owner only, that has the secret for now.

        Executors read it there; in a task it would pass through the engine, its logs, its disks.
        Where no folder is shared they are told of it.
        """
        if secret and relay.passed_on(folder):
            self.secret = tell_secret(self.spark, secret)
        elif secret:
            self.secret = file = folder / "secret"
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(handle, "wb") as out:
                out.write(secret)
        return self.secret or secret

    def each(
        self, work: Callable[..., Result], tasks: Iterable[tuple[Any, ...]]
    ) -> Iterator[Result]:
        """The results; the tasks of a wave are all taken before the first of its results."""
        left = iter(tasks)
        most = 2 * self.cores
        while wave := list(islice(within(left, CARRIED * self.cores), most)):
            yield from self.results(work, wave)
            most = MOST

    def results(self, work: Callable[..., Result], wave: list[tuple[Any, ...]]) -> Iterator[Result]:
        """What becomes of some tasks: one job. Raises what the first that failed raised."""
        if self.store:
            self.ask_store()  # keys may have been renewed since
        number = min(len(wave), PARTS * self.cores)
        parts = [pickle.dumps((self.store, work, wave[at::number])) for at in range(number)]
        frame = self.spark.createDataFrame([(bytearray(part),) for part in parts], "part binary")
        try:
            rows = frame.mapInArrow(carried_out, "done binary").collect()
        except Exception as error:
            raise executors_failed("do their part of reading the dump", error) from error
        for row in rows:
            done, wrong = pickle.loads(row[0])
            yield from done
            if wrong is not None:
                raise wrong


def marks_of(files: Sequence[str]) -> dict[str, str]:
    """On an executor: what it sees of some files; nothing of those that it does not."""
    found = dict.fromkeys(files, "")
    for file in files:
        # Whatever keeps it from there (no such file, no way to the store), it is read elsewhere.
        with suppress(Exception):
            found[file] = mark_told(place_of(file).mark())
    return found


def seen_with(file: str) -> str:
    """What one file is seen with: on a store all of a bucket, here it alone."""
    return "/".join(file.split("/")[:3]) if scheme_of(file) else file


def mark_told(mark: str) -> str:
    """What is the same of a file on each machine that has its disk: its bytes and its time."""
    return " ".join(mark.split()[-2:])


def within(tasks: Iterator[tuple[Any, ...]], most: int) -> Iterator[tuple[Any, ...]]:
    """Tasks as long as what they have of the dump is fewer bytes than that."""
    weight = 0
    for task in tasks:
        yield task
        weight += weight_of(task)
        if weight > most:
            return


def cores(spark: Any) -> int:
    """How many tasks the engine does at once: as many parts it makes of what has no size."""
    from pyspark.sql import functions as F

    rows = spark.range(1 << 16).select(F.monotonically_increasing_id().alias("place"))
    first = F.col("place").bitwiseAND(F.lit((1 << 33) - 1)) == 0  # of each part
    return len(rows.where(first).collect())


def carried_out(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """On an executor: the results of each part, and the error that ended it."""
    prepared()
    for batch in batches:
        for part in batch.column(0):
            done = pa.array([done_of(part.as_py())], pa.binary())
            yield pa.record_batch([done], names=["done"])


def done_of(part: bytes) -> bytes:
    """What is wrong with the dump is told as it is; all else the engine tries again elsewhere."""
    store, work, tasks = pickle.loads(part)
    if store:
        use_access(store)
    done: list[Any] = []
    try:
        for task in tasks:
            done.append(work(*task))
            relay.emptied()
    except WorkbenchError as error:
        return pickle.dumps((done, error))
    return pickle.dumps((done, None))


@cache
def prepared() -> None:
    """As the worker processes of this machine are."""
    pa.set_cpu_count(1)
    keep_freed_memory()
