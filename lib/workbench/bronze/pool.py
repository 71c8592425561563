"""Worker processes, which take tasks one by one and end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import pyarrow as pa

from workbench.bronze.reading import Block, Source
from workbench.kept_memory import OF_ARROW, give_back, keep_freed_memory

AHEAD = 96 << 20  # bytes of the dump that are handed over before they are worked on
SAFE_PATH = "PYTHONSAFEPATH"  # of Python's own: as its option -P
Result = TypeVar("Result")


class Pool:
    """Worker processes that end with their parent; with 0 workers the work is done here."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Pool:
        keep_freed_memory()
        if self.workers:
            with of_nowhere():
                self._pool = ProcessPoolExecutor(
                    self.workers,
                    multiprocessing.get_context("spawn"),
                    initializer=end_with_parent,
                    initargs=(os.getpid(),),
                )
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            let_go_of_tasks(self._pool)
            self._pool.shutdown(cancel_futures=True)
        give_back()

    def keep(self, secret: bytes, folder: Path) -> bytes | Path:
        """What workers are given to have a secret: here, itself."""
        return secret

    def work_for(self, folder: Path) -> None:
        """Tells the workers of the folder that they stage in: here, they see it."""

    def look_at(self, sources: Sequence[Source]) -> None:
        """Finds out which files the workers see: here, all."""

    def within_reach(self, block: Block) -> Block:
        """The block as a worker can read it."""
        return block

    def each(
        self, work: Callable[..., Result], tasks: Iterable[tuple[Any, ...]]
    ) -> Iterator[Result]:
        """The results in the order in which they are done; few tasks are taken in advance."""
        under_way: dict[Future[Result], int] = {}
        for task in tasks:
            if self._pool is None:
                yield work(*task)
                continue
            with of_nowhere():
                future = self._pool.submit(work, *task)
            under_way[future] = weight_of(task)
            while len(under_way) > 2 * self.workers or (
                len(under_way) > 1 and sum(under_way.values()) > AHEAD
            ):
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    del under_way[future]
                    yield future.result()
        for future in under_way:
            yield future.result()


def weight_of(task: tuple[Any, ...]) -> int:
    """The bytes of the dump that travel with a task."""
    return int(getattr(task[0], "weight", 0))


def let_go_of_tasks(pool: Any) -> None:
    """Where a worker was killed, nobody reads the tasks on their way: who writes them must hear so.

    Python before 3.11.5, which Debian 12 has, keeps the reading end of that pipe open, and waits
    for ever for the thread that fills it (github.com/python/cpython/issues/94777).
    """
    if sys.version_info < (3, 11, 5) and pool._broken:
        pool._call_queue._reader.close()


@contextmanager
def of_nowhere() -> Iterator[None]:
    """Processes that are started meanwhile run neither the caller's script nor what lies beside it.

    They import what they work with by its name; a plain script has no `if __name__ == "__main__"`
    before what it does, and each worker would begin with all of it. Python begins a process with a
    line of code, which would look for modules in the current folder first, where others may write.
    """
    main, names = sys.modules["__main__"], (SAFE_PATH, *OF_ARROW)
    given = {name: os.environ[name] for name in names if name in os.environ}
    sys.modules["__main__"] = ModuleType("__main__")
    os.environ |= OF_ARROW | given | {SAFE_PATH: "1"}
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name in names:
            del os.environ[name]
        os.environ |= given


def end_with_parent(parent: int) -> None:
    """A worker whose parent was killed would wait for work for ever."""
    pa.set_cpu_count(1)
    keep_freed_memory()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
