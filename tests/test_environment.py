"""The two ways in install the same: environment.yml (conda) and uv.lock (make)."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def locked() -> list[str]:
    """What uv.lock pins, as pip writes it."""
    uv = Path(sys.executable).with_name("uv")
    plain = ["--no-hashes", "--no-emit-project", "--no-annotate", "--no-header", "--quiet"]
    command = [str(uv), "export", "--frozen", *plain]
    return subprocess.check_output(command, cwd=ROOT, text=True).splitlines()


def conda() -> list[str | dict[str, list[str]]]:
    found: list[str | dict[str, list[str]]] = yaml.safe_load(
        (ROOT / "environment.yml").read_text()
    )["dependencies"]
    return found


def test_conda_installs_what_the_lock_pins() -> None:
    (pip,) = [part["pip"] for part in conda() if isinstance(part, dict)]
    assert pip == [*locked(), "-e ."]


def test_conda_installs_the_python_that_the_project_asks_for() -> None:
    assert "python=3.11" in conda()


def test_the_makefile_fetches_the_locked_uv() -> None:
    (version,) = re.findall(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text())
    assert f"uv=={version}" in locked()


def test_each_dependency_says_in_one_line_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    project = tomllib.loads(text)
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lines = text.splitlines()
    assert all(any(f'"{n}",' in line and " # " in line for line in lines) for n in named)
