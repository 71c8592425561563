"""The built wheel, in an environment and a folder of its own: all commands, with no checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.processes import environment
from workbench.sample import write_sample

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
Command = Callable[..., str]
KEY = "its own key, long enough"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    asked = [UV, "build", "--wheel", "--offline", "--quiet", "--out-dir", out, ROOT]
    subprocess.run([*map(str, asked)], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it depends on is that of the tests."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    asked = [UV, "pip", "install", "--offline", "--no-deps", "--quiet", "--python", python, wheel]
    subprocess.run([*map(str, asked)], check=True, capture_output=True)
    site = next(home.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder but for a dump."""
    folder = tmp_path_factory.mktemp("place")
    write_sample(folder / "dump.json", 40)
    return folder


@pytest.fixture(scope="module")
def command(installed: Path) -> Command:
    def run(folder: Path, *arguments: Any) -> str:
        done = subprocess.run(
            [installed / "workbench", *map(str, arguments)],
            cwd=folder,
            env=environment(WORKBENCH_PII_KEY=KEY, DISPLAY="", WAYLAND_DISPLAY=""),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def project(place: Path, command: Command) -> Path:
    """A project of one's own, with a change in a notebook and an analysis that is its alone."""
    command(place, "init", "p")
    root = place / "p"
    notebook = root / "notebooks" / "03_gold_user_scores.ipynb"
    notebook.write_text(notebook.read_text().replace("· Gold user", "· My gold user"))
    assert "· My gold user" in notebook.read_text()
    (root / "sql" / "mine.sql").write_text("-- Mine\nSELECT count(*) AS n FROM gold.user_scores\n")
    settings = root / "workbench.yml"
    told = "source: [../dump.json]\nscore_edges: [500]\ningestion_date: 2022-01-19\n"
    settings.write_text(settings.read_text() + told)
    return root


def test_the_library_is_that_of_the_wheel(installed: Path, place: Path) -> None:
    asked = [installed / "python", "-c", "import workbench; print(workbench.__file__)"]
    shown = subprocess.check_output([*map(str, asked)], cwd=place, env=environment(), text=True)
    assert shown.startswith(str(installed.parent)) and "site-packages" in shown


def test_the_wheel_has_every_notebook_and_every_analysis(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    there = [p for kind in ("notebooks/*.ipynb", "sql/*.sql") for p in ROOT.glob(kind)]
    assert {f"workbench/project/{p.relative_to(ROOT)}" for p in there} <= set(names)
    assert "workbench/py.typed" in names


def test_in_an_empty_folder_the_chain_runs_and_all_that_reads_it(
    place: Path, command: Command
) -> None:
    asked = ["--source", "dump.json", "--ingestion-date", "2022-01-18"]
    command(place, "run", *asked)
    (run,) = json.loads(command(place, "runs", "--format", "json"))
    assert run["state"] == "done" and (place / "data/lake/gold").is_dir()
    report = command(place, "open").strip()
    assert report == f"{place}/data/runs/{run['run_id']}/report.html" and Path(report).is_file()
    assert "users_per_score_range" in command(place, "sql")
    assert json.loads(command(place, "sql", "users_per_product_type", "--format", "json"))
    assert "score" in command(place, "schema")
    command(place, "sweep", *asked, "-p", "score_edges=[300]", "-p", "score_edges=[400]")
    assert len(json.loads(command(place, "runs", "--format", "json"))) == 3
    command(place, "forget", "--ingestion-date", "2022-01-18")
    assert not any((place / "data/lake").rglob("ingestion_date=2022-01-18"))


def test_in_an_empty_folder_what_needs_no_run_works(place: Path, command: Command) -> None:
    said = command(place, "new", "mine", "--source", "dump.json")
    assert "workbench run --params mine.yml" in said
    assert f"lake: {place}/data/lake/mine" in (place / "mine.yml").read_text()
    command(place, "flatten", "dump.json", "--out", "tables")
    assert any((place / "tables").rglob("*.parquet"))


def test_in_a_project_its_own_copies_are_used(project: Path, command: Command) -> None:
    below = project / "notebooks"
    command(below, "run")
    (run,) = (project / "data/runs").glob("2*")
    record = json.loads((run / "run.json").read_text())
    assert record["parameters"]["score_edges"] == [500] and record["git_commit"] is None
    assert record["parameters"]["lake"] == str(project / "data/lake")
    assert "· My gold user" in (run / "03_gold_user_scores.ipynb").read_text()
    assert json.loads(command(below, "sql", "mine", "--format", "json")) == [{"n": 3}]
    assert command(below, "open").strip() == str(run / "report.html")
    change(below / "04_score_charts.ipynb")
    said = command(project / "sql", "run", "--resume", "latest", "--json")
    events = [json.loads(line) for line in said.splitlines()]
    again = {e["step"]: e["why_again"] for e in events if e["event"] == "started"}
    assert again == {"04_score_charts": "the notebook changed"}
    assert "score" in command(below, "schema")
    command(below, "forget", "--ingestion-date", "2022-01-19")
    assert not any((project / "data/lake").rglob("ingestion_date=2022-01-19"))
    assert not (below / "data").exists()


def change(notebook: Path) -> None:
    """A comment more in the last cell with code."""
    content = json.loads(notebook.read_text())
    code = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    code[-1]["source"] = [*code[-1]["source"], "\n# mine"]
    notebook.write_text(json.dumps(content))


def test_in_a_project_parameters_are_proposed_for_its_lake(project: Path, command: Command) -> None:
    below = project / "notebooks"
    command(below, "new", "other", "--source", "../../dump.json")
    assert f"lake: {project}/data/lake/other" in (below / "other.yml").read_text()
