"""Sessions of servers of Spark Connect, and what each session is told, of whatever kind."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import suppress
from typing import Any
from urllib.parse import urlparse

from pyspark.sql import SparkSession

from workbench.engines.conf import given_conf
from workbench.engines.elsewhere import CONNECT_MODE, SESSION_VARIABLE
from workbench.engines.private import FILE
from workbench.engines.spark import SETTINGS, SPARK_SETTINGS
from workbench.errors import EngineError


def served(address: str, *, shared: bool) -> SparkSession:
    """A session of a server of Spark Connect.

    Raises EngineError for one that gives none, as a server does whose application has ended.
    """
    from pyspark.errors.exceptions.connect import SparkConnectGrpcException

    try:
        return connected(address, shared=shared)
    except SparkConnectGrpcException as error:
        why = " ".join(str(error).split())[:200]
        raise EngineError(
            f"The server at {address} answers and gives no session ({why}). Its application may "
            "have ended, as where its executors could not start: look into its log, and start it "
            "again."
        ) from error


def connected(address: str, *, shared: bool = False) -> SparkSession:
    """A Spark Connect session. PySpark's functions follow it from here on in this process.

    `shared`: it is that of the other processes of a run too. A session on another server goes on
    for whoever holds it, but is no longer the active one. Raises EngineError where none answers.
    """
    from pyspark.sql.connect.session import SparkSession as Connected

    os.environ[CONNECT_MODE] = "1"
    check_answers(address)
    spark: Any = Connected._default_session
    if spark is None or server_of(spark) != server_at(address):
        builder: Any = Connected.Builder()
        if address.startswith(FILE):
            from workbench.engines.channel import SocketChannel

            builder = builder.channelBuilder(SocketChannel(address))
        else:
            builder = builder.remote(in_session_of_run(address) if shared else address)
        spark = builder.create()
        Connected._default_session = Connected._active_session.session = spark
    limit_retries(spark.client)
    spare_its_log(spark.client)
    return with_conf(configured(spark, settings_of(spark)), address)


def greet(address: str) -> None:
    """Has Sail make what its first session takes 0.15 s to make, while the run is still starting.

    Where it does not answer, whoever comes next will say so.
    """
    from pyspark.sql.connect.client import SparkConnectClient

    from workbench.engines.channel import SocketChannel

    with suppress(Exception):
        client = SparkConnectClient(SocketChannel(address) if address.startswith(FILE) else address)
        limit_retries(client)
        client.get_configs("spark.sql.session.timeZone")
        client.close()


def in_session_of_run(address: str) -> str:
    """The address of a server, with the session that the processes of a run share there.

    A server starts Python anew for each session, on each executor, and sends it the library.
    """
    shared = os.environ.get(SESSION_VARIABLE)
    if not shared or "session_id=" in address:
        return address
    start, parameters = address.partition(";")[::2]
    more = f"{parameters.rstrip(';')};" if parameters.strip(";") else ""
    return f"{start.rstrip('/')}/;{more}session_id={shared}"


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


def configured(spark: SparkSession, settings: dict[str, str]) -> SparkSession:
    for key, value in settings.items():
        spark.conf.set(key, value)
    return spark


def settings_of(spark: SparkSession) -> dict[str, str]:
    """What a session that is there already is told; Glue's would write times as INT96, say."""
    ours = "connect" not in type(spark).__module__ or spark.conf.get("spark.app.id", "")
    return SETTINGS | SPARK_SETTINGS if ours else SETTINGS  # Sail has no application's id


def server_of(spark: Any) -> str:
    """Where the server of a Spark Connect session is: host and port, or a socket file."""
    builder = spark.client._builder
    return str(getattr(builder, "address", builder.url.netloc))


def server_at(address: str) -> str:
    """Where a server of Spark Connect is, by its address."""
    return address if address.startswith(FILE) else urlparse(address).netloc


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
