"""Going on from an earlier run: its steps that would come out the same are not run again.

The new run has a folder and a record of its own, and takes over the notebooks, the charts and the
facts of what it reuses; the record of the earlier run stays as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.bronze import find
from workbench.chain import Step
from workbench.errors import RequestError
from workbench.parameters import CHARTS, SILVER
from workbench.proof import SourceFile
from workbench.records import Engine, RunRecord, StepOutcome, find_run, read_run
from workbench.runs import origin as lineage
from workbench.storage import fetch


def earlier_run(runs: Path, name: str) -> RunRecord:
    """What run.json of a run holds; the name is as `workbench runs` takes it.

    Raises RequestError, naming the nearest, if there is none; or if nothing is there to go on from.
    """
    folder = find_run(runs, name)
    fetch(folder)
    run = read_run(folder)
    if not run.steps:
        raise RequestError(
            f"--resume: the run {run.folder.name} was forgotten. Start one without --resume."
        )
    return run


def why_again(
    step: Step,
    notebook: Path,
    earlier: StepOutcome | None,
    run: Path,
    values: Mapping[str, Any],
    engine: Engine,
) -> str:
    """Why a step must run again, in a few words; empty where its result of before still holds.

    `earlier` is its outcome in the run in the folder `run`. Reads the source once, to be sure of
    its bytes, where nothing else tells that it changed.
    """
    if earlier is None or earlier.state != "done":
        return f"it was {earlier.state if earlier else 'not part of that run'}"
    then = earlier.origin
    if then is None or earlier.notebook is None:
        return "it is not known what it was made from"
    now = lineage.origin(step, notebook, values, engine)
    for part in ("notebook", "library", "engine"):
        if getattr(now, part) != getattr(then, part):
            return f"the {part} changed"
    changed = differing(then.parameters, now.parameters)
    if changed:
        return f"changed: {', '.join(changed)}"
    changed = differing(then.inputs, now.inputs)
    if changed:
        return f"changed since: {', '.join(changed)}"
    changed = differing(earlier.made or {}, lineage.outputs(step, values, run))
    if changed or not (run / earlier.notebook).is_file():
        return f"changed or gone: {', '.join(changed) or 'its notebook'}"
    if step.name == SILVER and source_changed(
        earlier.sources or [], values["source"], values.get("lenient", False)
    ):
        return "changed: the source"
    return ""


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names whose values differ; what is not there on one side differs from all but None."""
    return [name for name in {**then, **now} if then.get(name) != now.get(name)]


def source_changed(then: list[SourceFile], source: list[str], lenient: bool) -> bool:
    """Whether the source's files, sizes or bytes are others than they were."""
    before = {s.path: (s.bytes, s.sha256) for s in then}
    now = {s.path: s.bytes for s in find(source, lenient=lenient)}
    if now != {path: size for path, (size, _) in before.items()}:
        return True
    return lineage.source_digests(now) != {path: sha for path, (_, sha) in before.items()}


def take_over(step: Step, earlier: StepOutcome, run: Path, folder: Path) -> StepOutcome:
    """The outcome of a step of the run in `run`, with its files, as one of the run in `folder`."""
    notebook = str(earlier.notebook)
    shutil.copy2(run / notebook, folder / notebook)
    record = Path("records") / f"{step.name}.json"
    if (run / record).is_file():
        shutil.copy2(run / record, folder / record)
    if step.name == CHARTS:
        shutil.copytree(run / "charts", folder / "charts")
    return replace(earlier, reused_from=earlier.reused_from or run.name)
