"""Runs that were: listed, found by parts of their names, opened."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from support.records import FIRST, SECOND, a_run, keep
from workbench.cli import main
from workbench.errors import RequestError
from workbench.records.folders import find_run
from workbench.records.history import list_runs


# The list
def test_runs_are_listed_latest_first(runs: Path) -> None:
    table = list_runs(runs)
    assert list(table["run_id"]) == [SECOND, FIRST]
    told = table.iloc[1][["started", "source", "documents", "quarantined", "state", "seconds"]]
    assert list(told) == ["2022-01-18 10:00:00", "dump.json", 12, 2, "done", 8.1]


def test_a_run_that_was_killed_is_not_said_to_be_running(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    keep(tmp_path, a_run(FIRST, state="running", process=os.getpid()))
    keep(tmp_path, a_run(SECOND, state="running", process=ended.pid))
    there = FIRST.replace("2022", "2021")
    keep(tmp_path, a_run(there, state="running", execution="arn:aws:states:::execution:chain:1"))
    assert list(list_runs(tmp_path)["state"]) == ["killed", "running", "running"]


def test_a_broken_record_does_not_hide_the_other_runs(runs: Path) -> None:
    (runs / FIRST / "run.json").write_text("{")
    assert list(list_runs(runs)["state"]) == ["done", "unreadable"]


def test_workbench_runs_prints_them(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--runs", str(runs)]) == 0
    text = capsys.readouterr().out
    assert "bbbbbb" in text and "2022-01-25 10:00 " in text and "NULL" not in text
    assert main(["runs", "--runs", str(runs), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["run_id"] == SECOND


def test_without_runs_it_says_how_to_make_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert "holds no run. Make one with `workbench run`" in capsys.readouterr().out


# A run by its name
@pytest.mark.parametrize("name", [SECOND, "2022-01-25", "bbbbbb", "latest"])
def test_a_run_is_found_by_part_of_its_id(name: str, runs: Path) -> None:
    assert find_run(runs, name) == runs / SECOND


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2022-01", "stands for 2 runs"),
        ("2022-01-25T100000Z-bbbbbc", f"Did you mean {SECOND}"),
        ("nothing", "there is no run 'nothing'"),
        ("", "stands for 2 runs"),
    ],
)
def test_a_name_of_no_run_or_of_several_is_refused(name: str, said: str, runs: Path) -> None:
    with pytest.raises(RequestError, match=re.escape(said)):
        find_run(runs, name)


# A report
def test_workbench_open_prints_the_path_of_the_report(
    runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    (runs / SECOND / "report.html").touch()
    assert main(["open", "--runs", str(runs)]) == 0
    assert capsys.readouterr().out == f"{runs / SECOND / 'report.html'}\n"


def test_a_run_without_a_report_says_so(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "aaaaaa", "--runs", str(runs)]) == 2
    assert f"{FIRST} has no report (it is done; " in capsys.readouterr().err
