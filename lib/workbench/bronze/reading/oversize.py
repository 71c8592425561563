"""A document too large to be read: its end is found as its bytes go by.

By the brackets, where it is whole; else a document like those before is the next one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Protocol

from workbench.bronze.reading.damage import CHAIN, Scanner
from workbench.bronze.reading.damaged_text import TRIES, BrokenValue
from workbench.bronze.reading.familiar import Known, Like
from workbench.bronze.reading.structure import Brackets

STEP = 16 << 20
KEPT = 1 << 20  # bytes of its beginning that go to quarantine


class Readable(Protocol):
    def read(self, size: int) -> bytes: ...


def pass_over(head: bytes, stream: Readable, known: Known) -> tuple[int, bytes]:
    """How long the document is that starts with `head`, and what was read behind it."""
    brackets, start = Brackets(), known_start(known)
    passed, before, tries = 0, b"", TRIES * len(head)
    for chunk in chunks(head, stream):
        window = before + chunk
        ends = [len(before) + end for end in brackets.ends(chunk)]
        begun = int(passed == len(before))  # the document itself may look like the others
        if start and tries > 0:
            scanner = Scanner(window.decode("latin-1"), True, known)
            scanner.tries = tries
            ends += next_like(scanner, start, begun)
            tries = scanner.tries  # of all windows, for there is no end of them
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


def known_start(known: Known) -> re.Pattern[str] | None:
    """How what looks like a document begins, its bytes as characters."""
    names = sorted({json.dumps(key) for keys in known.documents for key in keys})
    names += sorted({json.dumps(json.loads(name), ensure_ascii=False) for name in names})
    written = (name.encode(errors="replace").decode("latin-1") for name in names)
    either = "|".join(map(re.escape, written))
    return re.compile(rf"\{{\s*(?:{either})\s*:", re.ASCII) if names else None


def next_like(scanner: Scanner, start: re.Pattern[str], at: int) -> list[int]:
    """Where the first whole document from here on stands that looks like those that are known, if
    any does; not inside of others."""
    while scanner.tries > 0 and (match := start.search(scanner.text, at)):
        at = match.start()
        try:
            value, end = scanner.decode(at)
        except (BrokenValue, RecursionError):
            at += 1
            continue
        if scanner.known.like(value) is Like.DOCUMENT:
            return [at]
        at = end
    return []
