"""Child processes of a run, which end with the block that they are made for."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

PATIENCE = 5  # seconds, until a process that was asked to end is killed


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


def end(process: subprocess.Popen[Any], patience: float = PATIENCE) -> None:
    """Ends a process that lives as long as its standard input is open, by force after a while."""
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
