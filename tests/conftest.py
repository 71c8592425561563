"""The engines, each started once per test session; every test that takes `spark` runs on both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chain import is_sail, odd_dump, run_chain

from workbench.personal import KEY_VARIABLE as PII_KEY
from workbench.session import CONNECT_MODE, session

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    # PySpark leaves it to the garbage collector to close the sockets that results come through.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(scope="session")
def sail_session() -> Iterator[Any]:
    made = session("sail")
    os.environ.pop(CONNECT_MODE, None)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        # Small jobs are over before the JVM's second compiler pays: twice as fast without it.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
        made = session("spark")
    yield made
    made.stop()


@pytest.fixture(params=["sail", "spark"])
def spark(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session of each engine; PySpark's functions follow the engine of the test."""
    made = request.getfixturevalue(f"{request.param}_session")
    if request.param == "sail":
        monkeypatch.setenv(CONNECT_MODE, "1")
    else:
        monkeypatch.delenv(CONNECT_MODE, raising=False)
    return made


@pytest.fixture(scope="session")
def lakes(
    sail_session: Any, spark_session: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Path]]:
    """Engine -> name of the dump -> the lake that the chain has made of it there."""
    dumps = {"input": ROOT / "data/input", "odd": odd_dump(tmp_path_factory.mktemp("odd"))}
    made: dict[str, dict[str, Path]] = {}
    for engine, session_ in (("sail", sail_session), ("spark", spark_session)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(PII_KEY, "the same on both")
            if engine == "sail":
                patch.setenv(CONNECT_MODE, "1")
            else:
                patch.delenv(CONNECT_MODE, raising=False)
            made[engine] = {
                name: run_chain(session_, source, tmp_path_factory.mktemp(f"{name} lake"))
                for name, source in dumps.items()
            }
    return made


@pytest.fixture
def lake(spark: Any, lakes: dict[str, dict[str, Path]]) -> Path:
    """The lake of data/input, made by the engine of the test. To be read only."""
    return lakes["sail" if is_sail(spark) else "spark"]["input"]
