"""A document too large to be read: its end is found as its bytes go by.

By the brackets, where it is whole; else a document like those before is the next one.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Protocol

from workbench.bronze.reading.damage import CHAIN, Scanner
from workbench.bronze.reading.damaged_text import BrokenValue
from workbench.bronze.reading.familiar import Known, Like
from workbench.bronze.reading.structure import Brackets

STEP = 16 << 20
KEPT = 1 << 20  # bytes of its beginning that go to quarantine


class Readable(Protocol):
    def read(self, size: int) -> bytes: ...


def pass_over(head: bytes, stream: Readable, known: Known) -> tuple[int, bytes]:
    """How long the document is that starts with `head`, and what was read behind it."""
    brackets, start = Brackets(), known_start(known)
    passed, before = 0, b""
    for chunk in chunks(head, stream):
        window = before + chunk
        ends = [len(before) + end for end in brackets.ends(chunk)]
        begun = int(passed == len(before))  # the document itself may look like the others
        ends += itertools.islice(next_like(window, start, known, begun), 1)
        if ends:
            end = min(ends)
            rest = head[passed + len(chunk) :]
            return passed - len(before) + end, window[end:] + rest
        passed += len(chunk)
        before = window[-CHAIN:]
    return passed, b""


def chunks(head: bytes, stream: Readable) -> Iterator[bytes]:
    for at in range(0, len(head), STEP):
        yield head[at : at + STEP]
    while chunk := stream.read(STEP):
        yield chunk


def known_start(known: Known) -> re.Pattern[bytes] | None:
    names = sorted({json.dumps(key) for keys in known.documents for key in keys})
    names += sorted({json.dumps(json.loads(name), ensure_ascii=False) for name in names})
    either = b"|".join(re.escape(name.encode(errors="replace")) for name in names)
    return re.compile(rb"\{\s*(?:" + either + rb")\s*:") if names else None


def next_like(
    data: bytes, start: re.Pattern[bytes] | None, known: Known, begun: int
) -> Iterator[int]:
    """Where whole documents stand that look like those that are known; not inside of others."""
    scanner, at = Scanner(data.decode("latin-1"), True, known), begun
    while start and scanner.tries > 0 and (match := start.search(data, at)):
        at = match.start()
        try:
            value, end = scanner.decode(at)
        except (BrokenValue, RecursionError):
            at += 1
            continue
        if known.like(value) is Like.DOCUMENT:
            yield at
        at = end
