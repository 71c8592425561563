"""A stand-in of the API of AWS Glue's sessions, beside one of S3."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from support.cloud import environment as of_s3
from support.lab import a_browser
from support.processes import environment
from workbench.engines.spark import local_environment
from workbench.storage import s3

HERE = Path(__file__).resolve().parent
ROLE = "arn:aws:iam::123456789012:role/sessions"


@pytest.fixture(scope="module")
def sessions(s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What finds the stand-in of Glue's sessions, and the bucket `sessions`, with a dump."""
    settings = of_s3(s3_server) | {"AWS_DEFAULT_REGION": "us-east-1"}
    folder = tmp_path_factory.mktemp("sessions")
    with subprocess.Popen(
        [sys.executable, str(HERE / "glue_sessions.py"), "0"],
        env=environment() | local_environment() | settings | {"SESSIONS": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        glue = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        yield settings | {"AWS_ENDPOINT_URL_GLUE": glue, "WORKBENCH_GLUE_ROLE": ROLE}
        process.communicate()


@pytest.fixture
def aws(sessions: dict[str, str], bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of a bucket with a dump, and all that finds it and the sessions."""
    for name, value in sessions.items():
        monkeypatch.setenv(name, value)
    s3.made_client.cache_clear()
    return bucket


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser
