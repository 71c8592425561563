"""MongoDB's Extended JSON unwrapped in Arrow, column by column."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.extended_json import MICROS, TEXTS, WRAPPERS
from workbench.schema import ITEM, Path


class Undecided(Exception):
    """A block of documents that needs the reader of single documents."""


def unwrap_array(array: pa.Array, loose: dict[Path, str], path: Path = ()) -> pa.Array:
    """An Arrow array with every wrapper replaced by its plain values.

    `loose` names the paths of kind text or datetext. Raises Undecided where single documents
    must be looked at.
    """
    kind = array.type
    wanted = loose.get(path)
    if wanted == "text" and array.null_count < len(array):
        return json_text(array)
    if wanted == "exact" and array.null_count < len(array):
        raise Undecided
    if wanted in ("apart", "datetext") and pa.types.is_list(kind):
        raise Undecided
    if pa.types.is_struct(kind):
        names = [f.name for f in kind]
        if not set(names) & WRAPPERS:
            children = [
                unwrap_array(array.field(at), loose, (*path, n)) for at, n in enumerate(names)
            ]
            fields = [pa.field(n, c.type) for n, c in zip(names, children, strict=True)]
            return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())
        if len(names) > 1:
            raise Undecided
        inner = array.field(0)
        if inner.null_count != array.null_count:  # an {} or a null inside: look at each
            raise Undecided
        return unwrap_column(names[0], inner, wanted)
    if pa.types.is_list(kind):
        values = unwrap_array(array.values, loose, (*path, ITEM))
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, mask=mask)
    return array


def json_text(array: pa.Array) -> pa.Array:
    """Integers and booleans as JSON text; other kinds need their own spelling."""
    if pa.types.is_int64(array.type) or pa.types.is_boolean(array.type):
        return array.cast(pa.string())
    raise Undecided


def unwrap_column(name: str, inner: pa.Array, wanted: str | None) -> pa.Array:
    """All values of one kind of wrapper at once."""
    text = pa.types.is_string(inner.type)
    if name in TEXTS and text:
        if pc.any(pc.equal(inner, "")).as_py():  # it is no empty text (`Node.hollow`)
            raise Undecided
        return inner
    try:
        if name in ("$numberLong", "$numberInt") and text:
            return plain_integers(inner)
        if name == "$numberDouble" and text:
            return finite(inner.cast(pa.float64()))
        if name == "$date" and wanted != "datetext":
            return dates(inner)
    except pa.ArrowInvalid as error:
        raise Undecided from error
    if name == "$date" and text:
        return inner
    raise Undecided


def plain_integers(text: pa.Array, pattern: str = r"^[+-]?\d+$") -> pa.Array:
    """Decimal digits as 64-bit integers; Arrow alone would also take hexadecimal."""
    if not pc.all(pc.match_substring_regex(text, pattern), min_count=0).as_py():
        raise Undecided
    return text.cast(pa.int64())


def finite(values: pa.Array) -> pa.Array:
    """The doubles, if each is a number."""
    if not pc.all(pc.is_finite(values), min_count=0).as_py():
        raise Undecided
    return values


def dates(inner: pa.Array) -> pa.Array:
    """The column inside `$date` as timestamps (microseconds, UTC)."""
    if pa.types.is_struct(inner.type):
        if [f.name for f in inner.type] != ["$numberLong"]:
            raise Undecided
        digits = inner.field(0)
        if digits.null_count != inner.null_count or not pa.types.is_string(digits.type):
            raise Undecided
        inner = plain_integers(digits, r"^-?\d{1,18}$")
    if pa.types.is_int64(inner.type):
        micros = pc.multiply_checked(inner, 1000)
    elif pa.types.is_string(inner.type):
        micros = inner.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    else:
        raise Undecided
    span = pc.min_max(micros)
    if span["min"].is_valid and not (
        MICROS[0] <= span["min"].as_py() and span["max"].as_py() < MICROS[1]
    ):
        raise Undecided
    return micros.cast(pa.timestamp("us", "UTC"))
