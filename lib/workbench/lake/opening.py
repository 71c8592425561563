"""A lake by its address, wherever that is."""

from __future__ import annotations

from pathlib import Path

from workbench.lake.lake import Lake
from workbench.storage import scheme_of


def lake_at(root: str | Path) -> Lake:
    """The lake in a folder, or at an address of a store. Raises what its class raises."""
    if scheme_of(root):
        from workbench.lake.object_lake import ObjectLake  # which needs what only stores need

        return ObjectLake(root)
    return Lake(root)
