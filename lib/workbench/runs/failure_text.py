"""How a failed run is told: what failed, where to see it, and how to go on."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import RequestError, StepFailed, WorkbenchError
from workbench.meanings import meaning
from workbench.places import project
from workbench.records import StepOutcome
from workbench.runs.state import Run
from workbench.storage import told_as

PYTHON = "Traceback (most recent call last)"
TRACES = ("\tat ", PYTHON, "JVM stacktrace")
HOW = "It has the same parameters (-p name=value changes one) and reuses every step that is done."


def failure(under_way: Run) -> WorkbenchError:
    """The error of the failed steps, in words that a person can act on."""
    failed = {n: s for n, s in under_way.state.steps.items() if s.state == "failed"}
    requests = all(s.error == RequestError.__name__ for s in failed.values())
    words = [
        described(name, s, under_way.folder, under_way.values["lake"]) for name, s in failed.items()
    ]
    words.append(f"When it is mended, go on with\n  {going_on(under_way.folder)}\n{HOW}")
    return (RequestError if requests else StepFailed)("\n".join(words))


def described(step: str, outcome: StepOutcome, folder: Path, lake: str) -> str:
    """What failed, and where to see it."""
    ours = any(c.__name__ == outcome.error for c in all_errors())
    said = f"{outcome.error}: {brief(outcome.message or '')}"
    what = outcome.message if ours else meaning(said, lake) or said
    where = f"the cell In [{outcome.cell}] of " if outcome.cell is not None else ""
    return f"{step} failed: {what}\nSee {where}{told_as(folder / str(outcome.notebook))}."


def engine_lost(trace: Sequence[str]) -> bool:
    """Whether an error is that of a JVM which does not answer, not one of the notebook itself."""
    text = "\n".join(trace)
    return "py4j" in text and ("Py4JNetworkError" in text or "ConnectionRefusedError" in text)


def brief(message: str) -> str:
    """What an engine says, without the traces of its own code, which the notebook shows.

    Of a trace of Python the error is kept, which stands below it.
    """
    lines = message.splitlines()
    end = next((at for at, line in enumerate(lines) if line.startswith(TRACES)), len(lines))
    below = lines[end + 1 :] if lines[end:] and lines[end].startswith(PYTHON) else []
    cause = [line for line in below if line[:1].strip()][:1]
    return "\n".join([*lines[:end], *cause]).strip()


def going_on(run: Path) -> str:
    """The command that goes on from a run."""
    where = "" if run.parent == project().runs else f" --runs {shlex.quote(told_as(run.parent))}"
    return f"{program()} run --resume {run.name}{where}"


def program() -> str:
    """The command as it was typed, so that what is advised can be copied."""
    typed = sys.argv[0]
    named = (
        Path(typed).name == "workbench" and os.sep in typed and shutil.which("workbench") != typed
    )
    return shlex.quote(typed) if named else "workbench"


def all_errors() -> list[type]:
    made: list[type] = [WorkbenchError]
    for kind in made:
        made.extend(kind.__subclasses__())
    return made
