"""The folders of runs: found by the names that people give them, and read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from workbench.errors import RequestError
from workbench.storage import alive, local_path
from workbench.suggest import nearest

LATEST = "latest"


def read_run(folder: Path) -> dict[str, Any]:
    """What run.json says. RequestError where it cannot be read."""
    try:
        run: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{folder / 'run.json'} cannot be read: {error}") from error
    return run


def run_folders(runs: Path) -> list[Path]:
    """The folders of runs, latest first; their names begin with the time of the start."""
    return sorted((path.parent for path in runs.glob("*/run.json")), reverse=True)


def find_run(runs: Path, name: str) -> Path:
    """The folder of a run: by its id, the beginning or end of it, `latest`, or its path.

    Raises RequestError where there is none, or more than one.
    """
    local_path(name, "run"), local_path(runs, "--runs")
    if os.sep in name and (Path(name) / "run.json").is_file():
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


def state_of(run: dict[str, Any]) -> str:
    """The state; `killed` where run.json says that it runs, and its process is no more."""
    if run["state"] != "running":
        return str(run["state"])
    process = run.get("process")
    return "running" if process and alive(process) else "killed"
