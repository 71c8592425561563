"""One run: the notebooks of the chain through papermill, one engine, one folder of results.

<runs>/<run_id>/run.json            parameters, sources, engine, counts, proof, per step
<runs>/<run_id>/<step>.ipynb        the executed notebooks
<runs>/<run_id>/charts/, report.html
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from workbench.bronze import find
from workbench.chain import Step, ready
from workbench.engines import SESSION_VARIABLE
from workbench.errors import OutputLost, RequestError
from workbench.lake import STAGED_FOR, lake_at
from workbench.parameters import CHARTS, SILVER
from workbench.places import Project
from workbench.record import RECORD_VARIABLE
from workbench.records import RunRecord, StepOutcome
from workbench.runs.failure_text import going_on
from workbench.runs.kernels import Kernels
from workbench.runs.one_step import Event, execute_step, keep_files
from workbench.runs.resume import take_over, why_again
from workbench.runs.state import Run, Said, begin, finish, writing
from workbench.storage import SHARED, keep, make_folder, scheme_of, share, stamped, told_as, undone
from workbench.words import wording_of

if TYPE_CHECKING:
    from jinja2 import Template

    from workbench.engines import SailServer, SparkServer


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
        mark = stamped()
        stack.callback(lake.sweep, over=mark)  # kernels of steps that failed are ended at once
        if os.environ.get(SHARED) == "1" and not scheme_of(values["lake"]):
            lake.share()
            share(here.runs)
        (lake_at(said.lake) if said else lake).remember_runs(told_as(here.runs))
        stack.enter_context(writing(here.runs))
        under_way = begin(values, here, engine, steps, said)
        try:
            environment = {RECORD_VARIABLE: str(under_way.folder / "records"), STAGED_FOR: mark}
            environment[SESSION_VARIABLE] = str(uuid4())
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
    with undone(lake.private / "staging", here.runs):
        check_folder("lake", lake.private.parent)
        with lake.changing():
            lake.make_private()
        check_folder("runs", here.runs)
        lake.check_catalog()
        if SILVER in needed and values["pii"]:
            lake.hash_key(values["ingestion_date"])


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
    with kernels.ahead(len(waiting)), ThreadPoolExecutor(len(steps) + 1) as threads:
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
