"""A real browser on what people see: JupyterLab as `make lab` opens it, and a run's report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from support.checkout import copy_to
from support.lab import a_browser, first_page, opened_lab
from support.processes import environment, workbench


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


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
    with opened_lab(["make", "lab"], place, environment(WORKBENCH_ENGINE="sail")) as address:
        yield address


@pytest.fixture
def lab_page(chromium: Browser, lab: str) -> Iterator[Page]:
    """JupyterLab as it opens for the first time: no tab of another test is left."""
    opened = first_page(chromium, lab)
    yield opened
    opened.close()
