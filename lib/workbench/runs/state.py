"""What a run knows of itself: run.json, from its first word to its last."""

from __future__ import annotations

import json
import os
import platform
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.chain import Step
from workbench.errors import LakeError, RunsError
from workbench.parameters import PRODUCTS, SCORES, SILVER
from workbench.places import Project
from workbench.record import stamp
from workbench.storage import local_path, of_files, write_whole


@dataclass
class Run:
    """A run under way: where it writes, with which parameters, and what it knows so far."""

    folder: Path
    notebooks: Path
    values: dict[str, Any]
    engine: str
    state: dict[str, Any]
    interrupted: bool = False
    server: subprocess.Popen[bytes] | None = None

    def save(self) -> None:
        """run.json, replaced in one step."""
        text = json.dumps(self.state, indent=1, ensure_ascii=False, default=str)
        write_whole(self.folder / "run.json", text + "\n")


def begin(
    values: dict[str, Any],
    here: Project,
    engine: str,
    steps: list[Step],
    said: Mapping[str, Any],
) -> Run:
    """A new run folder and the first run.json, in which `said` goes before what it would say."""
    now = datetime.now(UTC)
    run_id = f"{now:%Y-%m-%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = local_path(here.runs, "--runs") / run_id
    (folder / "records").mkdir(parents=True)
    values = values | {"charts": str(folder / "charts")}
    state = {
        "run_id": run_id,
        "state": "running",
        "started": stamp(now),
        "process": os.getpid(),
        "parameters": values | said.get("parameters", {}),
        "engine": {"name": engine, "version": engine_version(engine)},
        "versions": {
            "python": platform.python_version(),
            "pyspark": version("pyspark"),
            "workbench": version("workbench"),
        },
        "git_commit": git_commit(here.notebooks),
        "steps": {s.name: {"state": "waiting"} for s in steps},
    }
    state |= {name: value for name, value in said.items() if name != "parameters"}
    made = Run(folder, here.notebooks, values, engine, state)
    made.save()
    return made


@contextmanager
def writing(runs: Path) -> Iterator[None]:
    """Raises RunsError, naming the folder, where a run's own files cannot be written.

    Raises LakeError where it is another file, of a table that the run looks at.
    """
    try:
        yield
    except OSError as error:
        if not of_files(error):
            raise
        if error.filename and runs not in Path(error.filename).parents:
            raise LakeError(
                f"{error.filename} cannot be read: {error.strerror}. Check its owner and its mode."
            ) from error
        raise RunsError(
            f"--runs: {error.filename or runs} cannot be written: {error.strerror}. Tables that "
            "were published stay. Free some space there, or name another folder, and run again."
        ) from error


def recorded(folder: Path, step: Step) -> dict[str, Any]:
    """What the notebook recorded, in the words of run.json."""
    path = folder / "records" / f"{step.name}.json"
    if not path.exists():
        return {}
    facts = json.loads(path.read_text(encoding="utf-8"))
    names = {"documents": "rows_in", "rows": "rows_out"}
    kept = {names.get(k, k): v for k, v in facts.items() if k != "table"}
    return kept | {"quarantined": facts.get("quarantined", 0)}


def finish(under_way: Run, started: float) -> None:
    """The last word in run.json: state, time, and the counts and proof of the whole run."""
    conclude(under_way.state, under_way.interrupted)
    under_way.state["seconds"] = round(time.monotonic() - started, 3)
    under_way.save()


def conclude(state: dict[str, Any], interrupted: bool = False) -> None:
    """What the steps of a run come to: its state, its end, its counts, its proof."""
    for step in state["steps"].values():
        if step["state"] in ("running", "waiting"):
            step["state"] = "interrupted" if step["state"] == "running" else "not run"
    states = {s["state"] for s in state["steps"].values()}
    if interrupted:
        state["state"] = "interrupted"
    else:
        state["state"] = "done" if states == {"done"} else "failed"
    state["finished"] = stamp(datetime.now(UTC))
    silver = state["steps"].get(SILVER, {})
    if silver.get("state") == "done":
        state["sources"] = silver["sources"]
        state["drift"] = silver["drift"]
        state["counts"] = {
            "documents": silver["rows_in"],
            "silver": silver["rows_out"],
            "quarantined": silver["quarantined"],
            "reasons": silver["reasons"],
        }
    proofs = [
        state["steps"][s]["fingerprints"]
        for s in (SILVER, PRODUCTS, SCORES)
        if "fingerprints" in state["steps"].get(s, {})
    ]
    if silver.get("fingerprints"):
        state["proof"] = {
            "leaves": silver["leaves"],
            "paths": len(silver["fingerprints"]["source"]),
            "agrees": len(proofs) == sum(s in state["steps"] for s in (SILVER, PRODUCTS, SCORES)),
        }


def engine_version(engine: str) -> str:
    return version("pysail") if engine == "sail" else version("pyspark")


def git_commit(notebooks: Path) -> str | None:
    """The commit of the checkout that the notebooks are kept in, or None where they are in none."""
    kept = f"HEAD:./{SILVER}.ipynb"
    command = ["git", "-C", str(notebooks), "rev-parse", "HEAD", kept]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.split()[0]
