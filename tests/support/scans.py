"""What a pass over a dump has found: its rows, its kinds, its fingerprints, its faults."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import POSITION, Scan
from workbench.bronze.staging import documents
from workbench.schema.kinds import to_json


def table(found: Scan) -> pa.Table:
    parts = [pq.read_table(p) for p in documents(found.folder)]
    return pa.concat_tables(parts)


def rows(found: Scan) -> list[Any]:
    without: list[Any] = table(found).drop_columns([POSITION]).to_pylist()
    return without


def seen(found: Scan) -> tuple[Any, ...]:
    return rows(found), to_json(found.schema), found.fingerprints


def faults(found: Scan) -> list[tuple[str, int]]:
    tables = quarantined(found, set())
    return [(r["reason"], r["position"]) for t in tables for r in t.to_pylist()]
