"""Which engines work on other machines, how they are started, and whether this process has one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_MODE = "SPARK_CONNECT_MODE_ENABLED"  # by which PySpark's functions know their engine
SESSION_VARIABLE = "WORKBENCH_CONNECT_SESSION"  # of a run, on a server that works elsewhere
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # As many tasks as there are data for, not as there are cores.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    # A part of a table that is read is a file of the one that is written.
    "spark.sql.files.maxPartitionBytes": str(256 << 20),
    # Two executors of one host's name may still have disks of their own, as containers have.
    "spark.shuffle.readHostLocalDisk": "false",
}


def is_cluster(engine: str) -> bool:
    """Whether an engine is the address of one that works elsewhere."""
    return engine == "yarn" or "://" in engine


def cluster_settings(master: str) -> dict[str, str]:
    """What an application on a cluster is started with."""
    if host_of(master) not in LOOPBACK:
        return SETTINGS
    own = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return SETTINGS | own


def host_of(master: str) -> str | None:
    """The machine of a cluster's first master; None where the address names none."""
    return urlparse(master.split(",")[0]).hostname


_session: list[SparkSession] = []


def work_on(spark: SparkSession | None) -> None:
    """Notes the session that this process has asked for by a cluster's address, if it has."""
    _session[:] = [spark] if spark is not None else []


def on_a_cluster() -> SparkSession | None:
    """The session of this process, where it works on a cluster and is the active one."""
    for spark in _session:
        kind: Any = type(spark)
        connected = "connect" in kind.__module__
        if connected == (CONNECT_MODE in os.environ):
            return spark if not connected or kind._default_session is spark else None
    return None
