"""Workers that read a dump, forked from one process that has made their imports.

Each is a process of its own, as ever, and has its environment from whoever starts it; it would
take half a second of a processor to make the same imports.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import forkserver, get_context
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.bronze.pool import end_with_parent

IMPORTS = ["pandas", "pyarrow.json", "pyarrow.parquet", "pytest", "workbench.bronze.block"]


@contextmanager
def forked() -> Iterator[None]:
    """The pools of this process have such workers meanwhile."""
    context = get_context("forkserver")
    context.set_forkserver_preload(IMPORTS)
    with pytest.MonkeyPatch.context() as patch:
        ours = SimpleNamespace(get_context=lambda _: context)
        patch.setattr("workbench.bronze.pool.multiprocessing", ours)
        patch.setattr("workbench.bronze.pool.end_with_parent", Begin())
        yield


def renew() -> None:
    """The next ones are forked in the network that this thread is in by then."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


class Begin:
    """What a worker does first, with the environment of the moment in which it is started."""

    def __call__(self, _: int) -> None:
        raise AssertionError("a worker has what this was made into on the way")

    def __reduce__(self) -> tuple[Any, ...]:
        return partial, (begin, dict(os.environ))


def begin(environment: dict[str, str], _: int) -> None:
    os.environ.clear()
    os.environ.update(environment)
    end_with_parent(os.getppid())  # which ends with the tests
