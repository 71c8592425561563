"""`workbench flatten --out s3://...`: the tables as a version that a pointer names.

They are made and proved in a folder of this machine that stands for the place.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path as FilePath

from pyspark.sql import SparkSession

from workbench.convert.appending import APPEND
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import Outcome, Planned, flatten_dump, show_plan
from workbench.errors import RequestError
from workbench.lake import Current, Versions
from workbench.proof import MANIFEST
from workbench.storage import stand_in, store_of


def flatten_to_store(request: Request, address: str, engine: Callable[[], SparkSession]) -> Outcome:
    """As `flatten_dump`; the outcome's `out` is a copy that goes with this process.

    Raises LakeError where another has published there in the meantime.
    """
    tables = Versions(store_of(address))
    out, before = brought(tables, "" if request.into == APPEND else MANIFEST)
    made = flatten_dump(request, out, engine)
    return replace(made, place=str(tables.publish(out, before)))


def show_plan_on_store(request: Request, address: str) -> Planned:
    return show_plan(request, brought(Versions(store_of(address)), MANIFEST)[0])


def brought(tables: Versions, only: str) -> tuple[FilePath, Current | None]:
    """A folder with what is published, or one file of it, and what the pointer says."""
    parent, _, name = str(tables.partition).rpartition("/")
    if parent.endswith(":/"):
        raise RequestError(
            f"--out: {tables.partition} is a whole bucket; name a prefix in it: "
            f"{tables.partition}/tables."
        )
    out, before = stand_in(parent) / name, tables.current()
    shutil.rmtree(out, ignore_errors=True)  # of an earlier call in this process
    copy = tables.fetch(out.parent / ".fetched", only)
    if copy:
        copy.rename(out)
    return out, before
