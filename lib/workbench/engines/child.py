"""Child processes of a run, which end with the block that they are made for."""

from __future__ import annotations

import subprocess
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from workbench.errors import EngineError

PATIENCE = 5  # seconds, until a process that was asked to end is killed
THREADS = 96  # that a run starts, with all of its processes, on two processors: seen were 89
STACK = 1 << 16  # bytes, the least that some systems take; addresses may be limited too


class Child(ABC):
    """A process with a scratch folder."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @abstractmethod
    def stop(self) -> None:
        """Ends the process and discards its folder."""


def check_threads() -> None:
    """Raises EngineError where this user may not have the threads that a run will start.

    Libraries end the process where they get none, in words of their own or without any.
    """
    done, started = threading.Event(), list[threading.Thread]()
    size = threading.stack_size(STACK)
    try:
        for _ in range(THREADS):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise EngineError(
            f"You may have too few processes here: {len(started)} threads more could be started, "
            f"and the engine and notebooks need some {THREADS}. Raise that limit (`ulimit -u`, or "
            "that of a container), or end other processes of yours."
        ) from error
    finally:
        threading.stack_size(size)
        done.set()
        for thread in started:
            thread.join()


def end(process: subprocess.Popen[Any], patience: float = PATIENCE) -> None:
    """Ends a process that lives as long as its standard input is open, by force after a while."""
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
