"""How a command ends before it is done: by a signal, or because its output cannot be written."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from workbench.errors import OutputLost

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TIDYING = 10  # seconds in which a second Ctrl-C means the same as the first


def interrupt_on_signals() -> None:
    """Ctrl-C, a polite kill and a terminal that is closed raise KeyboardInterrupt, once.

    Another shortly after it would disturb the tidying up. What is ignored already (by `nohup`,
    say) stays so.
    """
    asked = -math.inf

    def interrupt(*_: object) -> None:
        nonlocal asked
        if time.monotonic() - asked > TIDYING:
            asked = time.monotonic()
            raise KeyboardInterrupt

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


@contextmanager
def checked_output() -> Iterator[None]:
    """Within it, and at its end, what cannot be written to standard output raises OutputLost."""
    if sys.stdout is None:  # closed by whoever started the process
        yield
        return
    checked: Any = Checked(sys.stdout)
    with redirect_stdout(checked):
        yield
        checked.flush()


class Checked:
    """A stream that tells a closed pipe or a full disk in words, once; then it is silent."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._or_lost():
            return int(self._stream.write(text))

    def flush(self) -> None:
        with self._or_lost():
            self._stream.flush()

    @contextmanager
    def _or_lost(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # Else the interpreter would try again at its end, and complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            raise OutputLost(
                f"The output cannot be written ({error.strerror}), so this stopped. Run it again "
                "with its output to a terminal, or to a file on a disk with room."
            ) from error
