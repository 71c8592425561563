"""Sessions: which engine is taken, and what happens when it has ended."""

import os
import subprocess
import sys
from typing import Any

import pytest
from pyspark.sql import SparkSession

from support.processes import LIMIT
from workbench import session as module
from workbench.engines import PORT_VARIABLE, S3A_VARIABLE
from workbench.engines.sail import SAIL_VARIABLE
from workbench.errors import EngineError, WorkbenchError
from workbench.session import ENGINE_VARIABLE, describe, session


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been started; nothing is, and nothing is active."""
    made: list[str] = []
    monkeypatch.setattr(module, "active_session", lambda: None)
    monkeypatch.setattr(module, "sail", lambda: made.append("sail"))
    monkeypatch.setattr(module, "classic", made.append)
    monkeypatch.setattr(module, "connected", made.append)
    monkeypatch.setattr(module, "served", lambda name, shared: made.append(f"{name} {shared}"))
    monkeypatch.delenv(ENGINE_VARIABLE, raising=False)
    return made


# which engine
def test_the_default_is_spark(started: list[str]) -> None:
    session()
    assert started == ["local[*]"]


def test_the_environment_comes_before_the_default(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "sail")
    session()
    assert started == ["sail"]


def test_the_argument_comes_before_the_environment(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "sail")
    for engine in ("spark", "sc://host:1", "spark://host:7077", "yarn"):
        session(engine)
    assert started == ["local[*]", "sc://host:1 True", "spark://host:7077", "yarn"]


def test_a_server_is_told_of_the_session_of_a_run_unless_it_is_sail(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SAIL_VARIABLE, "sc://host:1")
    for address in ("sc://host:1", "sc://host:2"):
        session(address)
    assert started == ["sc://host:1 False", "sc://host:2 True"]


def test_an_active_session_is_taken_when_none_is_asked_for(spark: Any) -> None:
    assert session() is spark


@pytest.mark.parametrize("from_environment", [True, False])
def test_an_unknown_engine_names_the_known(
    started: list[str], monkeypatch: pytest.MonkeyPatch, from_environment: bool
) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "sprak")
    with pytest.raises(WorkbenchError, match=r"sprak.*spark.*sail"):
        session(None if from_environment else "sprak")
    assert started == []


def test_times_are_utc_and_names_tell_cases_apart(spark: Any) -> None:
    settings = ("spark.sql.session.timeZone", "spark.sql.caseSensitive")
    assert [spark.conf.get(name) for name in settings] == ["UTC", "true"]


def test_an_engine_tells_its_name_and_version(spark: Any, engine: str) -> None:
    found = describe(spark)
    assert found["name"] == ("spark connect" if engine == "connect" else engine)
    assert found["version"][0].isdigit()


def test_sail_is_asked_for_nothing_on_s3(
    sail_session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(S3A_VARIABLE, "0")  # as it was, for those who come later
    with pytest.raises(EngineError, match=r"Sail does not read s3://.*session\('spark', s3=True\)"):
        session("sail", s3=True)


def test_after_its_server_has_ended_a_new_session_works() -> None:
    code = (
        "from workbench import session as s\n"
        "s.session('sail').range(1).count()\n"
        "s._servers[0].stop()\n"
        "print(s.session('sail').range(3).count())"
    )
    environment = {k: v for k, v in os.environ.items() if k != SAIL_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.stdout == "3\n", done.stderr


def test_a_session_on_another_server_goes_on() -> None:
    code = (
        "from workbench.engines.sail import SailServer\n"
        "from workbench.engines import connected\n"
        "from workbench.session import session\n"
        "first = connected(SailServer().address)\n"
        "second = session('sail')\n"
        "print(first.range(1).count(), second.range(2).count(), session() is second is not first)"
    )
    environment = {k: v for k, v in os.environ.items() if k != SAIL_VARIABLE}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.stdout == "1 2 True\n", done.stderr


def test_an_engine_that_has_ended_is_not_waited_for() -> None:
    with pytest.raises(WorkbenchError, match=r"No engine answers at sc://127\.0\.0\.1:9 "):
        session("sc://127.0.0.1:9")
    with pytest.raises(WorkbenchError, match=r"No engine answers at spark://127\.0\.0\.1:9,"):
        module.classic("spark://127.0.0.1:9,127.0.0.1:8")


def test_why_spark_cannot_start_is_told_in_a_sentence_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(builder: Any) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.delenv(PORT_VARIABLE, raising=False)
    monkeypatch.setattr(module, "starting", lambda master: {})
    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", fail)
    with pytest.raises(WorkbenchError, match=r"on local\[1\]: .*Network is unreachable\. Check"):
        module.classic("local[1]")
