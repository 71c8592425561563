"""silver.users in one schema over all ingestions: `on_drift = "restate"`.

A table that a catalog names, or that a tool reads by its folder, has one type per column for them.
So the older partitions are written again in the types that hold the values of all, nested ones
too, before the new one appears: each proved, and published at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path as FilePath

from workbench.lake import Lake, OneSchema, one_schema, restated
from workbench.proof import Fingerprints, Look, SilverManifest, as_json, as_they_are, keyed, leaves
from workbench.record import stamp
from workbench.schema import Node, from_json, key_paths, to_json
from workbench.silver.dump import TABLE, Dump

RESTATE = "restate"
NAME = f"silver.{TABLE}"
WRITTEN_AGAIN = "written again in the types of all ingestions"


@dataclass(frozen=True)
class Common:
    """A staged silver.users in the columns of all ingestions, and what it holds in them.

    `restated` is when it was written in them, None where they were its own.
    """

    all: OneSchema
    folder: FilePath
    leaves: Fingerprints
    restated: str | None

    @property
    def schema(self) -> Node:
        return self.all.node

    def notes(self) -> list[str]:
        """What is said of the partitions that have changed."""
        return [f"{one.day}: {WRITTEN_AGAIN}" for one in self.all.others]


def in_common(dump: Dump, folder: FilePath, written: Fingerprints) -> Common:
    """The staged table, which holds `written`, in the columns of all ingestions.

    Raises LeavesLost where what was written is not what the rows are in these types.
    """
    found = one_schema(dump.lake, NAME, dump.ingestion_date, folder, dump.staged.table)
    if found.as_it_is:
        return Common(found, folder, written, None)
    target = dump.staging / "restated" / dump.ingestion_date
    look = partial(keyed, dump.staged.keys)
    held = restated(found.mine, found.columns, target, look, NAME)
    return Common(found, target, held.leaves, stamp(datetime.now(UTC)))


def restate_others(common: Common, lake: Lake, staging: FilePath) -> None:
    """Publishes each ingestion that has other columns once more, in those of all.

    Raises LeavesLost where what was written is not what its rows are in these types; then it, and
    those after it, stay as they were.
    """
    for one in common.all.others:
        manifest = lake.manifest("silver", TABLE, one.day, SilverManifest)
        target = staging / "restated" / one.day
        held = restated(one, common.all.columns, target, look_of(manifest), f"{NAME} of {one.day}")
        told = replace(
            manifest,
            schema=to_json(common.schema),
            leaves_in_table=leaves(held.leaves),
            fingerprints=(manifest.fingerprints or {}) | {"table": as_json(held.leaves)},
            restated=stamp(datetime.now(UTC)),
        )
        lake.publish(target, "silver", TABLE, one.day, told)


def look_of(manifest: SilverManifest) -> Look:
    """How the rows of a partition are looked at: with their key, where its manifest tells it."""
    if manifest.asked is None:
        return as_they_are
    first = next(iter(from_json(manifest.schema).fields))  # where the position is the key
    return partial(keyed, key_paths(manifest.asked.key) or ((first,),))
