"""Every command of the README does what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.checkout import copy_to
from support.processes import environment
from workbench.sample import write_sample

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
# `make test` is what runs this; `make bench` takes longer than all tests together.
ELSEWHERE = {"make test", "make bench", "make bench-scale", "make test-engines"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands() -> list[str]:
    lines = [line.split("  #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line]


def quick() -> list[str]:
    return [c for c in commands() if c not in ELSEWHERE | {"make lab"}]


Ran = dict[str, subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout as the README's reader has it, and a dump."""
    folder = copy_to(tmp_path_factory.mktemp("reader"))
    write_sample(folder / "dump.json", 50)
    return folder


@pytest.fixture(scope="module")
def ran(place: Path) -> Ran:
    """Each command, in the README's order: later ones read what earlier ones made."""
    told: dict[str, Any] = {"shell": True, "capture_output": True, "text": True, "check": False}
    return {c: subprocess.run(c, cwd=place, env=environment(), **told) for c in quick()}


@pytest.mark.parametrize("command", quick())
def test_a_command_of_the_readme_runs(command: str, ran: Ran) -> None:
    assert ran[command].returncode == 0, ran[command].stderr


def test_the_readme_has_the_two_commands_on_its_first_screen() -> None:
    first_screen = README.splitlines()[:15]
    assert [line.split()[:2] for line in first_screen if line.startswith("make")] == [
        ["make", "run"],
        ["make", "test"],
    ]


def test_the_readmes_pictures_are_there_and_small() -> None:
    shown = [ROOT / path for path in re.findall(r"!\[.*?\]\((.*?)\)", README)]
    assert len(shown) == 3 and all(path.stat().st_size < 150_000 for path in shown)


def test_the_readmes_library_example_prints_what_it_shows() -> None:
    example = blocks("python")[0]
    (shown,) = blocks("text")
    printed = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == shown.strip()


@pytest.mark.usefixtures("ran")
def test_several_dates_are_read_as_one_table_as_the_readme_does(place: Path) -> None:
    _, example = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=place, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[(datetime.date(2024, 5, 1), 50)]\n"


def test_every_parameter_that_the_readme_names_exists() -> None:
    from workbench.parameters import PARAMETERS

    named = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ", README, re.MULTILINE)
    names = [name for cell in named for name in re.findall(r"`(\w+)`", cell)]
    assert {n for n in names if n not in PARAMETERS} == set()
