"""One writer at a time on an object store: a lease that is renewed, and runs out with its holder.

Safety does not rest on it (clocks differ, and a writer may be paused for longer than its lease):
the pointer's conditional PUT does. It spares a second run its work, and gives it the message.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from workbench.errors import LakeError, StorageError, Taken
from workbench.lake.lock import telling
from workbench.storage import Store

LOCK = (".workbench", "lock")
LEASE = "WORKBENCH_LEASE"  # the variable that says by which name this run holds it
SECONDS = 60.0  # for which a lease holds unless it is renewed


@contextmanager
def lease(lake: Store, wait_seconds: float = 0, seconds: float = SECONDS) -> Iterator[None]:
    """Holds a lease for the time of a block. Raises LakeError where another holds it."""
    place, own = lake.join(*LOCK), secrets.token_hex(8)
    give_up = time.monotonic() + wait_seconds
    while (tag := taken(place, own, seconds)) is None:
        if time.monotonic() >= give_up:
            raise LakeError(
                f"The lake {lake} is in use by another run ({holder(place)['who']}). Wait until it "
                f"ends, or stop it, and run again; one that was killed holds it for {seconds:.0f} "
                "seconds."
            )
        time.sleep(0.5)
    held, done = [tag], threading.Event()

    def renew() -> None:
        while not done.wait(seconds / 3):
            with suppress(StorageError):  # the commit tells whether another has come between
                held[0] = place.replace(said(own, seconds), held[0])

    renewing = threading.Thread(target=renew, daemon=True)
    renewing.start()
    try:
        with telling(LEASE, own):
            yield
    finally:
        done.set()
        renewing.join()
        with suppress(StorageError):
            # Given back by letting it run out: it may be another's by now, whose stays.
            place.replace(said(own, 0), held[0])


def check_held(lake: Store) -> None:
    """Raises LakeError where another has taken the lease over from this run."""
    now = holder(lake.join(*LOCK))
    if now["lease"] != os.environ.get(LEASE):
        raise LakeError(
            f"The lake {lake} was taken over by another run ({now['who']}) while this one did not "
            "answer. Tables are the old ones or the new ones, whole. Run again when that has ended."
        )


def holder(place: Store) -> dict[str, Any]:
    found = place.tagged()
    return json.loads(found[0]) if found else {"lease": "", "who": "unknown"}


def taken(place: Store, own: str, seconds: float) -> str | None:
    """The tag of the lease where it could be had: there was none, or it had run out."""
    found = place.tagged()
    try:
        if found is None:
            return place.create(said(own, seconds))
        if json.loads(found[0])["until"] <= time.time():
            return place.replace(said(own, seconds), found[1])
    except Taken:
        return None
    return None


def said(own: str, seconds: float) -> bytes:
    who, until = f"{socket.gethostname()}, process {os.getpid()}", time.time() + seconds
    # Of its own each time, so that who asks twice knows what came of the first.
    mark = secrets.token_hex(8)
    return json.dumps({"lease": own, "who": who, "until": until, "mark": mark}).encode()
