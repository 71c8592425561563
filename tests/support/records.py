"""Records of runs that never were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.records.run import RunRecord
from workbench.stored import from_json

FIRST = "2022-01-18T100000Z-aaaaaa"
SECOND = "2022-01-25T100000Z-bbbbbb"
EDGES = [(None, 200), (201, None), (None, None)]


def a_run(run_id: str = FIRST, **more: Any) -> dict[str, Any]:
    """What run.json holds of a small run."""
    users = more.pop("users", [4, 5, 1])
    fields = more.pop("fields", [["_id", "int"], ["tags", {"list": "string"}]])
    values = {
        "source": ["/data/dump.json"],
        "lake": "/nowhere/lake",
        "charts": f"/runs/{run_id}/charts",
        "ingestion_date": run_id[:10],
        "score_edges": [200],
        "locale": "en",
    }
    ranges = [
        {
            "score_group": str(place),
            "range_order": place,
            "lower": lower,
            "upper": upper,
            "users": n,
            "share": n / sum(users),
            "expected_default_rate": None,
        }
        for place, ((lower, upper), n) in enumerate(zip(EDGES, users, strict=True), 1)
    ]
    return {
        "run_id": run_id,
        "state": "done",
        "started": f"{run_id[:10]}T10:00:00.000Z",
        "seconds": 8.1,
        "parameters": values | more.pop("parameters", {}),
        "engine": {"name": "sail", "version": "1"},
        "versions": {"python": "3.11"},
        "git_commit": None,
        "counts": {"documents": 12, "silver": 10, "quarantined": 2, "reasons": {"null key": 2}},
        "sources": [{"path": "/data/dump.json", "sha256": "f" * 64}],
        "proof": {"leaves": 40, "paths": 2, "agrees": True},
        "steps": {
            "01_silver_users": {"state": "done", "rows_out": 10, "schema": {"struct": fields}},
            "03_gold_user_scores": {"state": "done", "rows_out": 3, "ranges": ranges},
        },
    } | more


def record_of(run: dict[str, Any]) -> RunRecord:
    """The same as it is read."""
    return from_json(RunRecord, run)


def keep(runs: Path, run: dict[str, Any]) -> None:
    (runs / run["run_id"]).mkdir(parents=True)
    (runs / run["run_id"] / "run.json").write_text(json.dumps(run))
