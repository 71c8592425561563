"""All tests of a mark, side by side: what `make test` and `make test-cloud` run.

Their files lie in memory where there is room and programs may start from there: what tests sync
would wait for a disk, a tenth of all their time. TMPDIR says otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")
ROOM = 8 << 30  # bytes, of which the tests take a part


def has_room(folder: Path) -> bool:
    """Whether a folder is in memory, of which there is enough, and programs may start from it."""
    try:
        free = min(shutil.disk_usage(folder).free, psutil.virtual_memory().available)
        executable = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    except OSError:
        return False
    return free > ROOM and executable and os.access(folder, os.W_OK)


def run(mark: str, checked: bool) -> int:
    """Runs them, with `make check` beside them where it is wanted; zero where all passed."""
    where = None if "TMPDIR" in os.environ or not has_room(MEMORY) else MEMORY
    tests = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-m", mark]
    with tempfile.TemporaryFile("w+") as told:
        check = subprocess.Popen(["make", "check"], stdout=told, stderr=told) if checked else None
        folder = Path(tempfile.mkdtemp(prefix="w", dir=where))  # paths of sockets may not be long
        tests.append(f"--basetemp={folder / 't'}")
        try:
            failed = subprocess.call(tests, env={**os.environ, "TMPDIR": str(folder)})
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if check:
            failed = check.wait() or failed
            told.seek(0)
            print(told.read(), end="")
    return failed


if __name__ == "__main__":
    sys.exit(run(mark=sys.argv[1], checked="--check" in sys.argv))
