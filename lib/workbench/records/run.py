"""What run.json holds: of a run, and of each of its steps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from workbench.charts import ChartNumbers
from workbench.errors import RequestError
from workbench.proof import Drift, ScoreRange, SourceFile, Told
from workbench.storage import fetch, keep, told_as, write_whole
from workbench.stored import NOT_STORED, Document, Stored, from_json

RUN_FILE = "run.json"


@dataclass(kw_only=True)
class Engine(Stored):
    """The engine of a run, by the name that it is asked for, and its version."""

    name: str
    version: str = ""


@dataclass(kw_only=True)
class Origin(Stored):
    """What a step's result was made from, apart from the bytes of its source.

    `notebook` and `library` are digests of code; `inputs` are marks of what the lake held, by
    name, None for what was not there.
    """

    notebook: str
    library: str
    parameters: dict[str, Any]
    engine: Engine
    inputs: dict[str, str | None]


@dataclass(kw_only=True)
class StepOutcome(Stored):
    """How a step ended, and what its notebook recorded. `state` is waiting, running, done, ...

    What a notebook records beyond these (the numbers of its charts, by their names) is in `more`.
    """

    state: str = "waiting"
    started: str | None = None
    finished: str | None = None
    seconds: float | None = None
    why_again: str | None = None
    reused_from: str | None = None
    notebook: str | None = None
    origin: Origin | None = None
    made: dict[str, str | None] | None = None
    cell: int | None = None
    error: str | None = None
    message: str | None = None
    rows_in: int | None = None
    rows_out: int | None = None
    quarantined: int | None = None
    reasons: dict[str, int] | None = None
    leaves: int | None = None
    sources: list[SourceFile] | None = None
    schema: Any = None
    drift: Drift | None = None
    fingerprints: dict[str, Told] | None = None
    ranges: list[ScoreRange] | None = None
    notes: list[str] | None = None
    output: str | None = None

    def chart(self, name: str) -> ChartNumbers | None:
        """The numbers behind a chart that the step drew."""
        return cast("ChartNumbers | None", self.more.get(name))


@dataclass(kw_only=True)
class Started(Stored):
    """What is told of a step that starts: how many cells it has, and the documents it reads."""

    cells: int
    rows_in: int | None
    why_again: str | None


@dataclass(kw_only=True)
class CellDone(Stored):
    """What is told of a cell that is done: its index."""

    cell: int


@dataclass(kw_only=True)
class Counts(Stored):
    """The documents of a run: in all, in silver, in quarantine, and there by reason."""

    documents: int
    silver: int
    quarantined: int
    reasons: dict[str, int]


@dataclass(kw_only=True)
class Proof(Stored):
    """Values proved and their paths; whether every step that proves something has agreed."""

    leaves: int
    paths: int
    agrees: bool


@dataclass(kw_only=True)
class Sweep(Stored):
    """Which variant of a sweep a run was, of how many, and the parameters that vary."""

    variant: int
    of: int
    varies: list[str]


@dataclass(kw_only=True)
class RunRecord(Document):
    """A run, from its first word to its last. Times are UTC; `parameters` are values by name.

    `folder` is where its run.json stands.
    """

    run_id: str
    state: str
    started: str
    process: int | None = None
    machine: str | None = None
    parameters: dict[str, Any]
    engine: Engine
    versions: dict[str, str] = field(default_factory=dict)
    git_commit: str | None
    steps: dict[str, StepOutcome]
    sweep: Sweep | None = None
    resumed_from: str | None = None
    finished: str | None = None
    seconds: float | None = None
    sources: list[SourceFile] | None = None
    drift: Drift | None = None
    counts: Counts | None = None
    proof: Proof | None = None
    folder: Path = field(default=Path(), metadata=NOT_STORED, compare=False)

    def step(self, name: str) -> StepOutcome | None:
        """The outcome of a step; None where it was no part of the run."""
        return self.steps.get(name)

    def save(self) -> None:
        """Writes run.json, replaced in one step."""
        write_whole(self.folder / RUN_FILE, self.text())
        keep(self.folder / RUN_FILE)


def read_run(folder: Path) -> RunRecord:
    """What run.json says. RequestError where it cannot be read, or is no record of a run."""
    path = folder / RUN_FILE
    fetch(path)
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"{told_as(path)} cannot be read: {error}") from error
    try:
        run = from_json(RunRecord, given)
    except ValueError as error:
        raise RequestError(f"{told_as(path)} is no record of a run: {error}.") from error
    run.folder = folder
    return run
