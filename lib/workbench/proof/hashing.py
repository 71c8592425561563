"""A hash of every value where it stands: of its row's key, the positions on its way, and itself.

64 bits a value, added up modulo 2**64 over all rows of a path: in any order, in any parts, on any
machine the sum is the same, and a value that is changed, moved, lost or doubled changes it. It is
a check, not a signature: whoever can write a table could also write a manifest that fits.

The mixing is that of MurmurHash3 and SplitMix64: xor of shifted bits and products with odd numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.proof.fingerprint import MODULUS
from workbench.schema import Numbers, Path, any_wide, stored, whole_numbers

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Wider = Mapping[Path, pa.DataType]

ODD = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
HALF = np.uint64(32)
WORD = 8  # bytes
# The bits that belong to a text, of a word of which so many bytes do.
MASKS = np.array([(1 << 8 * n) - 1 for n in range(WORD + 1)], np.uint64)
LONG = 1024  # bytes of a text beyond which its words are not taken one by one


def mixed(values: Hashes) -> Hashes:
    """Numbers whose bits all depend on all bits of those given, which are overwritten."""
    values ^= values >> HALF
    values *= FIRST
    values ^= values >> HALF
    values *= SECOND
    values ^= values >> HALF
    return values


def inside(around: Hashes, values: Hashes) -> Hashes:
    """The hashes of things, given where each stands."""
    return mixed(around * ODD + values)


def added_up(hashes: Hashes, there: Numbers | None, weights: Numbers | None) -> int:
    """The sum of those that are there, each so many times."""
    if weights is not None:
        if weights.dtype == object:  # beyond 64 bits
            weights = weights % MODULUS
        hashes = hashes * weights.astype(np.uint64)
    # To choose those that are there would take several times as long.
    return int((hashes if there is None else hashes * there).sum())


def of_keys(rows: pa.StructArray, keys: Iterable[Path], wider: Wider | None = None) -> Hashes:
    """The hash that each row's key, of one field or several, gives to all that stands in it."""
    return side_by_side(of_key(rows, key, wider) for key in keys)


def side_by_side(hashes: Iterable[Hashes]) -> Hashes:
    """The hashes of things of several parts; of one part its own."""
    return reduce(inside, hashes)


def of_key(rows: pa.StructArray, key: Path, wider: Wider | None) -> Hashes:
    """An object or an array, which is no key and will be refused, gives none."""
    array: pa.Array = rows
    for name in key:
        array = array.flatten()[[f.name for f in array.type].index(str(name))]
    if pa.types.is_nested(array.type):
        return np.zeros(len(array), np.uint64)
    return of_wider(array, (wider or {}).get(key))


def of_wider(array: pa.Array, wider: pa.DataType | None) -> Hashes:
    """The hashes of values, in the type that they will have."""
    if wider is None:
        return of_each(array)
    if pa.types.is_struct(wider):  # of empty objects here, of others elsewhere
        return np.ones(len(array), np.uint64)
    if not pa.types.is_floating(wider):
        return of_each(array.cast(wider))
    if pa.types.is_integer(array.type) and any_wide(array):
        return of_each(array)  # which no table of doubles has: a digit that is lost is seen
    return of_each(array.cast(wider, safe=False))


def of_each(array: pa.Array) -> Hashes:
    """The hash of each value; of what is null, any.

    Equal values have equal hashes whatever widths they are stored in; numbers of different kinds
    do not. Raises ArrowNotImplementedError for what is no single value.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        if not len(array.dictionary):
            return np.zeros(len(array), np.uint64)
        codes = whole_numbers(array.indices)
        coded: Hashes = of_each(array.dictionary)[codes]
        return coded
    if pa.types.is_struct(kind) and not kind.num_fields:
        array = pa.array(["{}"] * len(array))  # as which it stands in the table
    elif pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
    elif pa.types.is_date(kind):
        array = array.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    if is_bytes(array.type):
        return of_bytes(array)
    if pa.types.is_decimal(array.type):
        return of_decimals(array.cast(pa.decimal128(38, array.type.scale)))
    if pa.types.is_floating(array.type):
        doubles = stored(array.cast(pa.float64()), np.float64).copy()
        doubles[np.isnan(doubles)] = np.nan  # of which there are many
        return mixed(doubles.view(np.uint64))
    if pa.types.is_null(array.type):
        return np.zeros(len(array), np.uint64)
    return mixed(stored(array.cast(pa.int64()), np.uint64).copy())


def is_bytes(kind: pa.DataType) -> bool:
    return any(
        of(kind)
        for of in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def of_decimals(array: pa.Array) -> Hashes:
    """Of the two words of each unscaled number."""
    words = np.frombuffer(array.buffers()[1], np.uint64).reshape(-1, 2)
    low, high = words[array.offset : array.offset + len(array)].T
    return inside(mixed(high.copy()), low)


def of_bytes(array: pa.Array) -> Hashes:
    """Of texts, word by word: all first words, all second ones, as far as any text goes."""
    starts, sizes, data = laid_out(array)
    hashes = sizes.astype(np.uint64)
    rows = np.flatnonzero((sizes > 0) & (sizes <= LONG))
    begun, long = (starts, sizes) if len(rows) == len(sizes) else (starts[rows], sizes[rows])
    if one_after_another(begun, long):
        hashes[rows] = of_equal_sizes(data[begun[0] :], len(rows), int(long[0]))
    elif len(rows):
        hashes[rows] = of_any_sizes(data, begun, long)
    for row in np.flatnonzero(sizes > LONG).tolist():
        text = data[starts[row] : starts[row] + sizes[row]].tobytes()
        hashes[row] = int.from_bytes(hashlib.blake2b(text, digest_size=WORD).digest(), "little")
    return mixed(hashes)


def of_any_sizes(data: Bytes, starts: Numbers, sizes: Numbers) -> Hashes:
    """Of texts that begin at some places, before they are mixed."""
    data = np.concatenate((data, np.zeros(WORD, np.uint8)))
    words = np.lib.stride_tricks.as_strided(
        data[:WORD].view("<u8"), (len(data) - WORD + 1,), (1,), writeable=False
    )
    hashes = np.empty(len(sizes), np.uint64)
    rows, at, left, found = np.arange(len(sizes)), starts.copy(), sizes, sizes.astype(np.uint64)
    while len(rows):
        word = words[at]
        found ^= word if left.min() >= WORD else word & MASKS[np.minimum(left, WORD)]
        found *= FIRST
        found ^= found >> HALF
        at += WORD
        left = left - WORD
        on = left > 0
        if not on.all():
            hashes[rows[~on]] = found[~on]
            rows, at, left, found = rows[on], at[on], left[on], found[on]
    return hashes


def one_after_another(starts: Numbers, sizes: Numbers) -> bool:
    """Whether there are texts, all of one size, and nothing stands between them."""
    if not len(sizes) or sizes.min() != sizes.max():
        return False
    return bool(starts[-1] - starts[0] == (len(starts) - 1) * sizes[0])


def of_equal_sizes(data: Bytes, number: int, size: int) -> Hashes:
    """Of so many texts of one size, as hashes and ids are, in half the time of others."""
    texts = data[: number * size].reshape(number, size)
    if size % WORD:
        texts = np.pad(texts, ((0, 0), (0, WORD - size % WORD)))
    found = np.full(number, size, np.uint64)
    for word in texts.view("<u8").T:
        found ^= word
        found *= FIRST
        found ^= found >> HALF
    return found


def laid_out(array: pa.Array) -> tuple[Numbers, Numbers, Bytes]:
    """Where each text begins, how many bytes it has, and the bytes."""
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, ends, content = array.buffers()
    if not len(array) or ends is None:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
    width = np.int64 if large else np.int32
    offsets = np.frombuffer(ends, width)[array.offset : array.offset + len(array) + 1]
    data = np.zeros(0, np.uint8) if content is None else np.frombuffer(content, np.uint8)
    first, last = int(offsets[0]), int(offsets[-1])
    starts = offsets[:-1].astype(np.int64) - first
    return starts, np.diff(offsets).astype(np.int64), data[first:last]
