"""Sessions of servers of Spark Connect."""

import logging
from typing import Any

import pytest
from pyspark.errors.exceptions.connect import SparkConnectGrpcException
from pyspark.sql.connect.client import SparkConnectClient

from workbench.engines import SESSION_VARIABLE, SailServer, connect, greet
from workbench.engines.connect import in_session_of_run
from workbench.errors import WorkbenchError
from workbench.session import session


def test_a_server_whose_application_has_ended_is_told_as_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_: str, shared: bool) -> None:
        raise SparkConnectGrpcException("<_InactiveRpcError\n  status = StatusCode.UNKNOWN>")

    monkeypatch.setattr(connect, "connected", refused)
    with pytest.raises(WorkbenchError, match=r"sc://h answers and gives no .*UNKNOWN>\)\. Its app"):
        session("sc://h")


def test_plans_are_written_out_for_those_alone_who_log_them(
    sail_session: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    client = type(sail_session.client)
    log, write, written = client.__module__, client._proto_to_string, []

    def seen(*asked: Any) -> str:
        written.append(asked)
        return str(write(*asked))

    monkeypatch.setattr(client, "_proto_to_string", seen)
    assert len(sail_session.range(2).toPandas()) == 2 and not written
    monkeypatch.setattr(logging.getLogger(log), "disabled", False)  # as it is by itself
    with caplog.at_level(logging.INFO, log):
        sail_session.range(2).toPandas()
    assert written


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("sc://h:15002", "sc://h:15002/;session_id=S"),
        ("sc://h/", "sc://h/;session_id=S"),
        ("sc://h/;use_ssl=true;token=t", "sc://h/;use_ssl=true;token=t;session_id=S"),
        ("sc://h/;session_id=own", "sc://h/;session_id=own"),
    ],
)
def test_processes_of_a_run_share_a_session_of_a_server(
    address: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_session_of_run(address) == address
    monkeypatch.setenv(SESSION_VARIABLE, "S")
    assert in_session_of_run(address) == asked


def test_sail_is_greeted_before_the_first_notebook_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answers = SparkConnectClient.get_configs, []

    def heard(client: SparkConnectClient, *names: str) -> None:
        answers.append(asked(client, *names))

    monkeypatch.setattr(SparkConnectClient, "get_configs", heard)
    with SailServer() as server:
        greet(server.address)
    assert len(answers) == 1
    greet(server.address)  # which has ended, as the notebook will say
    assert len(answers) == 1
