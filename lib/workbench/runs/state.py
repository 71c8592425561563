"""What a run knows of itself: run.json, from its first word to its last."""

from __future__ import annotations

import os
import platform
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.chain import Step
from workbench.errors import LakeError, RunsError
from workbench.parameters import PRODUCTS, SCORES, SILVER
from workbench.places import Project
from workbench.record import recorded, stamp
from workbench.records import Counts, Engine, Proof, RunRecord, StepOutcome, Sweep
from workbench.storage import make_folder, of_files, told_as
from workbench.stored import as_json, from_json

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass
class Run:
    """A run under way: where it writes, with which parameters, and what it knows so far."""

    folder: Path
    notebooks: Path
    values: dict[str, Any]
    engine: str
    state: RunRecord
    interrupted: bool = False
    server: subprocess.Popen[bytes] | None = None
    template: Future[Template] | None = None  # the report's, being made


@dataclass(frozen=True)
class Said:
    """What the record of a sweep's variant says: the lake that the copy stands for, and which."""

    lake: str
    sweep: Sweep


def begin(
    values: dict[str, Any],
    here: Project,
    engine: str,
    steps: list[Step],
    said: Said | None,
) -> Run:
    """A new run folder and the first run.json."""
    now = datetime.now(UTC)
    run_id = new_id(now)
    folder = here.runs / run_id
    make_folder(folder)
    make_folder(folder / "records")
    values = values | {"charts": str(folder / "charts")}
    state = RunRecord(
        run_id=run_id,
        state="running",
        started=stamp(now),
        process=os.getpid(),
        machine=socket.gethostname(),
        parameters=values
        | {"charts": told_as(folder / "charts")}
        | ({"lake": said.lake} if said else {}),
        engine=Engine(name=engine, version=engine_version(engine)),
        versions={
            "python": platform.python_version(),
            "pyspark": version("pyspark"),
            "workbench": version("workbench"),
        },
        git_commit=git_commit(here.notebooks),
        steps={s.name: StepOutcome() for s in steps},
        sweep=said.sweep if said else None,
        folder=folder,
    )
    state.save()
    return Run(folder, here.notebooks, values, engine, state)


def new_id(now: datetime) -> str:
    """The id of a run: those of one second follow each other too, by what the mark begins with."""
    part = now.microsecond * 4096 // 1_000_000
    return f"{now:%Y-%m-%dT%H%M%SZ}-{part:03x}{secrets.randbits(12):03x}"


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


def with_recorded(outcome: StepOutcome, folder: Path, step: Step) -> StepOutcome:
    """The outcome with what the notebook recorded, in the words of run.json."""
    facts = recorded(folder, step.name)
    if facts is None:
        return outcome
    names = {"documents": "rows_in", "rows": "rows_out"}
    for own in ("version", "table"):
        facts.pop(own, None)
    kept = {names.get(name, name): value for name, value in facts.items()}
    told = {name: value for name, value in as_json(outcome).items() if name not in kept}
    return from_json(StepOutcome, {"quarantined": 0} | kept | told)


def finish(under_way: Run, started: float) -> None:
    """The last word in run.json: state, time, and the counts and proof of the whole run."""
    state = under_way.state
    conclude(state, under_way.interrupted)
    state.seconds = round(time.monotonic() - started, 3)
    state.save()


def conclude(state: RunRecord, interrupted: bool = False) -> None:
    """What the steps of a run come to: its state, its end, its counts, its proof."""
    for step in state.steps.values():
        if step.state in ("running", "waiting"):
            step.state = "interrupted" if step.state == "running" else "not run"
    if interrupted:
        state.state = "interrupted"
    else:
        state.state = "done" if {s.state for s in state.steps.values()} == {"done"} else "failed"
    state.finished = stamp(datetime.now(UTC))
    silver = state.step(SILVER)
    if silver and silver.state == "done":
        state.sources, state.drift = silver.sources, silver.drift
        state.counts = Counts(
            documents=silver.rows_in or 0,
            silver=silver.rows_out or 0,
            quarantined=silver.quarantined or 0,
            reasons=silver.reasons or {},
        )
    if silver and silver.fingerprints:
        proving = [s for n, s in state.steps.items() if n in (SILVER, PRODUCTS, SCORES)]
        state.proof = Proof(
            leaves=silver.leaves or 0,
            paths=len(silver.fingerprints["source"]),
            agrees=all(step.fingerprints is not None for step in proving),
        )


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
