"""SHA-256 of files and of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from workbench.storage.place import place_of

STREAM = 8 << 20


def digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def known_digest(path: Path) -> str:
    """The digest of a file that a step has published; within a process it is read once."""
    told = path.stat()
    return digest_once(path, told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns)


@cache
def digest_once(path: Path, *_: int) -> str:
    return file_digest(path)


def file_digest(path: str | Path) -> str:
    """The SHA-256 of a file, here or elsewhere: all of its bytes are read."""
    with place_of(path).open(STREAM) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
