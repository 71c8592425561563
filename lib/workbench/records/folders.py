"""The folders of runs: found by the names that people give them, and read."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from workbench.errors import RequestError
from workbench.records.run import RUN_FILE, RunRecord
from workbench.storage import alive, local_path, place_behind, scheme_of, stand_in, told_as
from workbench.suggest import nearest

LATEST = "latest"


def run_folders(runs: Path) -> list[Path]:
    """The folders of runs, latest first; their names begin with the time of the start."""
    store = place_behind(runs)
    names = store.folders() if store else [p.parent.name for p in runs.glob(f"*/{RUN_FILE}")]
    return [runs / name for name in sorted(names, reverse=True)]


def find_run(runs: Path, name: str) -> Path:
    """The folder of a run: by its id, the beginning or end of it, `latest`, or its path.

    Raises RequestError where there is none, or more than one.
    """
    if scheme_of(name):
        parent, _, name = name.rstrip("/").rpartition("/")
        runs = stand_in(parent)
    local_path(runs, "--runs")
    if os.sep in name and (Path(name) / RUN_FILE).is_file():
        return Path(name)
    folders = run_folders(runs)
    if not folders:
        raise RequestError(f"--runs: {told_as(runs)} holds no run. Make one with `workbench run`.")
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
        f"run: there is no run {name!r} in {told_as(runs)}. "
        + (f"Did you mean {near}? " if near else "")
        + f"The latest are: {', '.join(names[:5])}. `workbench runs` lists all."
    )


def state_of(run: RunRecord) -> str:
    """The state; `killed` where run.json says that it runs, and its process is no more."""
    if run.state != "running":
        return run.state
    if run.machine not in (None, socket.gethostname()) or "execution" in run.more:
        return "running"  # as far as can be told from here
    return "running" if run.process and alive(run.process) else "killed"
