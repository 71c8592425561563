"""A step of the chain in a Glue job: its notebook as it is, its record beside those of the others.

Glue gives the arguments `--step`, `--run` (JSON, from execution.begin), `--code`, `--hash-key`,
`--catalog` (the databases in which tables are registered).
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.aws.notebook import CellFailed, execute
from workbench.aws.objects import change_json, text_of
from workbench.aws.state_machine import REPORT
from workbench.chain import step_named
from workbench.errors import StepFailed
from workbench.parameters import CHARTS, of_step
from workbench.record import RECORD_VARIABLE, stamp
from workbench.storage import store_of
from workbench.stored import as_json, from_json

KEY_VARIABLE = "WORKBENCH_PII_KEY"
CATALOG_VARIABLE = "WORKBENCH_CATALOG"
WAIT_VARIABLE = "WORKBENCH_LOCK_WAIT"
WAIT = "900"  # seconds for which a job waits for another that publishes in the same lake


def main(arguments: Sequence[str]) -> None:
    """Runs one step, or makes the report. Raises StepFailed: Glue shows it as the job's error."""
    given = options(arguments)
    run = json.loads(given["run"])
    if given.get("hash-key", "none") != "none":
        os.environ[KEY_VARIABLE] = given["hash-key"]
    os.environ.setdefault(WAIT_VARIABLE, WAIT)
    if "catalog" in given:
        os.environ[CATALOG_VARIABLE] = given["catalog"]
    with tempfile.TemporaryDirectory() as folder:
        if given["step"] == REPORT:
            write_report(run["folder"], Path(folder))
        else:
            run_step(given["step"], run, given["code"], Path(folder))


def options(arguments: Sequence[str]) -> dict[str, str]:
    """`--name value` pairs, Glue's own among them."""
    found = {}
    for at, word in enumerate(arguments):
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            found[name] = value if equals else "".join(arguments[at + 1 : at + 2])
    return found


def run_step(name: str, run: dict[str, Any], code: str, folder: Path) -> None:
    """One notebook: executed, kept with its outputs, its outcome in run.json."""
    from workbench.session import session

    kept = store_of(run["folder"])
    file = f"{name}.ipynb"
    notebook = json.loads(store_of(code).join("notebooks", file).read())
    os.environ[RECORD_VARIABLE] = str(folder)
    values = of_step(name, run["parameters"])
    if name == CHARTS:
        values["charts"] = str(folder / "charts")
    started, clock = datetime.now(UTC), time.monotonic()
    outcome: dict[str, Any] = {"started": stamp(started), "notebook": file}
    tell(run["folder"], name, outcome | {"state": "running"})
    session()  # Glue's own; the notebook takes it
    try:
        execute(notebook, values, lambda cells: None)
        outcome["state"] = "done"
    except CellFailed as failed:
        outcome |= {"state": "failed", "cell": failed.cell}
        outcome |= {"error": failed.error, "message": failed.message}
        raise StepFailed(f"{name} failed in the cell {failed}") from failed
    finally:
        kept.join(file).write(text_of(notebook))
        for chart in sorted((folder / "charts").glob("*")):
            kept.join("charts", chart.name).write(chart.read_bytes())
        outcome |= {"finished": stamp(datetime.now(UTC))}
        outcome |= {"seconds": round(time.monotonic() - clock, 3)}
        tell(run["folder"], name, with_recorded_by(name, folder, outcome))


def with_recorded_by(name: str, folder: Path, outcome: dict[str, Any]) -> dict[str, Any]:
    """The outcome with what the notebook recorded, in the words of run.json."""
    from workbench.records import StepOutcome
    from workbench.runs import with_recorded

    (folder / "records").mkdir()
    kept = folder / f"{name}.json"
    if kept.exists():
        kept.rename(folder / "records" / kept.name)
    ended = with_recorded(from_json(StepOutcome, outcome), folder, step_named(name))
    told: dict[str, Any] = as_json(ended)
    return told


def tell(run: str, step: str, outcome: dict[str, Any]) -> None:
    """The outcome of a step into run.json, where other steps write theirs at the same time."""
    change_json(f"{run}/run.json", lambda record: record["steps"].__setitem__(step, outcome))


def write_report(run: str, folder: Path) -> None:
    """The last word in run.json, and the page beside it."""
    from workbench.records import RunRecord
    from workbench.report import build_report
    from workbench.runs import conclude
    from workbench.words import wording_of

    def finish(record: dict[str, Any]) -> None:
        run = from_json(RunRecord, record)
        conclude(run)
        run.seconds = (now - datetime.fromisoformat(run.started)).total_seconds()
        record |= as_json(run)

    now = datetime.now(UTC)
    state = from_json(RunRecord, change_json(f"{run}/run.json", finish))
    charts = folder / "charts"
    charts.mkdir()
    for found in store_of(f"{run}/charts").files():
        chart = store_of(found.address)
        (charts / chart.name).write_bytes(chart.read())
    page = build_report(state, charts, folder / "report.html", wording_of(state.parameters))
    store_of(run).join(page.name).write(page.read_bytes())
