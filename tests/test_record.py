"""What notebooks record: short facts for readers, all of them for the run."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from workbench.record import LONG, RECORD_VARIABLE, record

FACTS = {"rows": 3, "reasons": {"não lido": 1}, "day": date(2022, 1, 18), "schema": {"a": "int"}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(RECORD_VARIABLE, str(tmp_path))
    return tmp_path


def test_each_fact_is_printed_on_one_line_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)
    record("01", FACTS)
    assert capsys.readouterr().out == 'rows: 3\nreasons: {"não lido": 1}\nday: "2022-01-18"\n'


def test_what_is_wider_than_a_page_is_told_by_its_entries_or_in_brief(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)
    names = {f"path {n}": f"name_{n}" for n in range(9)}
    ranges = [{"lower": n, "upper": n + 100, "users": 17} for n in range(9)]
    record("01", {"renames": names, "ranges": ranges, "note": "x" * 200})
    first, *lines = capsys.readouterr().out.splitlines()
    assert [first, *lines[:2]] == ["renames: ", "  path 0: name_0", "  path 1: name_1"]
    told, note = lines[9:]
    assert told.startswith("ranges: 9 entries, SHA-256 ") and len(note) > 200
    record("01", {"ranges": [*ranges[:-1], {**ranges[-1], "users": 18}]})
    assert capsys.readouterr().out.split()[-1] != told.split()[-1]


@pytest.mark.parametrize("name", LONG)
def test_what_is_long_or_differs_between_machines_is_not_printed(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)
    record("01", {name: "x"})
    assert capsys.readouterr().out == ""


def test_in_a_run_all_facts_are_kept(folder: Path) -> None:
    record("01_silver_users", FACTS)
    kept = json.loads((folder / "01_silver_users.json").read_text(encoding="utf-8"))
    assert kept == FACTS | {"day": "2022-01-18", "version": 1}


def test_by_hand_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(RECORD_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    record("01", FACTS)
    assert list(tmp_path.iterdir()) == []
