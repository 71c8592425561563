"""Runs that were: listed, found by parts of their names, compared, opened."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.cli import main
from workbench.errors import RequestError
from workbench.gold.change import same_ranges
from workbench.records.folders import find_run
from workbench.records.history import list_runs
from workbench.records.two_runs import compare_runs
from workbench.report.two_runs_page import build_comparison

FIRST, SECOND = "2022-01-18T100000Z-aaaaaa", "2022-01-25T100000Z-bbbbbb"
EDGES = [(None, 200), (201, None), (None, None)]


def a_run(run_id: str = FIRST, **more: Any) -> dict[str, Any]:
    """What run.json holds of a small run."""
    users = more.pop("users", [4, 5, 1])
    fields = more.pop("fields", [["_id", "int"], ["tags", {"list": "string"}]])
    values = {
        "source": ["/data/dump.json"],
        "lake": "/nowhere/lake",
        "charts": f"/runs/{run_id}/charts",
        "ingestion_date": run_id[:10],
        "score_edges": [200],
        "locale": "en",
    }
    ranges = [
        {
            "score_group": str(place),
            "range_order": place,
            "lower": lower,
            "upper": upper,
            "users": n,
            "share": n / sum(users),
            "expected_default_rate": None,
        }
        for place, ((lower, upper), n) in enumerate(zip(EDGES, users, strict=True), 1)
    ]
    return {
        "run_id": run_id,
        "state": "done",
        "started": f"{run_id[:10]}T10:00:00.000Z",
        "seconds": 8.1,
        "parameters": values | more.pop("parameters", {}),
        "engine": {"name": "sail", "version": "1"},
        "versions": {"python": "3.11"},
        "git_commit": None,
        "counts": {"documents": 12, "silver": 10, "quarantined": 2, "reasons": {"null key": 2}},
        "sources": [{"path": "/data/dump.json", "sha256": "f" * 64}],
        "proof": {"leaves": 40, "paths": 2, "agrees": True},
        "steps": {
            "01_silver_users": {"state": "done", "rows_out": 10, "schema": {"struct": fields}},
            "03_gold_user_scores": {"state": "done", "rows_out": 3, "ranges": ranges},
        },
    } | more


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    keep(tmp_path, a_run())
    keep(tmp_path, a_run(SECOND, users=[4, 9, 1]))
    return tmp_path


def keep(runs: Path, run: dict[str, Any]) -> None:
    (runs / run["run_id"]).mkdir(parents=True)
    (runs / run["run_id"] / "run.json").write_text(json.dumps(run))


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table.itertuples(index=False)]


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
    assert list(list_runs(tmp_path)["state"]) == ["killed", "running"]


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


# Two runs


def test_parameters_that_differ_are_named_and_paths_of_the_run_are_not() -> None:
    compared = compare_runs(a_run(), a_run(SECOND, parameters={"score_edges": [300]}))
    assert rows(compared.parameters) == [
        ("ingestion_date", "2022-01-18", "2022-01-25"),
        ("score_edges", [200], [300]),
    ]


def test_fields_added_removed_and_changed_are_named() -> None:
    fields = [["_id", "string"], ["new", {"struct": [["x", {"decimal": [20, 2]}]]}]]
    compared = compare_runs(a_run(), a_run(SECOND, fields=fields))
    assert compared.schema is not None
    assert rows(compared.schema) == [
        ("_id", "int", "string"),
        ("tags[]", "string", None),
        ("new.x", None, "decimal(22,2)"),
    ]


def test_counts_stand_side_by_side() -> None:
    counts = {"documents": 20, "silver": 20, "quarantined": 0, "reasons": {}}
    found = {row[0]: row[1:] for row in rows(compare_runs(a_run(), a_run(counts=counts)).counts)}
    assert found["documents"] == (12, 20) and found["refused:null key"] == (2, None)


def test_ranges_are_joined_by_their_bounds_with_no_score_last() -> None:
    other = a_run(SECOND)
    other["steps"]["03_gold_user_scores"]["ranges"][0]["upper"] = 100
    ranges = compare_runs(a_run(), other).ranges
    assert rows(ranges) == [
        (None, 100, None, 4),
        (None, 200, 4, None),
        (201, None, 5, 5),
        (None, None, 1, 1),
    ]
    assert not same_ranges(ranges) and same_ranges(compare_runs(a_run(), a_run()).ranges)


@pytest.mark.parametrize(
    ("other", "pictures"),
    [
        (a_run(SECOND, users=[4, 9, 1]), 3),
        (a_run(SECOND, steps={}, counts=None, proof=None, state="failed"), 0),
    ],
)
def test_the_page_shows_what_both_runs_have(
    other: dict[str, Any], pictures: int, tmp_path: Path
) -> None:
    out = build_comparison(compare_runs(a_run(), other), tmp_path / "page.html", "en")
    page = out.read_text(encoding="utf-8")
    assert page.count("<img ") == page.count("alt=") == pictures
    assert "://" not in re.sub(r"base64,[^\"]*", "", page)
    assert FIRST in page and SECOND in page and "Documents read" in page


def test_workbench_compare_prints_changes_and_where_the_page_is(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "aaaaaa", "latest", "--runs", str(runs)]) == 0
    text = capsys.readouterr().out
    page = runs / SECOND / f"compared_with_{FIRST}.html"
    assert "2022-01-25" in text and "No difference." in text and str(page) in text
    assert "201 to above" not in text and "Above 200 gains 4 users" in page.read_text("utf-8")


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
