"""The engines, each started once per test session; every test that takes `spark` runs on each.

WORKBENCH_TEST_ENGINES names them: sail and spark, and with Spark 4 (`make test-engines`) connect
too, which is Spark behind its own Connect server.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from support.chain import odd_dump, run_chain
from support.cloud import bucket, s3_server  # noqa: F401
from support.processes import connect_server
from support.spark_classes import java_options
from support.workers import forked
from workbench.engines import CONNECT_MODE
from workbench.lake.hash_key import KEY_VARIABLE as PII_KEY
from workbench.session import session

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# What Hypothesis tries is the same each time; no clock says that an example failed.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("repeatable")
BEFORE = pytest.StashKey[dict[str, tuple[int, int]]]()
RANK = pytest.StashKey[int]()
ENGINES = os.environ.get("WORKBENCH_TEST_ENGINES", "sail spark").split()


def pytest_configure(config: pytest.Config) -> None:
    # PySpark leaves it to the garbage collector to close the sockets that results come through.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")
    os.environ["JDK_JAVA_OPTIONS"] = java_options()
    gc.disable()  # until all tests are collected


@pytest.fixture(autouse=True)
def what_commands_were_told() -> Iterator[None]:
    """Those that a command starts hear by the environment what it was told; the next test's not."""

    def told() -> dict[str, str]:
        return {n: value for n, value in os.environ.items() if n.startswith("WORKBENCH_")}

    before = told()
    yield
    for name in told().keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(autouse=True, scope="session")
def forked_workers() -> Iterator[None]:
    with forked():
        yield


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is there by now stays: the collector would look through all of it, many times."""
    gc.freeze()
    gc.enable()


def data_files() -> dict[str, tuple[int, int]]:
    """Every file of the checkout's data/, with its size and time."""
    found = {path: path.lstat() for path in (ROOT / "data").rglob("*")}
    return {str(path): (of.st_size, of.st_mtime_ns) for path, of in found.items()}


def pytest_sessionstart(session: pytest.Session) -> None:
    session.stash[BEFORE] = data_files()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tests that leave something in the checkout's data/ fail the whole."""
    if session.stash[BEFORE] != data_files():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What changed in data/, and how much the bounded searches have tried, wherever they ran."""
    if seed := terminalreporter.config.getoption("randomly_seed", None):
        terminalreporter.write_line(f"in the same order again: pytest --randomly-seed={seed}")
    before, after = terminalreporter._session.stash[BEFORE], data_files()
    for path in sorted(name for name in before | after if before.get(name) != after.get(name)):
        terminalreporter.write_line(f"FAILED: the tests changed {path}", red=True)
    reports = (r for found in terminalreporter.stats.values() for r in found)
    for report in (r for r in reports if getattr(r, "when", "") == "teardown"):
        for name, said in report.user_properties:
            if name == "fuzz":
                terminalreporter.write_line(f"fuzz: {said}")


# Groups that take long come first, so that both workers are busy to the end.
LONGEST = (
    "spark",
    "connect",
    "cloud/test_athena",
    "cloud/test_machine",
    "runs/test_kill",
    "bronze/test_bombs",
    "bronze/reading/test_damage",
    "browser",
    "test_readme",
    "test_installed",
    "test_privacy",
    "flatten/test_laws",
    "runs/test_run",
    "notebooks/test_nbval",
    "forget/test_requests",
    "runs/test_sweep",
    "runs/test_resume",
    "cli/test_cli",
    "bronze/test_scanning",
    "bronze/reading/test_archives",
    "bronze/reading/test_fuzz",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[Any]) -> Iterator[None]:
    """Side by side, a worker takes one group after another; within a group what it shares is made
    once: a JVM, a browser, what the tests of a file have in common.
    """
    for item in items:
        group = group_of(item)
        item.stash[RANK] = LONGEST.index(group) if group in LONGEST else len(LONGEST)
        item.add_marker(pytest.mark.xdist_group(group))
        if {"spark", "lakes"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker("engine")
    yield  # to what shuffles the files, and the tests of each
    items.sort(key=lambda item: item.stash[RANK])


def group_of(item: Any) -> str:
    """The group of a test: its engine's where that is slow to start, else its file's."""
    file = os.path.relpath(item.path.with_suffix(""), HERE)
    fixtures = {*getattr(item, "fixturenames", ())}
    params = item.callspec.params if hasattr(item, "callspec") else {}
    engines = {params.get("engine"), params.get("other_engine")}
    if "connect" in engines:
        return "connect"
    if engines & {"spark"} or "spark_session" in fixtures:
        return "spark"
    if "sail" in engines:
        return f"{file} on sail"
    if "lakes" in fixtures:  # of both engines
        return "spark"
    return "browser" if "chromium" in fixtures else file


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
