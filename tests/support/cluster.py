"""A standalone cluster of Apache Spark: a master and two workers, in a network of their own.

Each worker has a file system of its own beside what is shared: one folder of this machine is empty
for it. Its Python has pyspark, pandas and pyarrow, and nothing else. Nobody beyond the process that
started it reaches its ports, and that only meanwhile. All of this takes root.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pyspark

from support.processes import LIMIT
from support.workers import renew
from workbench.engines.private import NEW_NETWORK, leave_network
from workbench.engines.spark import java_home

HOME = Path(pyspark.__file__).parent
SITE = HOME.parent
PYTHON = "pyspark py4j pandas pandas.libs pyarrow numpy numpy.libs dateutil pytz six.py tzdata"
CONNECT = "org.apache.spark:spark-connect_2.12:3.5.5"
MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
SMALL = {
    "spark.executor.memory": "600m",
    "spark.executor.cores": "1",
    "spark.cores.max": "2",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
}


@dataclass(frozen=True)
class Cluster:
    """Its address; what a driver needs to know; the folder that no worker sees; the workers.

    `tight` is a file system of a megabyte that all of them see. `start` adds another worker.
    """

    address: str
    environment: dict[str, str]
    private: Path
    shared: Path
    tight: Path
    workers: list[subprocess.Popen[bytes]]
    start: Callable[[], None]

    def executors(self) -> list[psutil.Process]:
        """The JVMs that do the work of applications."""
        found = []
        for process in (c for one in self.workers for c in psutil.Process(one.pid).children(True)):
            with suppress(psutil.NoSuchProcess):  # those of applications that have ended
                if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline()):
                    found.append(process)
        return found


@contextmanager
def own_network() -> Iterator[None]:
    """A network where only loopback is, for this thread and what it starts meanwhile."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    assert not leave_network()
    renew()
    try:
        yield
    finally:
        renew()
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.setns(before, NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        os.close(before)


def bare_python(folder: Path, without: str = "") -> Path:
    """A Python with the packages that executors need, but for one."""
    site = folder / f"site{without}"
    site.mkdir()
    for name in PYTHON.split():
        if (SITE / name).exists() and name != without:
            (site / name).symlink_to(SITE / name)
    python = folder / f"python{without}"
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{site}" exec {base} -S "$@"\n')
    python.chmod(0o755)
    return python


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Runs until the block ends; `folder` takes what it needs, and what is shared."""
    private, shared, tight = folder / "private", folder / "shared", folder / "tight"
    for made in (private, shared, tight):
        made.mkdir()
    settings = {
        "SPARK_HOME": str(HOME),
        "JAVA_HOME": java_home(),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
    }
    with ExitStack() as stack:
        stack.enter_context(own_network())
        stack.enter_context(small_disk(tight, "1m"))  # before the workers part
        log = folder / "master.log"
        started = [MASTER, "--host", "127.0.0.1", "--port", "7077", "--webui-port", "0"]
        stack.enter_context(running(started, log, settings))
        address = said(log, r"Starting Spark master at (spark://\S+)")
        workers: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            own = folder / f"worker{len([*folder.glob('worker?')])}"
            log = own.with_suffix(".log")
            own.mkdir()
            started = [WORKER, "--host", "127.0.0.1", "--webui-port", "0", "--cores", "2"]
            started += ["--memory", "2g", "--work-dir", str(own), address]
            more = settings | {"TMPDIR": str(own), "SPARK_LOCAL_DIRS": str(own)}
            workers.append(stack.enter_context(running(started, log, more, apart_from=private)))
            said(log, "Successfully registered with master")

        start()
        start()
        python = {"PYSPARK_PYTHON": str(bare_python(folder))}
        yield Cluster(address, python, private, shared, tight, workers, start)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of so many bytes in the place of a folder, until the block ends."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def server_of(cluster: Cluster, folder: Path) -> Iterator[str]:
    """The address of a Spark Connect server whose work the cluster does."""
    settings = SMALL | {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }
    options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    jar = Path.home() / ".ivy2/jars" / f"{CONNECT.replace(':', '_', 1).replace(':', '-')}.jar"
    command = ["--class", SERVER, "--master", cluster.address, "--jars", str(jar), *options]
    environment = cluster.environment | {"JAVA_HOME": java_home(), "SPARK_LOCAL_IP": "127.0.0.1"}
    log = folder / "connect.log"
    with running(["spark-internal", *command], log, environment):
        said(log, "Spark Connect server started at")
        yield "sc://127.0.0.1:15002"


def fetch_connect() -> None:
    """Has Spark fetch its Connect server, before the network is left."""
    from pyspark import SparkConf
    from pyspark.java_gateway import launch_gateway

    os.environ.setdefault("JAVA_HOME", java_home())
    conf = SparkConf(loadDefaults=False).set("spark.jars.packages", CONNECT)
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    gateway = launch_gateway(conf, silent)  # type: ignore[no-untyped-call]
    gateway.proc.stdin.close()
    gateway.proc.wait()


@contextmanager
def running(
    command: list[str], log: Path, environment: dict[str, str], apart_from: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """One of Spark's own programs, until the block ends; a folder may be empty for it."""
    program = "bin/spark-submit" if command[0] == "spark-internal" else "bin/spark-class"
    words = [str(HOME / program), *command[command[0] == "spark-internal" :]]
    if command[0] == "spark-internal":
        words.append("spark-internal")
    if apart_from:
        hidden = f'mount -t tmpfs none "{apart_from}" && exec "$@"'
        words = ["unshare", "--mount", "sh", "-c", hidden, "sh", *words]
    own = {n: v for n, v in os.environ.items() if not n.startswith(("SPARK_", "PYSPARK_"))}
    with (
        log.open("wb") as out,
        # Connect puts the files that it is sent where it works.
        subprocess.Popen(
            words, env=own | environment, stdout=out, stderr=out, cwd=log.parent
        ) as process,
    ):
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it has started."""
    with suppress(psutil.NoSuchProcess):
        for one in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                one.kill()
    process.kill()
    process.wait()


def said(log: Path, pattern: str) -> str:
    """What a program says of itself, which is waited for."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[found.lastindex or 0]
        time.sleep(0.1)
    raise AssertionError(f"{log} does not say {pattern}")
