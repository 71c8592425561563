"""Spark's classes as a JVM has them once they are loaded and checked, for the JVMs of all tests.

Each would load ten thousand of them from its jars, for some four seconds of a processor. The
Makefile makes the file once, by `python -m support.spark_classes`; a JVM that is another than the
one which made it, or has other jars, leaves it alone, and so does every test where there is none.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from support.chain import odd_dump, run_chain
from workbench.engines import keep_conf, local_environment
from workbench.session import session

ARCHIVE = Path(sys.prefix) / "spark.jsa"
QUICK = "-XX:TieredStopAtLevel=1"  # small jobs are over before the JVM's second compiler pays


def java_options() -> str:
    """What `java` reads in JDK_JAVA_OPTIONS."""
    if not (ARCHIVE.exists() and ARCHIVE.stat().st_size):
        return QUICK
    silent = "-Xlog:disable -Xlog:all=error:stderr"  # of an archive that is not for this JVM
    return f"{QUICK} -XX:SharedArchiveFile={ARCHIVE} -Xshare:auto {silent}"


def make(archive: Path) -> None:
    """Has a JVM do what the chain does, and keep its classes as it ends."""
    home = Path(local_environment()["JAVA_HOME"])
    if not (home / "lib/server/classes.jsa").exists():  # of Java's own: the wheel has none
        subprocess.run([home / "bin/java", "-Xshare:dump", "-Xlog:disable"], check=False)
    part = archive.with_suffix(".part")
    part.unlink(missing_ok=True)
    keep = f"{QUICK} -Xlog:disable -XX:ArchiveClassesAtExit={part}"
    keep_conf([f"spark.driver.defaultJavaOptions={keep}"])
    with tempfile.TemporaryDirectory() as folder:
        spark = session("spark")
        run_chain(spark, odd_dump(Path(folder)), Path(folder) / "lake")
        gateway: Any = spark.sparkContext._gateway
        spark.stop()
    gateway.proc.stdin.close()
    gateway.proc.wait()
    part.touch()  # where this Java cannot
    part.replace(archive)


if __name__ == "__main__":
    make(ARCHIVE)
