"""JupyterLab in a browser, as its users work it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

NAMES = ("chromium", "google-chrome")
FLAGS = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync",
         "disable-background-networking", "disable-component-update"]  # fmt: skip
RUN = 300_000  # milliseconds, to end a hang; nothing here takes as long
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"


@contextmanager
def a_browser() -> Iterator[Browser]:
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


@contextmanager
def opened_lab(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    """The address of the JupyterLab that a command opens in a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"JUPYTER_PORT": str(port), "JUPYTER_TOKEN": "browser"}
    settings |= {"BROWSER": str(shutil.which("true"))}
    with open(folder / "lab.log", "w") as log:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **settings},
            start_new_session=True,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}/?token=browser"
    try:
        answer(address, started, folder / "lab.log")
        yield address
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(30)


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


def first_page(browser: Browser, lab: str) -> Page:
    """JupyterLab as it opens for the first time."""
    opened = browser.new_page(viewport={"width": 1440, "height": 1000}, device_scale_factor=1)
    opened.goto(lab)
    opened.goto(f"{opened.url}?reset")
    expect(opened.get_by_role("heading", name="Start here")).to_be_visible()
    return opened


def run_all(page: Page, notebook: str, kernel: str = "Workbench") -> Locator:
    """Opens a notebook from the landing page and runs it to its last cell; returns its panel."""
    page.get_by_role("tab", name="README.md").click()
    page.locator(".jp-RenderedMarkdown").get_by_role("link", name=notebook).click()
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(panel.get_by_text(kernel, exact=True)).to_be_visible()
    # The name stands there while the kernel is still started, and cells run then are not run.
    expect(page.get_by_role("button", name=f"{kernel} | Idle", exact=True)).to_be_visible()
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    running = panel.locator(".jp-InputPrompt", has_text="[*]")
    expect(running.first).to_be_visible()
    expect(running).to_have_count(0)
    assert panel.locator(ERRORS).all_inner_texts() == []
    return panel
