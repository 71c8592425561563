"""One run: the notebooks of the chain through papermill, one engine, one folder of results.

<runs>/<run_id>/run.json            parameters, sources, engine, counts, proof, per step
<runs>/<run_id>/<step>.ipynb        the executed notebooks
<runs>/<run_id>/charts/, report.html
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.bronze import find
from workbench.chain import Step, ready
from workbench.errors import OutputLost, RequestError, StorageError
from workbench.lake import lake_at
from workbench.meanings import ENGINE_ENDED
from workbench.parameters import CHARTS, SILVER, of_step
from workbench.places import Project
from workbench.record import RECORD_VARIABLE, stamp
from workbench.records import CellDone, RunRecord, Started, StepOutcome
from workbench.runs.failure_text import engine_lost, going_on
from workbench.runs.kernels import Kernels
from workbench.runs.origin import origin, outputs
from workbench.runs.resume import take_over, why_again
from workbench.runs.state import Run, Said, begin, finish, with_recorded, writing
from workbench.storage import SHARED, keep, make_folder, scheme_of, share, told_as
from workbench.words import wording_of

if TYPE_CHECKING:
    from jinja2 import Template

    from workbench.engines import SailServer, SparkServer

Event = Callable[[str, str, Started | CellDone | StepOutcome], None]


def carry_out(
    values: dict[str, Any],
    here: Project,
    engine: str,
    steps: list[Step],
    tell: Event,
    kernels: Kernels,
    server: SailServer | SparkServer | None,
    earlier: RunRecord | None = None,
    said: Said | None = None,
) -> Run:
    """Runs the steps; returns the run, whose state says whether it is done or failed.

    `values` are all parameters, paths absolute. `here` has the notebooks, and takes the run's
    folder. `tell` is called with (event, step, facts).
    `kernels` makes them, one a step; `server` is the engine that they connect to; None is one
    that is there, at an address.
    `earlier` is the record of a run to go on from: what would come out the same is reused.
    `said` is what the record of a sweep's variant says besides.
    Raises RequestError before anything starts where the request is wrong, RunsError where the
    run's folder cannot be written. Where a notebook failed, the executed notebook and run.json
    are there.
    """
    needed = [s.name for s in steps]
    check_request(values, here, needed)
    lake = lake_at(values["lake"])
    started = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(lake.lock())
        stack.callback(lake.sweep)
        if os.environ.get(SHARED) == "1" and not scheme_of(values["lake"]):
            lake.share()
            share(here.runs)
        (lake_at(said.lake) if said else lake).remember_runs(told_as(here.runs))
        stack.enter_context(writing(here.runs))
        under_way = begin(values, here, engine, steps, said)
        try:
            environment = {RECORD_VARIABLE: str(under_way.folder / "records")}
            if server:
                environment |= server.environment
                under_way.server = server.process
            os.environ.update(environment)  # what the kernels are given
            for name in environment:
                stack.callback(os.environ.pop, name)
            if earlier:
                reuse(under_way, steps, earlier, tell)
            execute(under_way, steps, tell, kernels)
        except KeyboardInterrupt as error:
            under_way.interrupted = True
            raise KeyboardInterrupt(going_on(under_way.folder)) from error
        except OutputLost as error:
            raise OutputLost(f"{error}\nGo on with\n  {going_on(under_way.folder)}") from error
        finally:
            finish(under_way, started)
        if CHARTS in needed and under_way.state.state == "done":
            write_report(under_way)
    return under_way


def check_request(values: Mapping[str, Any], here: Project, needed: list[str]) -> None:
    """Raises RequestError where notebooks, source or folders would not let the steps run."""
    for name in needed:
        check_notebook(here.notebooks / f"{name}.ipynb")
    if SILVER in needed:
        find(values["source"], lenient=values.get("lenient", False))
    lake = lake_at(values["lake"])
    check_folder("lake", lake.private.parent)
    with lake.changing():
        lake.make_private()
    check_folder("runs", here.runs)
    if SILVER in needed and values["pii"]:
        lake.hash_key(values["ingestion_date"])
    lake.check_catalog()


def check_notebook(path: Path) -> None:
    """Raises RequestError unless papermill finds the one cell after which to set the parameters.

    Without it they would be set first, and the notebook's own values would replace them.
    """
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    tagged = sum("parameters" in cell["metadata"].get("tags", []) for cell in cells)
    if tagged != 1:
        raise RequestError(
            f"{path} has {tagged} cells with the tag `parameters`, and must have exactly one. "
            "Tag the cell that sets the parameters, and no other (in JupyterLab: Property "
            "Inspector, Cell Tags)."
        )


def check_folder(option: str, folder: Path) -> None:
    """A folder to write to. Raises RequestError where there cannot be one."""
    try:
        make_folder(folder)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise RequestError(
            f"--{option}: {folder} cannot be written to: {error.strerror}. "
            "Name a folder in which you may make files."
        ) from error


def reuse(under_way: Run, steps: list[Step], earlier: RunRecord, tell: Event) -> None:
    """Takes over what an earlier run has done, as far as nothing that it depends on changed."""
    outcomes, before = under_way.state.steps, earlier.folder
    under_way.state.resumed_from = before.name
    for step in steps:
        again = [n for n in step.needs if n in outcomes and outcomes[n].state == "waiting"]
        done = earlier.step(step.name)
        why = f"{again[0]} runs again" if again else ""
        why = why or why_again(
            step,
            under_way.notebooks / f"{step.name}.ipynb",
            done,
            before,
            under_way.values,
            under_way.state.engine,
        )
        if why or done is None:
            outcomes[step.name].why_again = why
        else:
            outcomes[step.name] = take_over(step, done, before, under_way.folder)
            keep_files(under_way, step)
            tell(f"reused from {outcomes[step.name].reused_from}", step.name, done)
    under_way.state.save()


def execute(under_way: Run, steps: list[Step], tell: Event, kernels: Kernels) -> None:
    """Every step as soon as those it needs are done; side by side where the kernels can be."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # `failure` says it better
    outcomes = under_way.state.steps
    waiting = [s for s in steps if outcomes[s.name].state == "waiting"]
    running: dict[Future[StepOutcome], Step] = {}
    with ThreadPoolExecutor(len(steps) + 1) as threads:
        try:
            while waiting or running:
                able = ready(waiting, {n: s.state for n, s in outcomes.items()})
                for step in able if kernels.side_by_side else able[: not running]:
                    waiting.remove(step)
                    outcomes[step.name].state = "running"
                    running[threads.submit(execute_step, under_way, step, tell, kernels)] = step
                    if step.name == CHARTS:  # its kernel leaves a core idle
                        under_way.template = threads.submit(template_of, under_way)
                if not running:
                    break
                under_way.state.save()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcomes[running.pop(future).name] = future.result()
        except BaseException as error:
            under_way.interrupted = isinstance(error, KeyboardInterrupt)
            kernels.stop()  # the kernels end, so that the threads do
            for future, step in running.items():
                outcomes[step.name] = future.result()
            raise
    for step in waiting:
        outcomes[step.name].state = "not run"
        tell("not run", step.name, outcomes[step.name])


def execute_step(under_way: Run, step: Step, tell: Event, kernels: Kernels) -> StepOutcome:
    """One notebook through papermill; returns its outcome, in the words of run.json."""
    # Notebooks are files here; for others papermill would load boto3, a tenth of all its imports.
    sys.modules.setdefault("papermill.s3", None)  # type: ignore[arg-type]
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from workbench.runs.kept import ENGINE

    notebook = under_way.folder / f"{step.name}.ipynb"
    started, clock = datetime.now(UTC), time.monotonic()
    source, values = under_way.notebooks / notebook.name, under_way.values
    outcome = StepOutcome(
        state="running",
        started=stamp(started),
        why_again=under_way.state.steps[step.name].why_again,
        notebook=notebook.name,
        origin=origin(step, source, values, under_way.state.engine),
    )

    def cell_done(cell: Any, cell_index: int, **_: Any) -> None:
        tell("cell", step.name, CellDone(cell=cell_index))

    silver = under_way.state.step(SILVER)
    users, cells = silver.rows_out if silver else None, count_cells(source)
    tell("started", step.name, Started(cells=cells, rows_in=users, why_again=outcome.why_again))
    try:
        with kernels.step(under_way.folder):
            papermill.execute_notebook(
                plain(source),
                plain(notebook),
                parameters=of_step(step.name, values)
                | {"engine": under_way.engine}
                | kernels.parameters(step.name),
                engine_name=ENGINE,
                progress_bar=False,
                kernel_name="python3",  # this environment's, whatever a person last ran it with
                kernel_manager_class=kernels.manager,
                shutdown_kernel="immediate",
                on_cell_executed=cell_done,
            )
        outcome.made = outputs(step, values, under_way.folder)
        outcome.state = "done"
    except PapermillExecutionError as error:
        outcome.state, outcome.cell, outcome.message = "failed", error.exec_count, str(error.evalue)
        outcome.error = ENGINE_ENDED if engine_lost(error.traceback) else error.ename
    except Exception as error:  # a kernel that died, a disk that is full
        outcome.state, outcome.error, outcome.message = "failed", type(error).__name__, str(error)
    if under_way.server and under_way.server.poll() is not None and outcome.state == "failed":
        outcome.error = ENGINE_ENDED
    if under_way.interrupted and outcome.state == "failed":
        outcome.state = "interrupted"
    outcome.finished = stamp(datetime.now(UTC))
    outcome.seconds = round(time.monotonic() - clock, 3)
    try:
        outcome = with_recorded(outcome, under_way.folder, step)
        keep_files(under_way, step)
    except StorageError as error:
        outcome.state, outcome.error, outcome.message = "failed", "StorageError", str(error)
    except ValueError as error:
        said = f"what the notebook recorded cannot be kept in run.json: {error}"
        outcome.state, outcome.error, outcome.message = "failed", "RecordError", said
    tell(outcome.state, step.name, outcome)
    return outcome


def plain(path: Path) -> str:
    """A path as papermill takes it, which puts parameters in the place of `{name}`."""
    return str(path).replace("{", "{{").replace("}", "}}")


def count_cells(path: Path) -> int:
    """How many cells papermill executes: those with code, and one more with the parameters."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return 1 + [cell["cell_type"] for cell in cells].count("code")


def template_of(under_way: Run) -> Template:
    """The report's template: made while the charts are, for it takes its time."""
    from workbench.report import report_template

    return report_template(wording_of(under_way.values))


def write_report(under_way: Run) -> None:
    from workbench.report import build_report

    out, wording = under_way.folder / "report.html", wording_of(under_way.values)
    made = under_way.template.result() if under_way.template else None
    build_report(under_way.state, under_way.folder / "charts", out, wording, made)
    keep(out)


def keep_files(under_way: Run, step: Step) -> None:
    """Puts what a step has left in the run's folder where the runs are kept, if that is not it."""
    folder = under_way.folder
    for path in (folder / f"{step.name}.ipynb", folder / "records" / f"{step.name}.json"):
        if path.exists():
            keep(path)
    if step.name == CHARTS:
        keep(folder / "charts")
