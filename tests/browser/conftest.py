"""A real browser on what people see: JupyterLab as `make lab` opens it, and a run's report."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from support.checkout import copy_to
from support.lab import RUN
from support.processes import environment, workbench

NAMES = ("chromium", "google-chrome")
FLAGS = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync",
         "disable-background-networking", "disable-component-update"]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests are skipped, and in CI they fail."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        missing = "No Chromium on the PATH: on Debian `make browser` as root installs it."
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        flags = [f"--{flag}" for flag in FLAGS]
        expect.set_options(timeout=RUN)
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def place(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project to work in: its notebooks without outputs, and a run of the chain."""
    folder = copy_to(tmp_path_factory.mktemp("browser"))
    for path in (folder / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, path)
    data = folder / "data"
    options = {"--source": data / "input", "--lake": data / "lake", "--runs": data / "runs"}
    dated = ["--ingestion-date", "2022-01-18"]
    done = workbench("run", *dated, *(word for option in options.items() for word in option))
    assert done.returncode == 0, done.stderr
    (folder / "run.txt").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def lab(place: Path) -> Iterator[str]:
    """The address that `make lab` opens, with Sail as the engine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "JUPYTER_PORT": str(port),
        "JUPYTER_TOKEN": "browser",
        "BROWSER": str(shutil.which("true")),
        "WORKBENCH_ENGINE": "sail",
    }
    with open(place / "lab.log", "w") as log:
        started = subprocess.Popen(
            ["make", "lab"],
            cwd=place,
            env=environment(**settings),
            start_new_session=True,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}/?token=browser"
    try:
        answer(address, started, place / "lab.log")
        yield address
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(30)


@pytest.fixture
def lab_page(chromium: Browser, lab: str) -> Iterator[Page]:
    """JupyterLab as it opens for the first time: no tab of another test is left."""
    opened = chromium.new_page(viewport={"width": 1440, "height": 1000}, device_scale_factor=1)
    opened.goto(lab)
    opened.goto(f"{opened.url}?reset")
    expect(opened.get_by_role("heading", name="Start here")).to_be_visible()
    yield opened
    opened.close()


def answer(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until the server answers."""
    end = time.monotonic() + RUN / 1000
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            assert server.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.2)
        else:
            return
