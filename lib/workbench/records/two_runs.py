"""Two runs side by side: what changed in parameters, sources, schema, counts and scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pandas as pd

from workbench.gold import ranges_beside
from workbench.parameters import SCORES, SILVER
from workbench.records.run import RunRecord

OWN = ("charts", "lake")  # parameters that say where a run writes, not what it does
ARRAY = "[]"
SHORT = 16  # hexadecimals of a SHA-256 that tell two files apart


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs. Each table has the columns `name`, `before`, `after`.

    `schema` holds paths and their types in silver.users, None where a run has no such path.
    `counts` holds all counts, equal ones too; `ranges` is empty unless both runs counted scores.
    """

    before: RunRecord
    after: RunRecord
    parameters: pd.DataFrame
    made_with: pd.DataFrame
    schema: pd.DataFrame | None
    counts: pd.DataFrame
    ranges: pd.DataFrame


def compare_runs(before: RunRecord, after: RunRecord) -> Comparison:
    """Compares what run.json holds of two runs."""
    schemas = [schema_of(run) for run in (before, after)]
    return Comparison(
        before,
        after,
        different(*(parameters_of(run) for run in (before, after))),
        different(*(made_with(run) for run in (before, after))),
        None if None in schemas else different(*[s or {} for s in schemas]),
        side_by_side(*(counts_of(run) for run in (before, after))),
        ranges_of(before, after),
    )


def side_by_side(before: dict[str, Any], after: dict[str, Any]) -> pd.DataFrame:
    """One row per name of either, in order of first appearance."""
    names = [*before, *(name for name in after if name not in before)]
    rows = [(name, before.get(name), after.get(name)) for name in names]
    return pd.DataFrame(rows, columns=["name", "before", "after"], dtype=object)


def different(before: dict[str, Any], after: dict[str, Any]) -> pd.DataFrame:
    """The rows of `side_by_side` whose values differ."""
    table = side_by_side(before, after)
    differs = [b != a for b, a in zip(table["before"], table["after"], strict=True)]
    return table[differs].reset_index(drop=True)


def parameters_of(run: RunRecord) -> dict[str, Any]:
    values = {n: v for n, v in run.parameters.items() if n not in OWN}
    return values | {"source": [PurePath(path).name for path in values["source"]]}


def made_with(run: RunRecord) -> dict[str, Any]:
    """Sources by their content, engine, versions and commit."""
    sources = {f"sha256 {PurePath(s.path).name}": s.sha256[:SHORT] for s in run.sources or []}
    engine = {"engine": f"{run.engine.name} {run.engine.version}"}
    return sources | engine | run.versions | {"git_commit": run.git_commit}


def counts_of(run: RunRecord) -> dict[str, Any]:
    """Documents, rows per step, quarantine by reason, values proved, time.

    The names are labels of the report; what a label tells about stands after a colon.
    """
    names = ("documents", "silver", "quarantined")
    found: dict[str, Any] = {name: getattr(run.counts, name, None) for name in names}
    reasons = run.counts.reasons if run.counts else {}
    found |= {f"refused:{reason}": n for reason, n in reasons.items()}
    for name, step in run.steps.items():
        if step.rows_out is not None:
            found[f"rows_out:{name}"] = step.rows_out
    found["leaves"] = run.proof.leaves if run.proof else None
    return found | {"seconds": run.seconds, "state": run.state}


def schema_of(run: RunRecord) -> dict[str, str] | None:
    """The paths of silver.users and their types; None where the run did not read the dump."""
    step = run.step(SILVER)
    return dict(paths_of(step.schema)) if step and step.schema else None


def paths_of(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each path of a stored schema (see `schema.to_json`) and the name of its type."""
    if isinstance(node, str):
        yield path, node
    elif "struct" in node:
        for name, child in node["struct"]:
            yield from paths_of(child, f"{path}.{name}" if path else name)
    elif "list" in node:
        yield from paths_of(node["list"], path + ARRAY)
    else:
        digits, scale, *_ = node["decimal"]
        yield path, f"decimal({digits + scale},{scale})"


def ranges_of(before: RunRecord, after: RunRecord) -> pd.DataFrame:
    """The score ranges of two runs beside each other; empty unless both counted scores."""
    steps = [run.step(SCORES) for run in (before, after)]
    found = [step.ranges for step in steps if step and step.ranges]
    return ranges_beside(*found) if len(found) == 2 else ranges_beside([], [])
