"""The engines, each started once per test session; every test that takes `spark` runs on each.

WORKBENCH_TEST_ENGINES names them: sail and spark, and with Spark 4 (`make test-engines`) connect
too, which is Spark behind its own Connect server.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from support.chain import odd_dump, run_chain
from support.cloud import bucket, s3_server  # noqa: F401
from support.processes import connect_server
from workbench.lake.hash_key import KEY_VARIABLE as PII_KEY
from workbench.session import CONNECT_MODE, session

ROOT = Path(__file__).resolve().parents[1]
# What Hypothesis tries is the same each time; no clock says that an example failed.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("repeatable")
ENGINES = os.environ.get("WORKBENCH_TEST_ENGINES", "sail spark").split()


def pytest_configure(config: pytest.Config) -> None:
    # PySpark leaves it to the garbage collector to close the sockets that results come through.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How much the bounded searches have tried, wherever their tests ran."""
    reports = (r for found in terminalreporter.stats.values() for r in found)
    for report in (r for r in reports if getattr(r, "when", "") == "teardown"):
        for name, said in report.user_properties:
            if name == "fuzz":
                terminalreporter.write_line(f"fuzz: {said}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Side by side, one worker has all that needs an engine or a browser: each starts once."""
    for item in items:
        fixtures = {*getattr(item, "fixturenames", ())}
        group = "browser" if "chromium" in fixtures else item.path.stem
        if fixtures & {"spark", "lakes", "sail_session", "spark_session"}:
            params = item.callspec.params if hasattr(item, "callspec") else {}
            named = {params.get("engine"), params.get("other_engine")}
            group = "connect" if "connect" in named else "engines"
        if fixtures & {"spark", "lakes"}:
            item.add_marker("engine")
        item.add_marker(pytest.mark.xdist_group(group))


def start(engine: str) -> Any:
    """A session, which nothing follows until `take` says so."""
    made = session(engine)
    os.environ.pop(CONNECT_MODE, None)
    return made


@pytest.fixture(scope="session")
def sail_session() -> Iterator[Any]:
    made = start("sail")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        # Small jobs are over before the JVM's second compiler pays: twice as fast without it.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
        made = start("spark")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def connect_session() -> Iterator[Any]:
    with connect_server() as address:
        made = start(address)
        yield made
        made.stop()


def take(name: str, request: pytest.FixtureRequest, patch: pytest.MonkeyPatch) -> Any:
    """A session of an engine; PySpark's functions follow it until the patch ends."""
    made = request.getfixturevalue(f"{name}_session")
    if name == "spark":
        patch.delenv(CONNECT_MODE, raising=False)
        return made
    patch.setenv(CONNECT_MODE, "1")
    patch.setattr(type(made), "_default_session", made)
    patch.setattr(type(made)._active_session, "session", made, raising=False)
    return made


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def spark(engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    return take(engine, request, monkeypatch)


@pytest.fixture(params=[name for name in ENGINES if name != "sail"])
def other_engine(request: pytest.FixtureRequest) -> str:
    """Each engine whose tables are compared with those of Sail."""
    return str(request.param)


class Lakes(dict[str, dict[str, Path]]):
    """Engine -> name of the dump -> the lake that the chain has made of it there, once."""

    def __init__(self, request: pytest.FixtureRequest, make: Callable[[str], Path]) -> None:
        self.request, self.make = request, make
        self.dumps = {"input": ROOT / "data/input", "odd": odd_dump(make("odd"))}

    def __missing__(self, engine: str) -> dict[str, Path]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(PII_KEY, "the same on both")
            spark = take(engine, self.request, patch)
            self[engine] = {
                name: run_chain(spark, dump, self.make(f"{name} lake"))
                for name, dump in self.dumps.items()
            }
        return self[engine]


@pytest.fixture(scope="session")
def lakes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lakes:
    return Lakes(request, tmp_path_factory.mktemp)


@pytest.fixture
def lake(engine: str, spark: Any, lakes: Lakes) -> Path:
    """The lake of data/input, made by the engine of the test. To be read only."""
    return lakes[engine]["input"]
