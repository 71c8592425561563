"""The command line as a person starts it: the installed script, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

WORKBENCH = Path(sys.executable).with_name("workbench")


def environment(**more: str) -> dict[str, str]:
    """What a new terminal would have: nothing that other tests have set for their engines."""
    own = ("WORKBENCH_", "SPARK_", "PYSPARK_")
    return {n: v for n, v in os.environ.items() if not n.startswith(own)} | more


def workbench(
    *arguments: Any, script: str | None = None, **more: Any
) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end; or a script in its place, which gets its arguments."""
    command = [sys.executable, "-c", script] if script else [str(WORKBENCH)]
    options: dict[str, Any] = {"env": environment(), "timeout": 240} | more
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False, **options
    )


def gone(pid: int, seconds: float = 10) -> bool:
    """Whether a process ends within so many seconds; a zombie has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
