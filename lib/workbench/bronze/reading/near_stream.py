"""A stream of near-JSON, read as the strict JSON that it is near to."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from workbench.bronze.reading.as_it_came import Origin
from workbench.bronze.reading.near_json import Rewriter

STEP = 1 << 20  # bytes that are looked at at once
MOST_KEPT = 256 << 20  # bytes of the source


class Readable(Protocol):
    path: str
    cut_off: bool

    def read(self, size: int) -> bytes: ...
    def __exit__(self, *_: object) -> None: ...


class Rewritten:
    """A stream of near-JSON, as strict JSON, with what it came from."""

    def __init__(self, stream: Readable) -> None:
        self.path = stream.path
        self._stream = stream
        self._rewriter = Rewriter()
        self._made = b""
        self._over = False
        self._came = bytearray()  # the source, from a place of it on
        self._base = 0

    def __enter__(self) -> Rewritten:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.__exit__()

    @property
    def cut_off(self) -> bool:
        return self._over and self._stream.cut_off

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        parts, there = [self._made], len(self._made)
        while there < size and not self._over:
            data = self._stream.read(STEP)
            self._over = len(data) < STEP
            self._keep(data)
            parts.append(self._rewriter.feed(data, self._over))
            there += len(parts[-1])
        whole = b"".join(parts)
        self._made = whole[size:]
        return whole[:size]

    def _keep(self, data: bytes) -> None:
        """The source is kept as far as a document may reach back."""
        self._came += data
        beyond = len(self._came) - MOST_KEPT
        if beyond > 0:
            del self._came[:beyond]
            self._base += beyond
            self._rewriter.places.drop_source(self._base)

    def origin(self, start: int, size: int) -> Origin | None:
        """The source of so many bytes that were read from `start` on; before is forgotten then.

        None of a document so large that its beginning is gone.
        """
        places = self._rewriter.places
        if start < places.made[0]:
            return None
        found = places.cut(start, start + size, self._came, self._base)
        places.drop(start + size)
        done = found.start + len(found.data)
        del self._came[: done - self._base]
        self._base = done
        return found

    def taken(self) -> Counter[str]:
        """What was no JSON since this was last asked, by what it was."""
        counts, self._rewriter.counts = self._rewriter.counts, Counter[str]()
        return counts
