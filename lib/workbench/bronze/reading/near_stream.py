"""A stream of near-JSON, read as the strict JSON that it is near to."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from workbench.bronze.reading.near_json import Rewriter

STEP = 1 << 20  # bytes that are looked at at once


class Readable(Protocol):
    path: str
    cut_off: bool

    def read(self, size: int) -> bytes: ...
    def __exit__(self, *_: object) -> None: ...


class Rewritten:
    """A stream of near-JSON, as strict JSON."""

    def __init__(self, stream: Readable) -> None:
        self.path = stream.path
        self._stream = stream
        self._rewriter = Rewriter()
        self._made = b""
        self._over = False

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
            parts.append(self._rewriter.feed(data, self._over))
            there += len(parts[-1])
        whole = b"".join(parts)
        self._made = whole[size:]
        return whole[:size]

    def taken(self) -> Counter[str]:
        """What was no JSON since this was last asked, by what it was."""
        counts, self._rewriter.counts = self._rewriter.counts, Counter[str]()
        return counts
