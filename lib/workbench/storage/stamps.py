"""Names that are given once, and tell when: of versions, and of what is staged on a store."""

from __future__ import annotations

import secrets
import time

LONGEST_RUN = 48 * 3600  # seconds; what was staged on a store before is nobody's


def stamped() -> str:
    """A new name, in order of time among others."""
    return f"{int(time.time() * 1000):012x}-{secrets.token_hex(4)}"


def made_at(name: str) -> float:
    """When a name was given, in seconds since 1970; for a name of another kind, now."""
    try:
        return int(name.partition("-")[0], 16) / 1000
    except ValueError:
        return time.time()
