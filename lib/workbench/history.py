"""The runs that were: found, listed, and told by the names that people give them."""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import RequestError
from workbench.lake import Lake, alive

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


def usual_seconds(runs: Path, source: list[str], engine: str) -> dict[str, float]:
    """How long each step took the last time that it ended well on these sources and engine."""
    for folder in run_folders(runs):
        try:
            run = read_run(folder)
            same = run["parameters"]["source"] == source and run["engine"]["name"] == engine
            if same and run["state"] == "done":
                return {name: float(step["seconds"]) for name, step in run["steps"].items()}
        except (RequestError, KeyError, TypeError):  # one that is broken tells nothing
            continue
    return {}


def find_run(runs: Path, name: str) -> Path:
    """The folder of a run: by its id, the beginning or end of it, `latest`, or its path.

    Raises RequestError where there is none, or more than one.
    """
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
    near = difflib.get_close_matches(name, names, 1, 0.5)
    raise RequestError(
        f"run: there is no run {name!r} in {runs}. "
        + (f"Did you mean {near[0]}? " if near else "")
        + f"The latest are: {', '.join(names[:5])}. `workbench runs` lists all."
    )


def list_runs(runs: Path) -> pd.DataFrame:
    """The history. Grain: one row per run, latest first.

    Columns: run_id, started (UTC), source (names of files), ingestion_date, documents, silver,
    quarantined (rows; null where the run did not read), state, seconds, engine.
    """
    columns = [
        "run_id", "started", "source", "ingestion_date", "documents", "silver", "quarantined",
        "state", "seconds", "engine",
    ]  # fmt: skip
    rows = [facts(folder) for folder in run_folders(runs)]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def facts(folder: Path) -> dict[str, Any]:
    """A run in one row. One whose run.json is broken is named and nothing else is said of it."""
    try:
        run = read_run(folder)
    except RequestError:
        return {"run_id": folder.name, "state": "unreadable"}
    values, counts = run["parameters"], run.get("counts") or {}
    return {
        "run_id": run["run_id"],
        "started": run["started"][:19].replace("T", " "),
        "source": ", ".join(os.path.basename(path.rstrip("/")) for path in values["source"]),
        "ingestion_date": values["ingestion_date"],
        "documents": counts.get("documents"),
        "silver": counts.get("silver"),
        "quarantined": counts.get("quarantined"),
        "state": state_of(run),
        "seconds": run.get("seconds"),
        "engine": run["engine"]["name"],
    }


def state_of(run: dict[str, Any]) -> str:
    """The state; `killed` where run.json says that it runs, and no run holds its lake."""
    if run["state"] != "running":
        return str(run["state"])
    try:
        holder = (Lake(run["parameters"]["lake"]).private / "lock").read_text().strip()
    except OSError:
        holder = ""
    return "running" if holder.isdigit() and alive(int(holder)) else "killed"
