"""What is known of the partitions of a table: their schemas and their state."""

from __future__ import annotations

from contextlib import suppress

from workbench.errors import LakeError
from workbench.lake.lake import Lake
from workbench.schema import Node, from_json


def earlier_schema(lake: Lake, table: str, ingestion_date: str) -> tuple[str, Node] | None:
    """The last ingestion of a silver table before a date, and its schema; None if there is none."""
    for day in reversed(lake.dates("silver", table)):
        with suppress(LakeError):  # what no run has published has no schema to compare
            schema = lake.manifest("silver", table, day).schema if day < ingestion_date else None
            if schema:
                return day, from_json(schema)
    return None


def partition_state(lake: Lake, table: str, day: str) -> str | None:
    """A mark that changes with any byte of a partition, the names of its files, its manifest."""
    layer, _, name = table.partition(".")
    return lake.state(layer, name, day)
