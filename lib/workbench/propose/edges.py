"""Round edges that spread numbers over ranges, proposed from the numbers themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10

import pyarrow as pa
import pyarrow.compute as pc

RANGES = 5
FEW = 8  # different whole numbers, and each is a range of its own
SCALES = (1, 10, 100, 1000, 10_000, 1_000_000)
OF_SHARES = (100, 10_000, 1_000_000)  # of numbers from 0 to 1, which people read in percent
LARGEST = 1 << 31
LEAST, MOST = 0.05, 0.45  # shares of a range that holds its part
UNITS = (1, 2, 5)


def proposed_edges(numbers: pa.ChunkedArray) -> tuple[list[int], int] | None:
    """Upper edges, rising whole numbers, and the scale of the numbers that they are of.

    The edges are as round as they can be while no range holds nearly all or next to nothing. The
    scale is a power of ten, greater than 1 only where whole numbers do not tell the values apart,
    as from 0 to 1. None where all numbers are alike.
    """
    known = numbers.drop_null().cast(pa.float64(), safe=False)  # edges need no 16th digit
    known = known.filter(pc.is_finite(known))
    different = pc.unique(known)
    if len(different) < 2:
        return None
    whole = pc.all(pc.equal(pc.floor(different), different)).as_py()
    if whole and len(different) <= FEW:
        return sorted(int(n) for n in different.to_pylist())[:-1], 1
    shares = [place / RANGES for place in range(1, RANGES)]
    found = pc.quantile(known, q=shares).to_pylist()
    shares_alone = pc.min(different).as_py() >= 0 and pc.max(different).as_py() <= 1
    for scale in (1,) if whole else OF_SHARES if shares_alone else SCALES:
        scaled = [number * scale for number in found]
        for edges in candidates(scaled):
            if spreads(known, edges, scale):
                return edges, scale
    edges = within(two_digits(number) for number in found)
    return (edges, 1) if edges else None


def candidates(quantiles: Sequence[float]) -> Iterator[list[int]]:
    """Edges near the quantiles, the roundest first."""
    most = max(abs(number) for number in quantiles) or 1
    for power in range(max(0, floor(log10(most))), -1, -1):
        for unit in reversed(UNITS):
            step = unit * 10**power
            yield within(round(number / step) * step for number in quantiles)
    yield within(two_digits(number) for number in quantiles)


def spreads(numbers: pa.ChunkedArray, edges: Sequence[int], scale: int) -> bool:
    """Whether there are enough ranges, and each holds its part."""
    if len(edges) < RANGES - 1:
        return False
    bounds = [edge / scale for edge in edges]
    below = [pc.sum(pc.less_equal(numbers, bound)).as_py() or 0 for bound in bounds]
    counts = [b - a for a, b in zip([0, *below], [*below, len(numbers)], strict=True)]
    return min(counts) / len(numbers) >= LEAST and max(counts) / len(numbers) <= MOST


def within(edges: Iterator[int]) -> list[int]:
    """Those that a range can have, rising."""
    return sorted({int(edge) for edge in edges if abs(edge) < LARGEST - 1})


def two_digits(number: float) -> int:
    whole = round(number)
    return round(whole, 2 - len(str(abs(whole)))) if abs(whole) >= 100 else whole
