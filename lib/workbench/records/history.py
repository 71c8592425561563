"""The runs that were: found, listed, and told by the names that people give them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from workbench.bronze import find
from workbench.chain import Step
from workbench.errors import LakeError, RequestError
from workbench.lake import lake_at
from workbench.parameters import SILVER
from workbench.proof import SilverManifest
from workbench.records.folders import run_folders, state_of
from workbench.records.run import RunRecord, read_run

if TYPE_CHECKING:
    import pandas as pd

KIND = ("key", "explode", "score")  # dumps with the same of these are of one kind
MOST_ALIKE, MOST_LOOKED_AT = 5, 50


def usual_seconds(
    runs: Path, size: int | None, engine: str, values: Mapping[str, Any]
) -> dict[str, float]:
    """How long each step took, as the median of up to five runs alike; none where there are none.

    Alike are runs that ended well on the same engine, on a source of half to twice as many bytes
    in which key, array and score have the same names; they are looked for among the last 50.
    """
    seconds: dict[str, list[float]] = {}
    with ThreadPoolExecutor() as threads:
        looked_at = [*threads.map(readable, run_folders(runs)[:MOST_LOOKED_AT])]
    for run in filter(None, looked_at):
        read = sum(source.bytes for source in run.sources or [])
        if run.state != "done" or run.engine.name != engine or size is None:
            continue
        alike = all(run.parameters.get(name) == values[name] for name in KIND)
        if not alike or not size / 2 <= read <= size * 2:
            continue
        for name, step in run.steps.items():
            if step.reused_from is None and step.seconds is not None:
                seconds.setdefault(name, []).append(step.seconds)
    return {name: median(of[:MOST_ALIKE]) for name, of in seconds.items()}


def readable(folder: Path) -> RunRecord | None:
    try:
        return read_run(folder)
    except RequestError:  # one that is broken tells nothing
        return None


def source_bytes(values: Mapping[str, Any], steps: Sequence[Step]) -> int | None:
    """The bytes of the dump that the steps are about; None where it is not known.

    Raises RequestError where the first step is among them, and the source is not there.
    """
    if SILVER in [step.name for step in steps]:
        return sum(
            source.bytes for source in find(values["source"], lenient=values.get("lenient", False))
        )
    try:
        day = values["ingestion_date"]
        manifest = lake_at(values["lake"]).manifest("silver", "users", day, SilverManifest)
    except LakeError:
        return None
    return sum(source.bytes for source in manifest.sources)


def list_runs(runs: Path) -> pd.DataFrame:
    """The history. Grain: one row per run, latest first.

    Columns: run_id, started (UTC), source (names of files), ingestion_date, documents, silver,
    quarantined (rows; null where the run did not read), state, seconds, engine, variant (which
    of a sweep it was; null of other runs).
    """
    import pandas as pd

    columns = [
        "run_id", "started", "source", "ingestion_date", "documents", "silver", "quarantined",
        "state", "seconds", "engine", "variant",
    ]  # fmt: skip
    with ThreadPoolExecutor() as read:
        rows = [*read.map(facts, run_folders(runs))]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def facts(folder: Path) -> dict[str, Any]:
    """A run in one row. One whose run.json is broken is named and nothing else is said of it."""
    try:
        run = read_run(folder)
    except RequestError:
        return {"run_id": folder.name, "state": "unreadable"}
    values, counts = run.parameters, run.counts
    return {
        "run_id": run.run_id,
        "started": run.started[:19].replace("T", " "),
        "source": ", ".join(os.path.basename(path.rstrip("/")) for path in values["source"]),
        "ingestion_date": values["ingestion_date"],
        "documents": counts.documents if counts else None,
        "silver": counts.silver if counts else None,
        "quarantined": counts.quarantined if counts else None,
        "state": state_of(run),
        "seconds": run.seconds,
        "engine": run.engine.name,
        "variant": f"{run.sweep.variant} of {run.sweep.of}" if run.sweep else None,
    }
