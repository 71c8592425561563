"""Which kind of session an engine is reached by; loads nothing of it."""

from __future__ import annotations

from typing import Any


def by_connect(spark: Any) -> bool:
    """Whether a session is a client of Spark Connect, as each of Sail is: it has no JVM."""
    return "connect" in type(spark).__module__
