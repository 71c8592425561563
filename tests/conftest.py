"""The engines, each started once per test session; every test that takes `spark` runs on both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.session import CONNECT_MODE, session

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def sail_session() -> Iterator[Any]:
    made = session("sail")
    os.environ.pop(CONNECT_MODE, None)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def spark_session() -> Iterator[Any]:
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
