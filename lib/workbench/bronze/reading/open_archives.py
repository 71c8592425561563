"""Archives that stay open while their members are read: one pass over one, however many it has.

A compressed tar is read from its beginning to get at any of its members, and of a zip the list of
all: for each member anew, that would be the square of their number.
"""

from __future__ import annotations

import bz2
import gzip
import zipfile
from typing import Any, NamedTuple

from workbench.storage import place_of, scheme_of

AHEAD = 8 << 20  # bytes that a stream from elsewhere fetches at once


class Inside(NamedTuple):
    """A member: its name, and of a tar where its bytes begin in the plain one, and how many."""

    name: str
    at: int
    size: int


class Archives:
    """The archive that was last asked for; members are asked for in their order."""

    def __init__(self) -> None:
        self._path = ""
        self._open: list[Any] = []

    def __enter__(self) -> Archives:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        while self._open:
            self._open.pop().close()
        self._path = ""

    def member(self, path: str, kind: str, member: Inside) -> Any:
        """A member as a file; what it gives may be damaged, as its archive may be."""
        if path != self._path:
            self.close()
            self._open.append(raw(path))
            opening = zipfile.ZipFile if kind == "zip" else plain
            self._open.append(opening(self._open[0]))
            self._path = path
        if kind == "zip":
            return self._open[-1].open(member.name)
        return Part(self._open[-1], member)


class Part:
    """A part of a file, as a file of its own."""

    def __init__(self, file: Any, member: Inside) -> None:
        self._file, self._left = file, member.size
        file.seek(member.at)

    def read1(self, most: int) -> bytes:
        data: bytes = self._file.read(min(most, self._left))
        if self._left and not data:
            raise EOFError("Truncated")
        self._left -= len(data)
        return data

    def close(self) -> None:
        """The file stays open for the next part."""


def raw(path: str) -> Any:
    return place_of(path).open(AHEAD) if scheme_of(path) else open(path, "rb")


def plain(file: Any) -> Any:
    """The plain bytes of a tar: it may be compressed as a whole."""
    head = file.read(3)
    file.seek(0)
    if head[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=file)
    return bz2.BZ2File(file) if head == b"BZh" else file
