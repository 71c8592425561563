"""Which project a folder belongs to, and what stands where in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workbench.errors import RequestError
from workbench.places import project
from workbench.sql.files import find_sql, sql_files

ROOT = Path(__file__).resolve().parents[1]
FIRST = "01_silver_users.ipynb"


def laid_out(root: Path, *marks: str) -> Path:
    for mark in marks:
        (root / mark).parent.mkdir(parents=True, exist_ok=True)
        (root / mark).touch()
    return root


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("mark", ["workbench.yml", f"notebooks/{FIRST}"])
def test_a_project_is_found_upwards(
    mark: str, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = laid_out(outside / "p", mark) / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    found = project()
    assert (found.root, found.lake) == (outside / "p", outside / "p/data/lake")
    assert (found.runs, found.input) == (outside / "p/data/runs", outside / "p/data/input")


def test_of_projects_within_each_other_the_nearest_is_taken(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = laid_out(laid_out(outside, "workbench.yml") / "inner", f"notebooks/{FIRST}")
    monkeypatch.chdir(inner / "notebooks")
    assert project().root == inner


def test_a_project_has_its_own_copies_and_else_those_of_the_library(outside: Path) -> None:
    laid_out(outside, "workbench.yml", "sql/mine.sql")
    assert project().sql == outside / "sql" and project().notebooks == ROOT / "notebooks"
    assert [file.name for file in sql_files()] == ["mine"] and find_sql("mine").title == "mine"


def test_outside_of_a_project_data_stands_in_the_current_folder(outside: Path) -> None:
    laid_out(outside, "sql/not_of_a_project.sql")
    found = project()
    assert (found.lake, found.runs) == (outside / "data/lake", outside / "data/runs")
    assert (found.notebooks, found.sql) == (ROOT / "notebooks", ROOT / "sql")


def test_a_project_that_another_user_laid_above_is_refused(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out(outside, "workbench.yml")
    (outside / "work").mkdir()
    mine = os.geteuid() + 1  # so that what is here is another's
    monkeypatch.setattr(os, "geteuid", lambda: mine)
    if os.getuid() == 0:  # whose files are trusted
        os.chown(outside / "workbench.yml", 12345, -1)
    monkeypatch.chdir(outside / "work")
    with pytest.raises(RequestError, match=r"workbench.yml belongs to another user"):
        project()
    os.chown(outside, (outside / "workbench.yml").stat().st_uid, -1)
    monkeypatch.chdir(outside)
    assert project().root == outside


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize("laid", ["notebooks", f"notebooks/{FIRST}", "sql/x.sql"])
def test_what_another_user_laid_into_an_open_project_is_refused(outside: Path, laid: str) -> None:
    laid_out(outside, "workbench.yml", f"notebooks/{FIRST}", "sql/x.sql")
    part = outside / laid
    os.chown(part, 12345, -1, follow_symlinks=False)
    assert project().root == outside  # it could only be laid there by whom the owner has let
    part.parent.chmod(0o777)
    with pytest.raises(RequestError, match=rf"{laid} belongs to another user .*chmod o-w"):
        project()
    os.chown(outside, 12345, -1)  # one that is another's as a whole is entered, or it is not
    os.chown(outside / "workbench.yml", 12345, -1)
    assert project().root == outside
