"""Places of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from workbench.storage.address import Found, Look
from workbench.storage.atomic import write_whole


class LocalPlace:
    """A file or folder of this machine."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.name = self.path.name

    def __str__(self) -> str:
        return str(self.path)

    def join(self, *parts: str) -> LocalPlace:
        return LocalPlace(self.path.joinpath(*parts))

    def exists(self) -> bool:
        return self.path.is_file()

    def size(self) -> int:
        return self.path.stat().st_size

    def mark(self) -> str:
        told = self.path.stat()
        return f"{told.st_dev} {told.st_ino} {told.st_size} {told.st_mtime_ns}"

    def look(self, most: int) -> Look:
        mark = self.mark()  # first: a later change is seen by it
        return Look(self.read(0, most), self.size(), mark)

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        with open(self.path, "rb") as file:
            file.seek(start)
            return file.read() if end is None else file.read(end - start)

    def open(self, buffer: int = -1) -> BinaryIO:
        return open(self.path, "rb")  # a disk gives what is asked; more would be copied once more

    def files(self) -> Iterator[Found]:
        for path in sorted(self.path.rglob("*")):
            if path.is_file():
                yield Found(str(path), path.stat().st_size)

    def write(self, data: bytes) -> None:
        write_whole(self.path, data)

    def remove(self, addresses: Sequence[str]) -> None:
        for address in addresses:
            Path(address).unlink(missing_ok=True)
