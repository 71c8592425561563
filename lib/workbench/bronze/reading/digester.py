"""The digests of a dump's files, and whether these stayed as they were while they were read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from typing import BinaryIO

from workbench.bronze.reading.check_sums import PIECE, check_of
from workbench.bronze.reading.compression import Stream
from workbench.bronze.reading.documents import Block, Extent
from workbench.bronze.reading.layouts import Source
from workbench.bronze.reading.near_stream import Rewritten
from workbench.bronze.reading.open_archives import Archives
from workbench.bronze.reading.records import Records
from workbench.errors import SourceError
from workbench.storage import of_each, place_of

STEP = 8 << 20  # bytes that a store is asked for


Bytes = BinaryIO | Stream | Rewritten | Records


class Digester:
    """Reads each file once, beside those who parse it: its SHA-256, and a check of each block.

    What was parsed is what was hashed where the checks of both readings agree. A file that is
    compressed, or has its documents inside of an object, does not hold its blocks as they are.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._extents: SimpleQueue[Extent | None] = SimpleQueue()
        self._checks: dict[Extent, int] = {}
        self._over = False
        self._thread = ThreadPoolExecutor(1)
        self._found = self._thread.submit(self._read)

    def __enter__(self) -> Digester:
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._extents.put(None)
        self._thread.shutdown()

    def block(self, block: Block) -> None:
        """Takes note of a block, in the order of the dump."""
        if block.extent:
            self._extents.put(block.extent)

    def digests(self, parsed: Mapping[Extent, int | None]) -> dict[str, str]:
        """The SHA-256 of each file, once all blocks were noted.

        Raises SourceError where a block was parsed of which the check is another.
        """
        self._extents.put(None)
        found = self._found.result()
        for extent, check in parsed.items():
            if self._checks.get(extent) != check:
                raise changed(self._sources[extent.file].path)
        return found

    def _read(self) -> dict[str, str]:
        digests = {}
        next_one: Extent | None = None
        asked = False
        with Archives() as archives:
            for file, source in enumerate(self._sources):
                whole, at = hashlib.sha256(), 0
                with bytes_of(source, archives) as stream:
                    if source.as_it_is and not asked:
                        next_one, asked = self._extents.get(), True
                    while source.as_it_is and next_one and next_one.file == file:
                        self._take(stream, next_one.start - at, whole)
                        self._checks[next_one] = self._take(stream, next_one.size, whole)
                        at, next_one = next_one.end, self._extents.get()
                    self._take(stream, source.bytes + 1 - at, whole)
                digests[source.path] = whole.hexdigest()
        return digests

    def _take(self, stream: Bytes, size: int, whole: hashlib._Hash) -> int:
        """Reads so many bytes, or to the end; returns their check."""
        check = 0
        while size > 0 and not self._over and (data := stream.read(min(size, PIECE))):
            whole.update(data)
            check = check_of(data, check)
            size -= len(data)
        return check


def bytes_of(source: Source, archives: Archives) -> Bytes:
    """What is hashed of a file: all of it, as it is; of a member of an archive what it holds."""
    if not source.archive:
        return place_of(source.path).open(STEP)
    return replace(source, records=None, near=False).opened(archives=archives)


@contextmanager
def unchanged(sources: Sequence[Source]) -> Iterator[None]:
    """A time in which files are read. Raises SourceError where one was changed meanwhile.

    Whatever else fails then fails for that reason: half of a file is another dump.
    """
    try:
        yield
    except Exception as error:
        if odd := another(sources):
            raise changed(odd) from error
        raise
    if odd := another(sources):
        raise changed(odd)


def another(sources: Sequence[Source]) -> str | None:
    """The first file that is not what it was when it was found."""
    files = [*{source.file: None for source in sources}]
    marks = dict(zip(files, of_each(mark_now, files), strict=True))
    return next((one.path for one in sources if one.mark != marks[one.file]), None)


def mark_now(file: str) -> str:
    """Its mark; empty where there is no such file."""
    try:
        return place_of(file).mark()
    except FileNotFoundError:
        return ""


def changed(path: str) -> SourceError:
    return SourceError(
        f"{path} was changed, replaced or removed while it was read, so what was read may be of "
        "two dumps. Nothing was published. Wait until nobody writes it, or read a copy, and run "
        "again."
    )
