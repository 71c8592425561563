"""Scratch folders: for their owner only, gone with their process, swept where it was killed.

What engines spill and what is staged is personal data. A folder is locked for as long as its
process lives: the kernel frees a lock in whatever way its holder ends; a process's number, which
another process may take, would not tell.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workbench.errors import RequestError

START = "workbench-scratch-"
LONGEST = 40  # bytes of a folder's path, so that sockets below it are no longer than systems allow
PIPED = "-"  # what a source is called that was piped in; the file that it is kept in, too
PAUSES = (0.01, 0.05, 0.2, 0)  # seconds after each attempt to remove a folder
_locks: dict[Path, int] = {}


def make(parent: Path, start: str = "") -> Path:
    """A new folder in `parent`, whose name begins with `start`.

    Those that begin so and whose process is no more are removed. The folder goes with `discard`,
    at the latest when the process ends. Raises OSError where `parent` cannot be written.
    """
    sweep(parent, start)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=start, dir=parent))
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another process has swept it at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            break
        os.close(lock)  # another process has swept it before it was locked
    _locks[folder] = lock
    atexit.register(discard, folder)
    return folder


def temporary() -> Path:
    """A new folder where the system keeps such."""
    return made(Path(tempfile.gettempdir()))


def for_sockets() -> Path:
    """A new folder for socket files, whose paths may have some hundred bytes.

    It is in /tmp where the path of the system's own folder is long.
    """
    usual = tempfile.gettempdir()
    return made(Path(usual if len(os.fsencode(usual)) <= LONGEST else "/tmp"))


def made(parent: Path) -> Path:
    """A new folder. Raises RequestError where that is not possible."""
    try:
        return make(parent, START)
    except OSError as error:
        raise RequestError(
            f"No temporary folder can be made: {error.strerror} ({error.filename}). Make room, or "
            "name a folder in TMPDIR."
        ) from error


@contextmanager
def for_now(folder: Path) -> Iterator[Path]:
    """A folder of this process, for the time of a block."""
    try:
        yield folder
    finally:
        discard(folder)


def sweep(parent: Path, start: str = "") -> None:
    """Removes the folders in `parent`, of those that begin with `start`, that no process holds."""
    for folder in parent.iterdir():
        if not folder.name.startswith(start):
            continue
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # no folder, or another user's
            continue
        own = not start or os.fstat(lock).st_uid == os.geteuid()  # where all users have folders
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if own:
                remove(folder)
        os.close(lock)


def sweep_temporary() -> None:
    """Removes what processes of this user that have ended left where the system keeps such."""
    sweep(Path(tempfile.gettempdir()), START)


def discard(folder: Path) -> None:
    """Removes a folder of this process."""
    remove(folder)
    if folder in _locks:
        os.close(_locks.pop(folder))


def remove(folder: Path) -> None:
    """Removes a folder, in which those who worked for its owner may write until they end too."""
    for pause in PAUSES:
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(pause)
