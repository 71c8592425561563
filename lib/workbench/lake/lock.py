"""The right to publish: one run at a time. The kernel frees it when its holder dies, in any way."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO

from workbench.errors import LakeError
from workbench.storage import alive

LOCK_HELD = "WORKBENCH_LOCK_HELD"


def take(file: IO[str], root: str, wait_seconds: float) -> None:
    """Takes the lock of a lake. Raises LakeError, naming who has it, where it is not free then."""
    give_up = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() >= give_up:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise LakeError(
                    f"The lake {root} is in use by another run (process {holder}). "
                    "Wait until it ends, or stop it, and run again."
                ) from error
            time.sleep(0.2)
        else:
            return


def held_for(root: str) -> bool:
    """Whether a run that has the lock started this process. Raises LakeError if it has ended."""
    holder, _, held = os.environ.get(LOCK_HELD, "").partition(" ")
    if held != root:
        return False
    if not alive(int(holder)):
        raise LakeError(
            f"The run (process {holder}) that this is a part of has ended, and another may "
            "be at work. Nothing was published. Run again."
        )
    return True


def holding(root: str) -> AbstractContextManager[None]:
    """Tells the notebooks of this run that it has the lock."""
    return telling(LOCK_HELD, f"{os.getpid()} {root}")


@contextmanager
def telling(variable: str, holder: str) -> Iterator[None]:
    """Tells the notebooks of this run who may publish; what was told before is told afterwards."""
    outer = os.environ.get(variable)
    os.environ[variable] = holder
    try:
        yield
    finally:
        del os.environ[variable]
        if outer is not None:
            os.environ[variable] = outer
