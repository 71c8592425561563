"""Nested JSON dumps to flat, verified tables and charts, in notebooks."""

from __future__ import annotations

__version__: str  # what the installed package says of itself, read when it is asked for


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version(__name__)
