"""The folders of runs: found by the names that people give them, and read."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.errors import RequestError
from workbench.records.run import RUN_FILE, RunRecord
from workbench.storage import alive, local_path
from workbench.suggest import nearest

LATEST = "latest"


def run_folders(runs: Path) -> list[Path]:
    """The folders of runs, latest first; their names begin with the time of the start."""
    return sorted((path.parent for path in runs.glob(f"*/{RUN_FILE}")), reverse=True)


def find_run(runs: Path, name: str) -> Path:
    """The folder of a run: by its id, the beginning or end of it, `latest`, or its path.

    Raises RequestError where there is none, or more than one.
    """
    local_path(name, "run"), local_path(runs, "--runs")
    if os.sep in name and (Path(name) / RUN_FILE).is_file():
        return Path(name)
    folders = run_folders(runs)
    if not folders:
        raise RequestError(f"--runs: {runs} holds no run. Make one with `workbench run`.")
    if name == LATEST:
        return folders[0]
    exact = [f for f in folders if f.name == name]
    found = exact or [f for f in folders if f.name.startswith(name) or f.name.endswith(name)]
    if len(found) == 1 and name:
        return found[0]
    names = [f.name for f in folders]
    if found:
        raise RequestError(
            f"run: {name!r} stands for {len(found)} runs: {', '.join(f.name for f in found[:5])}. "
            "Give more of the id."
        )
    near = nearest(name, names)
    raise RequestError(
        f"run: there is no run {name!r} in {runs}. "
        + (f"Did you mean {near}? " if near else "")
        + f"The latest are: {', '.join(names[:5])}. `workbench runs` lists all."
    )


def state_of(run: RunRecord) -> str:
    """The state; `killed` where run.json says that it runs, and its process is no more."""
    if run.state != "running":
        return run.state
    return "running" if run.process and alive(run.process) else "killed"
