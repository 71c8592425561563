"""What a run says while it goes."""

import json
from pathlib import Path

import pytest

from workbench.history import usual_seconds
from workbench.pipeline import step_named
from workbench.terminal import JsonLines, Terminal

STEP = "03_gold_user_scores"


def test_a_log_has_a_line_per_event(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal([step_named(STEP)], {}) as terminal:
        terminal.tell("started", STEP, {"cells": 2})
        terminal.tell("cell", STEP, {"cell": 1})
        terminal.tell("done", STEP, {"rows_in": 1000, "rows_out": 6, "seconds": 1.25})
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [f"{STEP} started", f"{STEP} done 1,000 in, 6 out; 1.2 s"]


def test_machines_get_every_event_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines() as lines:
        lines.tell("cell", STEP, {"cell": 1})
        lines.summary({"state": "done"}, Path("runs/a"))
    cell, run = map(json.loads, capsys.readouterr().out.splitlines())
    assert cell.pop("time") <= run.pop("time")
    assert cell == {"event": "cell", "step": STEP, "cell": 1}
    assert run == {"event": "run", "folder": "runs/a", "state": "done"}


def run_of(folder: Path, name: str, state: str, seconds: float, source: str = "a") -> None:
    (folder / name).mkdir()
    facts = {
        "state": state,
        "parameters": {"source": [source]},
        "engine": {"name": "sail"},
        "steps": {STEP: {"seconds": seconds}},
    }
    (folder / name / "run.json").write_text(json.dumps(facts))


def test_the_last_time_is_of_the_latest_run_alike_that_ended_well(tmp_path: Path) -> None:
    run_of(tmp_path, "2024-01-01", "done", 1.0)
    run_of(tmp_path, "2024-01-02", "done", 2.0)
    run_of(tmp_path, "2024-01-03", "failed", 3.0)
    run_of(tmp_path, "2024-01-04", "done", 4.0, source="b")
    (tmp_path / "2024-01-05").mkdir()
    (tmp_path / "2024-01-05/run.json").write_text("broken")
    assert usual_seconds(tmp_path, ["a"], "sail") == {STEP: 2.0}
    assert usual_seconds(tmp_path, ["a"], "spark") == {}
