"""The fingerprints of rows, computed on Arrow arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnsupportedType
from workbench.proof.fingerprint import Fingerprint, Fingerprints
from workbench.schema import ITEM, Numbers, Path, bounds, elements, sizes, valid


def of_array(array: pa.Array, path: Path = (), weights: Numbers | None = None) -> Fingerprints:
    """The fingerprints of all leaves of an array; rows are given as one struct each.

    `weights`: how often each value counts. Raises UnsupportedType for what is no leaf.
    """
    kind = array.type
    if pa.types.is_struct(kind) and kind.num_fields:
        found: Fingerprints = {}
        for field, child in zip(kind, array.flatten(), strict=True):
            found |= of_array(child, (*path, field.name), weights)
        return found
    if pa.types.is_list(kind):
        if weights is not None:
            weights = np.repeat(weights, sizes(array))
        return of_array(elements(array), (*path, ITEM), weights)
    try:
        return {path: of_values(array, weights)}
    except pa.ArrowNotImplementedError as error:
        raise UnsupportedType(f"A column of type {kind} cannot be verified.") from error


def of_values(array: pa.Array, weights: Numbers | None) -> Fingerprint:
    """The fingerprint of the values at one path."""
    kind, count = array.type, len(array) - array.null_count
    if not count:
        return Fingerprint()
    if weights is not None:
        count = int(weights[valid(array)].sum() if array.null_count else weights.sum())
    if pa.types.is_integer(kind):
        return Fingerprint(count, exact_sum(array, weights), *bounds(array))
    if pa.types.is_timestamp(kind):
        micros = array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        return Fingerprint(count, None, *bounds(micros))
    if pa.types.is_floating(kind):
        array = array.cast(pa.float64())
        return Fingerprint(count, None, *bounds(pc.if_else(pc.is_nan(array), None, array)))
    if pa.types.is_decimal(kind):
        return Fingerprint(count, None, *bounds(array))
    return Fingerprint(count, exact_sum(measures(array), weights))


def measures(array: pa.Array) -> pa.Array:
    """What is added up of values that are no numbers: lengths, trues, days since 1970."""
    kind = array.type
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
    small = (times < 2**31 and array.type.bit_width <= 32) or fits(array, times)
    if small and weights is None:
        return int(pc.sum(array).as_py())
    numbers = array.fill_null(0).to_numpy().astype(np.int64 if small else object)
    return int(numbers.sum() if weights is None else numbers.dot(weights))


def fits(array: pa.Array, times: int) -> bool:
    """Whether a sum of so many of these integers stays within 64 bits."""
    least, greatest = bounds(array)
    return bool(max(-least, greatest) * times < 2**63)
