"""The fingerprints of rows, computed on Arrow arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnsupportedType
from workbench.proof.fingerprint import Fingerprint, Fingerprints, together
from workbench.proof.hashing import Hashes, Wider, added_up, inside, mixed, of_wider
from workbench.schema import EXACT, ITEM, Numbers, Path, elements, sizes, valid, whole_numbers

HALF = 1 << 31  # so many halves of numbers add up within 64 bits
STRETCH = 1 << 20  # elements that are looked at together: a number of each takes 8 bytes


def of_array(
    array: pa.Array,
    path: Path = (),
    weights: Numbers | None = None,
    around: Hashes | None = None,
    wider: Wider | None = None,
) -> Fingerprints:
    """The fingerprints of all leaves of an array; rows are given as one struct each.

    `weights`: how often each value counts. `around`: where each stands, for the hashes, without
    which there are none; with them, objects and arrays have fingerprints too. `wider`: the types,
    by path, in which values are hashed, where they are others than the array's. Raises
    UnsupportedType for what is no leaf.
    """
    kind = array.type
    if wider and wider.get(path) == pa.null():
        return {}
    if len(array) > STRETCH:
        return in_pieces(array, path, weights, around, wider)
    is_object = pa.types.is_struct(kind) and kind.num_fields > 0
    if not is_object and not pa.types.is_list(kind):
        try:
            return {path: of_values(array, weights, around, (wider or {}).get(path))}
        except pa.ArrowNotImplementedError as error:
            raise UnsupportedType(f"A column of type {kind} cannot be verified.") from error
    counts = np.ones(1, np.int64) if is_object else sizes(array)
    found: Fingerprints = {}
    if around is not None and array.null_count < len(array):
        hashes = inside(around, counts.astype(np.uint64))
        found[path] = Fingerprint(hash=added_up(hashes, there(array), weights))
    if is_object:
        for field, child in zip(kind, array.flatten(), strict=True):
            found |= of_array(child, (*path, field.name), weights, around, wider)
        return found
    return found | of_elements(array, counts, path, weights, around, wider)


def in_pieces(
    array: pa.Array,
    path: Path,
    weights: Numbers | None,
    around: Hashes | None,
    wider: Wider | None,
) -> Fingerprints:
    """The same of an array of many values, in memory that is bounded."""
    pieces = (slice(at, at + STRETCH) for at in range(0, len(array), STRETCH))
    return together(
        of_array(array[rows], path, part_of(weights, rows), part_of(around, rows), wider)
        for rows in pieces
    )


def part_of(numbers: Numbers | None, rows: slice) -> Numbers | None:
    return None if numbers is None else numbers[rows]


def of_elements(
    array: pa.ListArray,
    counts: Numbers,
    path: Path,
    weights: Numbers | None,
    around: Hashes | None,
    wider: Wider | None,
) -> Fingerprints:
    """The fingerprints of what stands in arrays, of which so many elements each."""
    values = elements(array)

    def of_part(part: Stretch) -> Fingerprints:
        own = None if weights is None else part.of_each(weights)
        at = None
        if around is not None:
            at = inside(part.of_each(around), mixed(part.places.astype(np.uint64)))
        found = values.slice(part.start, len(part.places))
        return of_array(found, (*path, ITEM), own, at, wider)

    return together(map(of_part, stretches(counts)))


class Stretch(NamedTuple):
    """Elements of arrays that stand one after another: those from `start` on.

    `arrays` are those that they belong to, `counts` how many of each there are, `places` are the
    elements' own in their arrays.
    """

    start: int
    arrays: slice
    counts: Numbers
    places: Numbers

    def of_each(self, numbers: Numbers) -> Numbers:
        """What each element's array has, given what all arrays have."""
        return np.repeat(numbers[self.arrays], self.counts)


def stretches(counts: Numbers) -> Iterator[Stretch]:
    """The elements of arrays of some sizes, so many together: what is known of each takes memory.

    One array may have tens of millions. Of arrays without elements there is one stretch.
    """
    ends = np.cumsum(counts)
    whole = int(ends[-1]) if len(ends) else 0
    for start in range(0, whole or 1, STRETCH):
        end = min(start + STRETCH, whole)
        arrays = slice(0, len(counts))
        if whole > STRETCH:
            first = np.searchsorted(ends, start, side="right")
            arrays = slice(int(first), int(np.searchsorted(ends, end, side="left")) + 1)
        begun = ends[arrays] - counts[arrays]
        here = np.minimum(ends[arrays], end) - np.maximum(begun, start)
        yield Stretch(start, arrays, here, np.arange(start, end) - np.repeat(begun, here))


def positions(counts: Numbers) -> Numbers:
    """The place of each element in its array, from 0; the arrays stand one after another."""
    parts = [part.places.astype(np.int32) for part in stretches(counts)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def there(array: pa.Array) -> Numbers | None:
    """Which values are not null; None where all are."""
    return valid(array) if array.null_count else None


def of_values(
    array: pa.Array,
    weights: Numbers | None,
    around: Hashes | None = None,
    wider: pa.DataType | None = None,
) -> Fingerprint:
    """The fingerprint of the values at one path."""
    count = len(array) - array.null_count
    if not count:
        return Fingerprint(hash=None if around is None else 0)
    if pa.types.is_dictionary(array.type) and small_numbers(weights):
        return of_coded(array, weights, around, wider)
    hashed = None
    if around is not None:
        hashes = inside(around, of_wider(array, wider))
        hashed = added_up(hashes, there(array), weights)
    if weights is not None:
        count = int((weights * valid(array) if array.null_count else weights).sum())
    measured = measures(array)
    total = None if measured is None else exact_sum(measured, weights)
    return Fingerprint(count, total, hashed)


def of_coded(
    array: pa.DictionaryArray,
    weights: Numbers | None,
    around: Hashes | None,
    wider: pa.DataType | None,
) -> Fingerprint:
    """The fingerprint of values that are stored once each: each is measured once, and counted."""
    codes = whole_numbers(array.indices)
    here = there(array)
    own = weights if here is None else here if weights is None else weights * here
    times = np.bincount(codes, own, len(array.dictionary)).astype(np.int64)
    hashed = None
    if around is not None:
        hashes = inside(around, of_wider(array.dictionary, wider)[codes])
        hashed = added_up(hashes, here, weights)
    measured = measures(array.dictionary)
    total = None if measured is None else exact_sum(measured, times)
    return Fingerprint(int(times.sum()), total, hashed)


def small_numbers(weights: Numbers | None) -> bool:
    """Whether doubles hold their sums."""
    return weights is None or (weights.dtype != object and int(weights.sum()) <= EXACT)


def measures(array: pa.Array) -> pa.Array | None:
    """What is added up, in whole numbers: numbers, lengths, trues, times; None of fractions."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        each = measures(array.dictionary)
        return None if each is None else each.take(array.indices)
    if pa.types.is_integer(kind):
        return array
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return None
    if pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    if pa.types.is_boolean(kind):
        return array.cast(pa.uint8())
    if pa.types.is_date32(kind):
        return array.cast(pa.int32())
    if pa.types.is_binary(kind):
        return pc.binary_length(array)
    if pa.types.is_struct(kind):  # without fields: `{}` as text
        return pa.array(np.full(len(array), 2), mask=~valid(array))
    return pc.utf8_length(array)


def exact_sum(array: pa.Array, weights: Numbers | None = None) -> int:
    """The sum of integers, each so many times, beyond 64 bits where it is."""
    times = len(array) if weights is None else int(weights.sum())
    if weights is None and array.type.bit_width <= 32 and times < HALF:
        return int(pc.sum(array).as_py())
    numbers = whole_numbers(array)
    if times >= HALF or numbers.dtype == object:  # more than the halves have room for
        numbers = numbers.astype(object)
        return int(numbers.sum() if weights is None else numbers.dot(weights))
    upper, lower = numbers >> 32, numbers & (2 * HALF - 1)
    if weights is None:
        return (int(upper.sum()) << 32) + int(lower.sum())
    weights = weights.astype(np.int64)
    return (int(upper.dot(weights)) << 32) + int(lower.dot(weights))
