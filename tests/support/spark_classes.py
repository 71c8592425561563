"""Spark's classes as its JVMs have them once they are loaded, kept before the first test.

The Makefile has it done once, by `python -m support.spark_classes`: no test's run waits for it
then, and servers that tests start by themselves take them too.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from support.chain import odd_dump, run_chain
from workbench.engines import keep_conf, local_environment
from workbench.engines.spark_classes import keep, kept_at_exit, made_ready, taken
from workbench.session import session

# Small jobs are over before the second compiler pays, and a collector beside them. All code of many
# tests has room; without it, what is old is looked for and compiled anew.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256m"


def java_options() -> str:
    """What `java` reads in JDK_JAVA_OPTIONS."""
    return f"{QUICK} {taken(local_environment()['JAVA_HOME'])}".strip()


def make() -> None:
    """Has a JVM do what the chain does, and keep its classes as it ends, unless they are kept."""
    java = local_environment()["JAVA_HOME"]
    if not made_ready(java):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keep_conf([f"spark.driver.defaultJavaOptions={QUICK} {kept_at_exit(folder)}"])
        spark = session("spark")
        run_chain(spark, odd_dump(folder), folder / "lake")
        gateway: Any = spark.sparkContext._gateway
        spark.stop()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        keep(folder, java)


if __name__ == "__main__":
    make()
