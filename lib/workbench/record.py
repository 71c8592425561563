"""What a notebook found, for machines: printed for readers and tests, kept for the run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.stored import Document, as_json

RECORD_VARIABLE = "WORKBENCH_RECORDS"  # the folder where a run collects them
LONG = (
    "version",
    "schema",
    "drift",
    "fingerprints",
    "columns",
    "parameters",
    "sources",
    "passed_over",
    "output",
    "engine",
    "key_mark",
)


def record(step: str, facts: Mapping[str, Any] | Document, **more: Any) -> None:
    """Prints the facts, one a line as JSON, without what is long or differs between machines.

    `facts` are values by name, or the manifest of a table; `more` is told besides. In a run, all
    of them also go to the run's folder.
    """
    told = {"version": Document.newest} | as_json(facts) | more
    folder = os.environ.get(RECORD_VARIABLE)
    if folder:
        with open(os.path.join(folder, f"{step}.json"), "w", encoding="utf-8") as file:
            json.dump(told, file, default=str)
    shown = {name: value for name, value in told.items() if name not in LONG}
    for name, value in shown.items():
        print(f"{name}: {json.dumps(value, ensure_ascii=False, default=str)}")


def recorded(run: Path, step: str) -> dict[str, Any] | None:
    """What the notebook of a step recorded, in the run in a folder; None where it did not."""
    path = run / "records" / f"{step}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
