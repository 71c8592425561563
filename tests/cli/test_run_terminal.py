"""What a run says while it goes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from workbench.chain import step_named
from workbench.cli.json_lines import JsonLines
from workbench.cli.run_terminal import Terminal
from workbench.records.history import usual_seconds
from workbench.records.run import CellDone, RunRecord, Started, StepOutcome
from workbench.stored import from_json

STEP = "03_gold_user_scores"


def test_a_log_has_a_line_per_event_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal([step_named(STEP)], {STEP: 1.04}) as terminal:
        terminal.tell("started", STEP, Started(cells=2, rows_in=1000, why_again="it was failed"))
        terminal.tell("cell", STEP, CellDone(cell=1))
        terminal.tell("done", STEP, StepOutcome(rows_in=1000, rows_out=6, seconds=1.25))
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert [" ".join(line.split()) for _, line in lines] == [
        f"{STEP} started 1,000 in, again: it was failed, expected 1.0 s",
        f"{STEP} done 1,000 in, 6 out; 1.2 s",
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time) for time, _ in lines)


def test_a_terminal_shows_cells_and_elapsed_beside_expected_time() -> None:
    terminal = Terminal([step_named(STEP)], {STEP: 2.0})
    terminal.live = True
    terminal.tell("started", STEP, Started(cells=5, rows_in=1000, why_again=None))
    terminal.tell("cell", STEP, CellDone(cell=1))
    assert re.search(r"━+ +0\.\d of ~2\.0 s +1,000 in, cell 1 of 5", drawn(terminal))
    terminal.tell("done", STEP, StepOutcome(rows_in=1000, rows_out=6))
    assert re.search(r"0\.\d s +done  1,000 in, 6 out", drawn(terminal))


def drawn(terminal: Terminal) -> str:
    """What the progress would show now."""
    console = Console(width=120, force_terminal=False)
    with console.capture() as shown:
        console.print(terminal.progress.get_renderable())
    return shown.get()


RUN = {
    "run_id": "a",
    "state": "done",
    "started": "2024-01-01T00:00:00.000Z",
    "parameters": {},
    "engine": {"name": "sail", "version": "1"},
    "git_commit": None,
    "steps": {},
}


def test_machines_get_every_event_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines() as lines:
        lines.tell("cell", STEP, CellDone(cell=1))
        lines.summary(from_json(RunRecord, RUN), Path("runs/a"))
    cell, run = map(json.loads, capsys.readouterr().out.splitlines())
    assert cell.pop("time") <= run.pop("time")
    assert cell == {"event": "cell", "step": STEP, "cell": 1}
    assert run == {"event": "run", "folder": "runs/a", "version": 1} | RUN | {"versions": {}}


KIND = {"key": "_id", "explode": "products", "score": "score"}


def run_of(folder: Path, name: str, seconds: float, read: int = 100, **more: str) -> None:
    (folder / name).mkdir()
    step = {"seconds": seconds} | ({"reused_from": "x"} if more.pop("reused", "") else {})
    facts = RUN | {
        "parameters": KIND | ({"key": more.pop("key")} if "key" in more else {}),
        "sources": [{"path": "a", "bytes": read}],
        "steps": {STEP: step},
    }
    (folder / name / "run.json").write_text(json.dumps(facts | more))


def test_the_expected_time_is_the_median_of_runs_alike_that_ended_well(tmp_path: Path) -> None:
    for day, seconds in enumerate([1.0, 2.0, 9.0], 1):
        run_of(tmp_path, f"2024-01-{day:02}", seconds, read=100 + day)
    run_of(tmp_path, "2024-02-01", 3.0, state="failed")
    run_of(tmp_path, "2024-02-02", 4.0, read=1000)
    run_of(tmp_path, "2024-02-03", 5.0, reused="yes")
    run_of(tmp_path, "2024-02-04", 6.0, key="id")
    (tmp_path / "2024-02-05").mkdir()
    (tmp_path / "2024-02-05/run.json").write_text("broken")
    assert usual_seconds(tmp_path, 100, "sail", KIND) == {STEP: 2.0}
    assert usual_seconds(tmp_path, 100, "spark", KIND) == {}
    assert usual_seconds(tmp_path, None, "sail", KIND) == {}


def test_a_line_of_json_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else steps side by side would write between a line and its end."""
    writes: list[str] = []
    monkeypatch.setattr("sys.stdout", SimpleNamespace(write=writes.append, flush=lambda: None))
    JsonLines().tell("cell", "02", CellDone(cell=1))
    (line,) = filter(None, writes)
    assert line.endswith("}\n")


def test_a_run_is_told_without_pandas_which_takes_long_to_load() -> None:
    asked = "import sys, workbench.cli.run_terminal; print('pandas' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", asked], text=True) == "False\n"
