"""What executors are told beside their tasks: as whom they ask a store, and a secret for a while.

It goes in two halves on two ways, in a setting of the session and with the task, each of which
alone is noise. Logs of events have the settings, and disks may come to have what tasks bring.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from workbench.errors import EngineError
from workbench.storage import s3

NAME = "spark.workbench.secret."


@dataclass(frozen=True)
class Told:
    """A secret, but for its other half: the setting by that name."""

    name: str
    half: bytes

    def read_bytes(self) -> bytes:
        """On an executor: the secret. Raises EngineError where its session does not say it."""
        from pyspark import TaskContext

        context = TaskContext.get()
        other = context.getLocalProperty(self.name) if context else None
        if not other:
            raise EngineError("The executors were not told the half of a key. Run again.")
        return both(self.half, bytes.fromhex(other))


def both(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def tell_secret(spark: Any, secret: bytes) -> Told:
    """Lets the tasks of a session have a secret: those that have with them what is returned."""
    half = secrets.token_bytes(len(secret))
    told = Told(f"{NAME}{secrets.token_hex(8)}", half)
    spark.conf.set(told.name, both(half, secret).hex())
    return told


def forget_secret(spark: Any, told: Told) -> None:
    spark.conf.unset(told.name)


_stores: list[tuple[Any, bytes, Told]] = []


def tell_store(spark: Any) -> Told:
    """What lets executors ask the store as this process does; anew where its keys are others."""
    access = json.dumps(s3.access()).encode()
    known = (told for one, same, told in _stores if one is spark and same == access)
    found = next(known, None)
    if found is None:
        found = tell_secret(spark, access)
        _stores.append((spark, access, found))
    return found


def ask_as_told(told: Told) -> bool:
    """On an executor: its requests of the store are those of the driver, from now on.

    Says whether they were somebody else's before.
    """
    return s3.take_access(json.loads(told.read_bytes()))
