"""Values read as the types that were chosen for their paths, whatever they were written as.

Two readers of the same rules: `as_chosen` for one Python value, `array_as_chosen` for an Arrow
array. What cannot be read as the type stays as it is, and does not fit the contract.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.decoding import Number, is_infinite
from workbench.bronze.parsing.extended_arrow import Undecided, plain_integers
from workbench.bronze.parsing.extended_json import DAY_MICROS, FRACTION, in_range, iso_micros
from workbench.bronze.parsing.iso_times import times
from workbench.schema import NUMBERS, Node, any_wide, arrow_type

DAY = "^(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])-[0-9]{2}-[0-9]{2}$"
TRUTH = {"true": True, "false": False}
LONGEST, FARTHEST = 100, 60  # digits of a number as text, and places that its exponent moves


def as_chosen(node: Node, plain: Any, written: Any, want: Node) -> Any:
    """A value of a node in the chosen type; None where it cannot be read so.

    `plain` is the value without its wrapper, `written` the value with it.
    """
    if want.kind == "string":
        return text_of(node, plain, written)
    if want.kind == "bool":
        return TRUTH.get(plain.lower()) if isinstance(plain, str) else bool_of(node, plain)
    if want.kind in ("timestamp", "date"):
        micros = moment_of(node, plain)
        if micros is None or want.kind == "timestamp":
            return micros
        return None if micros % DAY_MICROS else micros // DAY_MICROS
    if want.kind == "double" and is_infinite(plain):
        return float(plain)
    number = number_of(node, plain)
    if number is None or want.kind == "decimal":
        return number if number is not None and fits(number, want) else None
    if want.kind == "double":
        double = float(number)
        return double if abs(double) != float("inf") else None
    whole = number == number.to_integral_value() and -(2**63) <= number < 2**63
    return int(number) if want.kind == "int" and whole else None


def text_of(node: Node, plain: Any, written: Any) -> str | None:
    """A single value as it was written, an integer in its digits; None for objects and arrays."""
    if node.kind in ("struct", "list", "null"):
        return None
    if node.kind == "int":
        return str(plain)
    if isinstance(written, dict):
        inner = next(iter(written.values()))
        return str(inner["$numberLong"]) if isinstance(inner, dict) else str(inner)
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return plain.text if isinstance(plain, Number) else str(plain)


def bool_of(node: Node, plain: Any) -> bool | None:
    return plain if node.kind == "bool" else None


def moment_of(node: Node, plain: Any) -> int | None:
    """Microseconds since 1970 of a time or a text of one, within the years that have one."""
    micros = iso_micros(plain) if isinstance(plain, str) and node.kind == "string" else None
    micros = plain if node.kind == "timestamp" else micros
    return micros if micros is not None and in_range(micros) else None


def number_of(node: Node, plain: Any) -> Decimal | None:
    """A number or a text of one, with its digits; None where there are absurdly many."""
    if node.kind not in (*NUMBERS, "string") or isinstance(plain, bool):
        return None
    text = plain.text if isinstance(plain, Number) else str(plain)
    if len(text) > LONGEST or not FRACTION.fullmatch(text):
        return None
    number = Decimal(text)
    return number if abs(number.adjusted()) <= FARTHEST or not number else None


def fits(number: Decimal, want: Node) -> bool:
    """Whether a decimal type holds a number; zeros at its end need no room."""
    _, digits, exponent = number.normalize().as_tuple()
    assert isinstance(exponent, int)
    before = want.precision - want.scale
    return not number or (-exponent <= want.scale and len(digits) + exponent <= before)


def array_as_chosen(array: pa.Array, want: Node) -> pa.Array:
    """The array in the chosen type. Raises Undecided where single values must be looked at."""
    target = arrow_type(want)
    if array.type == target:
        return array
    try:
        made = cast(array, want, target)
    except pa.ArrowInvalid as error:
        raise Undecided from error
    if made is None or made.null_count != array.null_count:
        raise Undecided
    return made


def cast(array: pa.Array, want: Node, target: pa.DataType) -> pa.Array | None:
    kind = array.type
    if pa.types.is_null(kind):
        return pa.nulls(len(array), target)
    if pa.types.is_string(kind):
        return of_texts(array, want, target)
    if pa.types.is_timestamp(kind) and want.kind == "date":
        micros = array.cast(pa.int64())
        days = pc.divide(micros, DAY_MICROS)
        whole = pc.all(pc.equal(pc.multiply(days, DAY_MICROS), micros), min_count=0).as_py()
        return days.cast(pa.int32()).cast(target) if whole else None
    if pa.types.is_int64(kind):
        if want.kind == "decimal":
            return array.cast(pa.decimal128(38, 0)).cast(target)
        if want.kind == "double":
            return None if any_wide(array) else array.cast(target, safe=False)
        return array.cast(target) if want.kind == "string" else None
    if pa.types.is_float64(kind) and want.kind == "decimal":
        made = array.cast(target)  # rounds; as few digits as are read here tell it (`Number.exact`)
        same = pc.all(pc.equal(made.cast(kind), array), min_count=0).as_py()
        return made if same else None
    return array.cast(target) if pa.types.is_boolean(kind) and want.kind == "string" else None


def of_texts(texts: pa.Array, want: Node, target: pa.DataType) -> pa.Array | None:
    def all_like(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())

    if want.kind == "bool":
        low = pc.utf8_lower(texts)
        return pc.equal(low, "true") if all_like("(?i)^(?:true|false)$") else None
    if want.kind == "timestamp":
        return times(texts)
    if want.kind == "date":
        return texts.cast(target) if all_like(DAY) else None
    if want.kind == "int":
        return plain_integers(texts, r"^-?[0-9]{1,18}$")
    if want.kind == "double":
        return texts.cast(target) if all_like(r"^-?[0-9]{1,100}(\.[0-9]{1,100})?$") else None
    whole = rf"^-?[0-9]{{1,{max(want.precision - want.scale, 1)}}}"
    places = rf"(?:\.[0-9]{{1,{want.scale}}})?" if want.scale else ""
    return texts.cast(target) if all_like(f"{whole}{places}$") else None
