"""Documents of a block that do not parse, looked through for whole ones inside."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from workbench.bronze.reading import BLANK, Documents, Known, Span, salvage

SEPARATORS = BLANK + b","
Extent = tuple[int, int, int]


def mend(
    documents: Documents, broken: list[int], known: Known, accepted: Callable[[bytes], bool]
) -> bool:
    """Puts the documents that stand in broken ones, given by their indexes, in their place.

    Those next to each other are read as one text, since a document may have been cut in two.
    Returns whether one was found that is `accepted`; if none was, nothing changes.
    """
    before = [tuple(extent) for extent in documents.extents.tolist()]
    after: list[Extent] = []
    done, better = 0, False
    for first, last in runs(broken):
        row = before[first : last + 1]
        base, end = row[0][0], row[-1][1]
        inside, _ = salvage(documents.text(base, end), True, known)
        spans = [(base + s, base + e) for s, e in inside]
        tried = {(start, end) for start, end, _ in row}
        good = {s for s in spans if s not in tried and accepted(documents.text(*s))}
        better |= bool(good)
        after += before[done:first]
        after += numbered(documents, spans, good, row) if good else row
        done = last + 1
    if better:
        documents.replace(np.array([*after, *before[done:]], np.int64))
    return better


def runs(indexes: Iterable[int]) -> Iterator[Span]:
    """The first and last of each row of numbers that follow one another."""
    for _, numbered in itertools.groupby(enumerate(indexes), lambda pair: pair[1] - pair[0]):
        row = [index for _, index in numbered]
        yield row[0], row[-1]


def numbered(
    documents: Documents, spans: list[Span], good: set[Span], row: list[Extent]
) -> Iterator[Extent]:
    """The spans with the positions that they stand in; what is broken is not joined anew."""
    starts = [start for start, _, _ in row]
    for start, end in spans:
        inner = starts[bisect.bisect(starts, start) : bisect.bisect_left(starts, end)]
        edges = [start, end] if (start, end) in good else [start, *inner, end]
        for s, e in itertools.pairwise(edges):
            text = documents.text(s, e).rstrip(SEPARATORS)
            if text:
                yield s, s + len(text), row[bisect.bisect(starts, s) - 1][2]
