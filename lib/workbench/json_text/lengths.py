"""How long the JSON text of values is, by the rules of `json_text.columns`, without the text.

So a column of JSON text is proved from the values alone, not by writing the same text twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.json_text.values import dump, scalar_text
from workbench.schema import Numbers, added, elements, sizes, valid, whole_numbers

NULL, TIME, DATE = len("null"), len('"2021-11-02T03:04:05.296000Z"'), len('"2021-11-02"')
LETTERED = '["\\\\\\x08\\t\\n\\f\\r]'  # characters that take a backslash and a letter
CONTROL = "[\\x00-\\x07\\x0b\\x0e-\\x1f]"  # and those that take \u and four digits


def json_lengths(array: pa.Array) -> Numbers:
    """The code points of each value's JSON text; of a null, those of `null`."""
    kind = array.type
    if pa.types.is_null(kind):
        return np.full(len(array), NULL)
    if pa.types.is_list(kind):
        found = lengths_of_arrays(array)
    elif pa.types.is_struct(kind):
        found = lengths_of_objects(array)
    else:
        found = lengths_of_leaves(array)
    return np.where(valid(array), found, NULL)


def lengths_of_arrays(array: pa.Array) -> Numbers:
    """Brackets, elements, and commas between them."""
    counts = sizes(array)
    inside = added(json_lengths(elements(array)), counts)
    return framed(inside, counts)


def lengths_of_objects(array: pa.Array) -> Numbers:
    """Braces, and each field that is not null as `"key":value`, with commas between them."""
    inside, fields = np.zeros(len(array), np.int64), np.zeros(len(array), np.int64)
    for field, child in zip(array.type, array.flatten(), strict=True):
        there = valid(child)
        key = len(dump(field.name)) + 1
        inside += np.where(there, json_lengths(child) + key, 0)
        fields += there
    return framed(inside, fields)


def framed(inside: Numbers, parts: Numbers) -> Numbers:
    found: Numbers = inside + np.maximum(parts - 1, 0) + 2
    return found


def lengths_of_leaves(array: pa.Array) -> Numbers:
    kind = array.type
    if pa.types.is_boolean(kind):
        return 5 - whole_numbers(array.cast(pa.uint8()))
    if pa.types.is_timestamp(kind):
        seconds = array.cast(pa.timestamp("us", kind.tz), safe=False).cast(pa.int64())
        return TIME + beyond(whole_numbers(seconds) // (86_400 * 1_000_000))
    if pa.types.is_date(kind):
        return DATE + beyond(whole_numbers(array.cast(pa.date32()).cast(pa.int32())))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return np.array([len(text) for text in spelled(array)], np.int64)
    if pa.types.is_integer(kind):
        return whole_numbers(pc.utf8_length(array.cast(pa.string())))
    if pa.types.is_binary(kind):  # in base64
        return 2 + 4 * -(-whole_numbers(pc.binary_length(array)) // 3)
    letters = pc.count_substring_regex(array, LETTERED)
    controls = pc.count_substring_regex(array, CONTROL)
    return (
        2
        + whole_numbers(pc.utf8_length(array))
        + whole_numbers(letters)
        + 5 * whole_numbers(controls)
    )


def spelled(array: pa.Array) -> Iterator[str]:
    """Numbers with a fraction as Python writes them: the shortest digits that read back."""
    if pa.types.is_decimal(array.type):
        return map(scalar_text, array.to_pylist())
    if pa.types.is_float32(array.type):
        values = [float(text or 0) for text in array.cast(pa.string()).to_pylist()]
    else:
        values = array.fill_null(0).to_pylist()
    return map(scalar_text, values)


def beyond(days: Numbers) -> Numbers:
    """What a year after 9999 has more than four digits: its sign, and the fifth, the sixth...

    `days` are those since 1970.
    """
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    more: Numbers = np.zeros(len(days), np.int64)
    for first in (10_000, 10_000, 100_000, 1_000_000):
        more += years >= first
    return more
