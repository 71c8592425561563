"""A lake by its address, wherever that is."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import RequestError
from workbench.lake.lake import Lake
from workbench.storage import scheme_of


def lake_at(root: str | Path) -> Lake:
    """The lake in a folder, or at an address of a store. Raises what its class raises.

    RequestError where it is neither.
    """
    if not isinstance(root, str | Path):
        raise RequestError(
            f"lake: {root!r} ({type(root).__name__}) is not what it may be: a folder, for example "
            "'data/lake', or an address such as 's3://bucket/lake'."
        )
    if scheme_of(root):
        from workbench.lake.object_lake import ObjectLake  # which needs what only stores need

        return ObjectLake(root)
    return Lake(root)
