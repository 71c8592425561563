"""The library as one zip, which engines elsewhere put on the path of their Python."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1]
BEFORE_ZIPS = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
PLAIN_FILE = 0o100644 << 16


def pack(package: Path, out: Path) -> None:
    """A package as a zip that Python can import from: no time, owner or order of a disk in it.

    It is stored, not deflated: another zlib would make other bytes of the same files.
    """
    named = ((path, path.relative_to(package.parent).as_posix()) for path in sources(package))
    pack_files(sorted(named), out)


def pack_files(files: Iterable[tuple[Path, str]], out: Path) -> None:
    """Files as a zip, each by the name that it is to have there."""
    with zipfile.ZipFile(out, "w") as packed:
        for path, name in files:
            entry = zipfile.ZipInfo(name, BEFORE_ZIPS)
            entry.external_attr = PLAIN_FILE
            entry.create_system = 3  # Unix, on whatever system it is made
            packed.writestr(entry, path.read_bytes())


def sources(package: Path) -> Iterator[Path]:
    for path in package.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path
