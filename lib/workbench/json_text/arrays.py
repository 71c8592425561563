"""The JSON text of values by the rules of `json_text.columns`, column by column, without an engine.

So a column of JSON text is proved by another spelling of it than the engine's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.json_text.values import dump, moments, scalar_text
from workbench.schema import decoded, elements, sizes

PIECE = 1 << 18  # values
ESCAPED = '["\\\\\\x00-\\x1f]'  # characters that do not stand in JSON text as they are


def array_texts(array: pa.Array) -> pa.Array:
    """The JSON text of each value; of a null, `null`."""
    kind = array.type
    if pa.types.is_null(kind):
        return pa.array(["null"] * len(array), pa.string())
    if pa.types.is_list(kind):
        found = texts_of_arrays(array)
    elif pa.types.is_struct(kind):
        found = texts_of_objects(array)
    else:
        found = texts_of_leaves(array)
    return pc.if_else(array.is_valid(), found, "null")


def framed(opening: str, texts: pa.Array, closing: str) -> pa.Array:
    return pc.binary_join_element_wise(opening, texts, closing, "")


def texts_of_arrays(array: pa.Array) -> pa.Array:
    ends = pa.array(np.concatenate(([0], np.cumsum(sizes(array)))), pa.int32())
    lists = pa.ListArray.from_arrays(ends, array_texts(elements(array)))
    return framed("[", pc.binary_join(lists, ","), "]")


def texts_of_objects(array: pa.Array) -> pa.Array:
    """Fields that are null are left out; the comma before the first one too."""
    there = [
        pc.if_else(child.is_valid(), framed(f",{dump(field.name)}:", array_texts(child), ""), "")
        for field, child in zip(array.type, array.flatten(), strict=True)
    ]
    if not there:
        return pa.array(["{}"] * len(array), pa.string())
    inside = pc.binary_join_element_wise(*there, "")
    return framed("{", pc.utf8_slice_codeunits(inside, 1), "}")


def texts_of_leaves(array: pa.Array) -> pa.Array:
    """Piece by piece: an array may hold millions, and objects of Python take ten times that."""
    starts = range(0, max(len(array), 1), PIECE)
    return pa.concat_arrays([texts_of_some(decoded(array.slice(at, PIECE))) for at in starts])


def texts_of_some(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return framed('"', moments(array), '"')
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind):
        return array.cast(pa.string())
    if pa.types.is_float32(kind):  # some engines show all digits of its double
        return each(array.cast(pa.string()), lambda text: scalar_text(float(text)))
    if pa.types.is_float64(kind) and pc.all(pc.is_finite(array), min_count=0).as_py():
        coded = array.dictionary_encode()
        texts = json.dumps(coded.dictionary.to_pylist())[1:-1].split(", ")
        texts = texts[: len(coded.dictionary)]  # of no numbers there is one empty text
        return pa.array(texts, pa.string()).take(coded.indices)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_binary(kind):
        return each(array, scalar_text)
    odd = pc.fill_null(pc.match_substring_regex(array, ESCAPED), False)
    plain = framed('"', array, '"')
    return pc.replace_with_mask(plain, odd, each(array.filter(odd), dump))


def each(array: pa.Array, spell: Callable[[Any], str]) -> pa.Array:
    """Texts of values that Arrow does not spell as they are wanted, each value once."""
    coded = array.dictionary_encode()
    return pa.array(map(spell, coded.dictionary.to_pylist()), pa.string()).take(coded.indices)
