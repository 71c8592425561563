"""What a notebook found, for machines: printed for readers and tests, kept for the run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.stored import Document, as_json

RECORD_VARIABLE = "WORKBENCH_RECORDS"  # the folder where a run collects them
WIDE = 120  # characters
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
    """Prints the facts as JSON, without what is only for machines or differs between them.

    A fact that is wider than a page is told by its entries, or by their number and a digest, by
    which it is seen to be the same. `facts` are values by name, or the manifest of a table; `more`
    is told besides. In a run, all of them also go to the run's folder.
    """
    told = {"version": Document.newest} | as_json(facts) | more
    folder = os.environ.get(RECORD_VARIABLE)
    if folder:
        with open(os.path.join(folder, f"{step}.json"), "w", encoding="utf-8") as file:
            json.dump(told, file, default=str)
    shown = {name: value for name, value in told.items() if name not in LONG}
    for name, value in shown.items():
        print(f"{name}: {in_brief(value)}")


def in_brief(value: Any) -> str:
    """A fact as JSON on one line, or as much of it as a person reads."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) <= WIDE or not isinstance(value, dict | list):
        return text
    if isinstance(value, dict) and not any(isinstance(v, dict | list) for v in value.values()):
        return "".join(f"\n  {name}: {entry}" for name, entry in value.items())
    return f"{len(value)} entries, SHA-256 {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def recorded(run: Path, step: str) -> dict[str, Any] | None:
    """What the notebook of a step recorded, in the run in a folder; None where it did not."""
    path = run / "records" / f"{step}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
