"""How a command ends before it is done: by a signal, or because its output cannot be written."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from workbench.errors import OutputLost
from workbench.visible import visible

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
    """Within it what is printed is shown, not executed, and in the letters that the terminal has.

    What cannot be written to standard output, there or at the end, raises OutputLost.
    """
    checked: Any = None
    with ExitStack() as stack:
        if sys.stdout is not None:  # else it was closed by whoever started the process
            checked = Checked(lenient(sys.stdout))
            stack.enter_context(redirect_stdout(checked))
        if sys.stderr is not None:
            shown: Any = Shown(lenient(sys.stderr))
            stack.enter_context(redirect_stderr(shown))
        yield
        if checked is not None:
            checked.flush()


def lenient(stream: Any) -> Any:
    """A stream that writes out the letters which its terminal does not have."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream


class Shown:
    """A stream of which a terminal obeys nothing; `as_it_is` is for what draws on terminals."""

    def __init__(self, stream: Any) -> None:
        self.as_it_is = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.as_it_is, name)

    def write(self, text: str) -> int:
        self.as_it_is.write(visible(text))
        return len(text)


class Checked(Shown):
    """Such a stream that tells a closed pipe or a full disk in words, once; then it is silent."""

    def __init__(self, stream: Any) -> None:
        super().__init__(Loud(stream))


class Loud:
    """A stream whose errors are told in words."""

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
