"""Addresses: what is a path of this machine, and what stands elsewhere."""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from workbench.errors import RequestError

# One slash: `Path` takes the other, and both of `s3://`. Stores are known without any.
SCHEME = re.compile(r"((?i:s3[an]?|gs|abfss?|hdfs)(?=:)|[A-Za-z][A-Za-z0-9+.-]+(?=:/))")


class Found(NamedTuple):
    """A file below a place: its address, and its bytes."""

    address: str
    size: int


class Look(NamedTuple):
    """A file as it is when it is looked at: its first bytes, its size, and its mark."""

    head: bytes
    size: int
    mark: str


def scheme_of(path: str | PathLike[str]) -> str:
    """`s3` of `s3://bucket/x`; empty for a path of this machine."""
    found = SCHEME.match(str(path))
    return found[1] if found else ""


def local_path(path: str | PathLike[str], name: str) -> Path:
    """A path of this machine. Raises RequestError, naming `name`, for an address elsewhere.

    A folder called `s3:` would be made, filled and reported as done.
    """
    scheme = scheme_of(path)
    if scheme:
        raise RequestError(
            f"{name}: {path} is not on this machine, and only paths of this machine are read and "
            f"written here. A folder that is really called {scheme}: is ./{scheme}:."
        )
    return Path(path)
