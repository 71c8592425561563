"""One step of a run: its notebook through papermill, and what became of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.chain import Step
from workbench.errors import StorageError
from workbench.meanings import ENGINE_ENDED
from workbench.parameters import CHARTS, SILVER, of_step
from workbench.record import stamp
from workbench.records import CellDone, Started, StepOutcome
from workbench.runs.failure_text import engine_lost
from workbench.runs.kernels import Kernels
from workbench.runs.origin import origin, outputs
from workbench.runs.state import Run, with_recorded
from workbench.storage import keep

Event = Callable[[str, str, Started | CellDone | StepOutcome], None]


def execute_step(under_way: Run, step: Step, tell: Event, kernels: Kernels) -> StepOutcome:
    """One notebook through papermill; returns its outcome, in the words of run.json."""
    started, clock = datetime.now(UTC), time.monotonic()
    source, values = under_way.notebooks / f"{step.name}.ipynb", under_way.values
    outcome = StepOutcome(
        state="running",
        started=stamp(started),
        why_again=under_way.state.steps[step.name].why_again,
        notebook=source.name,
        origin=origin(step, source, values, under_way.state.engine),
    )
    silver = under_way.state.step(SILVER)
    users, cells = silver.rows_out if silver else None, count_cells(source)
    tell("started", step.name, Started(cells=cells, rows_in=users, why_again=outcome.why_again))
    execute_notebook(under_way, step, tell, kernels, outcome)
    if under_way.server and under_way.server.poll() is not None and outcome.state == "failed":
        outcome.error = ENGINE_ENDED
    if under_way.interrupted and outcome.state == "failed":
        outcome.state = "interrupted"
    outcome.finished = stamp(datetime.now(UTC))
    outcome.seconds = round(time.monotonic() - clock, 3)
    outcome = with_what_it_left(under_way, step, outcome)
    tell(outcome.state, step.name, outcome)
    return outcome


def execute_notebook(
    under_way: Run, step: Step, tell: Event, kernels: Kernels, outcome: StepOutcome
) -> None:
    """The notebook executed into the run's folder; the outcome says what became of it."""
    # Notebooks are files here; for others papermill would load boto3, a tenth of all its imports.
    sys.modules.setdefault("papermill.s3", None)  # type: ignore[arg-type]
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from workbench.runs.kept import ENGINE

    def cell_done(cell: Any, cell_index: int, **_: Any) -> None:
        tell("cell", step.name, CellDone(cell=cell_index))

    name, values = f"{step.name}.ipynb", of_step(step.name, under_way.values)
    try:
        with kernels.step(under_way.folder):
            papermill.execute_notebook(
                plain(under_way.notebooks / name),
                plain(under_way.folder / name),
                parameters=values | {"engine": under_way.engine} | kernels.parameters(step.name),
                engine_name=ENGINE,
                progress_bar=False,
                kernel_name="python3",  # this environment's, whatever a person last ran it with
                kernel_manager_class=kernels.manager,
                shutdown_kernel="immediate",
                on_cell_executed=cell_done,
            )
        outcome.made = outputs(step, under_way.values, under_way.folder)
        outcome.state = "done"
    except PapermillExecutionError as error:
        outcome.cell = error.exec_count
        lost = engine_lost(error.traceback)
        fail(outcome, ENGINE_ENDED if lost else error.ename, str(error.evalue))
    except Exception as error:  # a kernel that died, a disk that is full
        fail(outcome, type(error).__name__, str(error))


def with_what_it_left(under_way: Run, step: Step, outcome: StepOutcome) -> StepOutcome:
    """The outcome with what the notebook recorded; its files are where the run's are kept."""
    try:
        outcome = with_recorded(outcome, under_way.folder, step)
        keep_files(under_way, step)
    except StorageError as error:
        fail(outcome, "StorageError", str(error))
    except ValueError as error:
        said = f"what the notebook recorded cannot be kept in run.json: {error}"
        fail(outcome, "RecordError", said)
    return outcome


def fail(outcome: StepOutcome, error: str, message: str) -> None:
    outcome.state, outcome.error, outcome.message = "failed", error, message


def plain(path: Path) -> str:
    """A path as papermill takes it, which puts parameters in the place of `{name}`."""
    return str(path).replace("{", "{{").replace("}", "}}")


def count_cells(path: Path) -> int:
    """How many cells papermill executes: those with code, and one more with the parameters."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return 1 + [cell["cell_type"] for cell in cells].count("code")


def keep_files(under_way: Run, step: Step) -> None:
    """Puts what a step has left in the run's folder where the runs are kept, if that is not it."""
    folder = under_way.folder
    for path in (folder / f"{step.name}.ipynb", folder / "records" / f"{step.name}.json"):
        if path.exists():
            keep(path)
    if step.name == CHARTS:
        keep(folder / "charts")
