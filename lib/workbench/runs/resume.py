"""Going on from an earlier run: its steps that would come out the same are not run again.

The new run has a folder and a record of its own, and takes over the notebooks, the charts and the
facts of what it reuses; the record of the earlier run stays as it was.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.bronze import find
from workbench.chain import Step
from workbench.errors import RequestError
from workbench.parameters import CHARTS, SILVER
from workbench.runs import origin as lineage


def earlier_run(runs: Path, name: str) -> dict[str, Any]:
    """What run.json of a run holds, and its `folder`; the name is as `workbench runs` takes it.

    Raises RequestError, naming the nearest, if there is none; or if nothing is there to go on from.
    """
    from workbench.records import find_run, read_run

    folder = find_run(runs, name)
    state = read_run(folder)
    try:
        state["parameters"]["lake"], state["engine"]["name"], state["steps"]
    except (KeyError, TypeError) as error:
        raise RequestError(
            f"--resume: {folder / 'run.json'} is no record of a run. Start one without --resume."
        ) from error
    if not state["steps"]:
        raise RequestError(
            f"--resume: the run {folder.name} was forgotten. Start one without --resume."
        )
    return state | {"folder": str(folder)}


def why_again(
    step: Step,
    notebook: Path,
    earlier: Mapping[str, Any],
    run: Path,
    values: Mapping[str, Any],
    engine: Mapping[str, str],
) -> str:
    """Why a step must run again, in a few words; empty where its result of before still holds.

    `earlier` is its outcome in the run in the folder `run`. Reads the source once, to be sure of
    its bytes, where nothing else tells that it changed.
    """
    if earlier.get("state") != "done":
        return f"it was {earlier.get('state', 'not part of that run')}"
    then = earlier.get("origin")
    if not then:
        return "it is not known what it was made from"
    now = lineage.origin(step, notebook, values, engine)
    for part in ("notebook", "library", "engine"):
        if now[part] != then[part]:
            return f"the {part} changed"
    changed = differing(then["parameters"], now["parameters"])
    if changed:
        return f"changed: {', '.join(changed)}"
    changed = differing(then["inputs"], now["inputs"])
    if changed:
        return f"changed since: {', '.join(changed)}"
    changed = differing(earlier.get("made") or {}, lineage.outputs(step, values, run))
    if changed or not (run / earlier["notebook"]).is_file():
        return f"changed or gone: {', '.join(changed) or 'its notebook'}"
    if step.name == SILVER and source_changed(earlier["sources"], values["source"]):
        return "changed: the source"
    return ""


def differing(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names whose values differ; what is not there on one side differs from all but None."""
    return [name for name in {**then, **now} if then.get(name) != now.get(name)]


def source_changed(then: list[dict[str, Any]], source: list[str]) -> bool:
    """Whether the source's files, sizes or bytes are others than they were."""
    before = {s["path"]: (s["bytes"], s["sha256"]) for s in then}
    now = {s.path: s.bytes for s in find(source)}
    if now != {path: size for path, (size, _) in before.items()}:
        return True
    return lineage.source_digests(now) != {path: sha for path, (_, sha) in before.items()}


def take_over(step: Step, earlier: Mapping[str, Any], run: Path, folder: Path) -> dict[str, Any]:
    """The outcome of a step of the run in `run`, with its files, as one of the run in `folder`."""
    shutil.copy2(run / earlier["notebook"], folder / earlier["notebook"])
    record = Path("records") / f"{step.name}.json"
    if (run / record).is_file():
        shutil.copy2(run / record, folder / record)
    if step.name == CHARTS:
        shutil.copytree(run / "charts", folder / "charts")
    return {"reused_from": run.name} | dict(earlier)
