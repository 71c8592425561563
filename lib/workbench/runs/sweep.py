"""Several variants of a run, one after another, each using what the last one made.

They work in a copy of the lake on this machine that goes at the end: no variant publishes anything
in the lake itself. What stays of each is its run's folder, as of any run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from workbench.chain import STEPS
from workbench.errors import RequestError
from workbench.lake import Lake, copy_of, lake_at
from workbench.places import Project
from workbench.records import (
    CellDone,
    RunRecord,
    Started,
    StepOutcome,
    Sweep,
    read_run,
    run_folders,
)
from workbench.runs.failure_text import described
from workbench.runs.kernels import Kernels
from workbench.runs.runner import carry_out, check_request
from workbench.runs.state import Run, Said
from workbench.storage import fetch, scratch

# Of which charts look at another date too, and, where older dates are restated, steps.
OTHERS = ("gold.user_scores", "silver.users", "gold.user_products")
GONE = "(the variant's lake, which is gone)"
Whole = tuple[dict[str, Any], str]  # all parameters of a variant, paths absolute; its engine


class Listener(Protocol):
    """Who is told of a sweep: which variant begins, and the events of its steps."""

    def variant(self, number: int, of: int, values: Mapping[str, Any]) -> None: ...

    def tell(self, event: str, step: str, facts: Started | CellDone | StepOutcome) -> None: ...


def run_variants(
    wholes: Sequence[Whole],
    varies: Sequence[str],
    here: Project,
    servers: Mapping[str, Any],
    kernels: Kernels,
    listener: Listener,
) -> Iterator[RunRecord]:
    """Runs the variants; yields the record of each, as in its run.json.

    `varies` are the names of the parameters that differ. Of each engine, `servers` has what runs
    connect to. All variants are of one lake. One that fails is recorded, and the next is run.
    Raises RequestError before anything starts where the request is wrong.
    """
    for values, _ in wholes:
        check_request(values, here, [s.name for s in STEPS])
    lake = lake_at(wholes[0][0]["lake"])
    days = {values["ingestion_date"] for values, _ in wholes}
    restates = any(values["on_drift"] == "restate" for values, _ in wholes)
    with copied(lake, days, OTHERS if restates else OTHERS[:1]) as copy:
        earlier = latest_done(here.runs, wholes[0][0])
        for number, (values, engine) in enumerate(wholes, 1):
            listener.variant(
                number, len(wholes), {n: (values | {"engine": engine})[n] for n in varies}
            )
            sweep = Sweep(variant=number, of=len(wholes), varies=list(varies))
            said = Said(str(lake.root), sweep)
            own = values | {"lake": str(copy.root)}
            done = carry_out(
                own,
                here,
                engine,
                list(STEPS),
                listener.tell,
                kernels,
                servers[engine],
                earlier,
                said,
            )
            without_place(done, copy)
            if done.state.state == "done":
                earlier = done.state
            yield done.state


def without_place(done: Run, copy: Lake) -> None:
    """Takes the copy of the lake out of what a run says of itself: nothing will be there."""
    for step in done.state.steps.values():
        if step.output and step.output.startswith(str(copy.root)):
            step.output = None
        if step.message:
            step.message = step.message.replace(str(copy.root), GONE)
    done.state.save()


@contextmanager
def copied(lake: Lake, days: Collection[str], whole: Collection[str] = ()) -> Iterator[Lake]:
    """A lake of the same tables, on this machine, that goes at the end.

    Of a lake on a store it has some dates, and some tables whole.
    If the process is killed, the lake's next run sweeps it away, or, of a lake on a store, the next
    process that makes a scratch folder.
    """
    with lake.lock():
        staging = lake.staging()
        copy = copy_of(lake, staging / "lake", days, whole)
    try:
        yield copy
    finally:
        scratch.discard(staging)


def latest_done(runs: Path, values: Mapping[str, Any]) -> RunRecord | None:
    """The record of the last run on this lake and date that ended well, for what it has made."""
    for folder in run_folders(runs):
        try:
            run = read_run(folder)
        except RequestError:  # one that is broken tells nothing
            continue
        same = all(run.parameters.get(n) == values[n] for n in ("lake", "ingestion_date"))
        if same and run.state == "done" and run.sweep is None:
            fetch(folder)
            return run
    return None


def failures(record: RunRecord) -> list[str]:
    """What failed in a variant, in words."""
    folder, lake = record.folder, record.parameters["lake"]
    return [described(n, s, folder, lake) for n, s in record.steps.items() if s.state == "failed"]
