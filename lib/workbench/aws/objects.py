"""What stands in a run's folder on S3, and changes while several jobs write it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from workbench.errors import RunsError, Taken
from workbench.storage import store_of

TIMES = 20  # more than there are steps side by side that change one record


def write_json(address: str, value: Any) -> None:
    store_of(address).write(text_of(value))


def change_json(address: str, change: Callable[[Any], None]) -> Any:
    """Reads, changes and writes; again where another writer came between. Gives what was written.

    Raises RunsError where there is none, or others come between all the time.
    """
    store = store_of(address)
    for _ in range(TIMES):
        found = store.tagged()
        if found is None:
            raise RunsError(f"{address} is not there: the run was not begun, or was removed.")
        value = json.loads(found[0])
        change(value)
        try:
            store.replace(text_of(value), found[1])
        except Taken:
            continue
        return value
    raise RunsError(f"{address} is written by others all the time; it was not changed. Run again.")


def text_of(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n").encode()
