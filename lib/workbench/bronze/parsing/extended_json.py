"""MongoDB Extended JSON, v1 and v2, canonical and relaxed: wrapped values become plain ones.

Source: https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/
Two readers of the same rules: `unwrap` for one Python value, `unwrap_array` for an Arrow array.
What the Arrow reader cannot decide it leaves (`Undecided`), and the documents of that block are
read one by one with the Python reader.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from workbench.schema import Node, is_wide, number_node

TEXTS = {"$oid", "$uuid", "$symbol"}
WRAPPERS = TEXTS | {"$date", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LARGEST = 2**63
# The years that Spark, Athena and pandas all read back as they were written.
MICROS = [(datetime(y, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) for y in (1, 9999)]
DAY_MICROS = 24 * 3600 * 10**6
MICROS[1] += 365 * DAY_MICROS  # to the end of 9999
ISO_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?"
    r"(Z|[+-]\d\d(?::?[0-5]\d)?)?)?",
    re.ASCII,
)


ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-5][0-9])?"
)
# Python's own readers take more: underscores, spaces around, digits of other scripts.
WHOLE = re.compile(r"[+-]?[0-9]+")
FRACTION = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NO_NUMBER = re.compile(r"[+-]?(Infinity|inf|s?NaN)", re.IGNORECASE)
DOUBLE = re.compile(rf"{FRACTION.pattern}|[+-]?(Infinity|inf)|NaN|nan", re.IGNORECASE)


def unwrap(value: dict[str, Any]) -> tuple[Node, Any] | None:
    """The node and plain value of one wrapped value; None where it is not a wrapper.

    A date is returned in microseconds since 1970 UTC, or as its text with kind datetext.
    """
    if len(value) != 1:
        return None
    ((name, inner),) = value.items()
    if name not in WRAPPERS:
        return None
    if inner is None:
        return Node(), None
    if name == "$date":
        return date(inner)
    if not isinstance(inner, str):
        return None
    if name in TEXTS:
        return Node("string"), inner
    if name == "$numberDouble":
        return (Node("double"), float(inner)) if DOUBLE.fullmatch(inner) else None
    if name == "$numberDecimal" and NO_NUMBER.fullmatch(inner):
        return Node("text"), float(inner.lower().replace("snan", "nan"))
    return number(inner, whole=name != "$numberDecimal")


def is_null(value: Any) -> bool:
    """Whether a value is null, wrapped or not."""
    if isinstance(value, dict) and len(value) == 1 and set(value) <= WRAPPERS:
        (value,) = value.values()
    return value is None


def number(text: str, *, whole: bool) -> tuple[Node, Any] | None:
    """An exact number written as text: int within 64 bits, else decimal, else text."""
    if not (WHOLE if whole else FRACTION).fullmatch(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent beyond all bounds
        return None
    if whole and -LARGEST <= value < LARGEST:
        return integer(int(value)), int(value)
    return number_node(value), value


def integer(value: int) -> Node:
    """The node of an integer of 64 bits."""
    return Node("int", wide=is_wide(value))


def date(inner: Any) -> tuple[Node, Any] | None:
    """A `$date`: ISO text, milliseconds since 1970, or those in `$numberLong`."""
    if isinstance(inner, dict):
        if list(inner) != ["$numberLong"] or not isinstance(inner["$numberLong"], str):
            return None
        inner = inner["$numberLong"]
        micros = int(inner) * 1000 if re.fullmatch(r"-?[0-9]{1,18}", inner) else None
    elif isinstance(inner, str):
        micros = iso_micros(inner)
    elif type(inner) is int:
        micros = inner * 1000
    else:
        return None
    if micros is None or not in_range(micros):
        return Node("datetext"), str(inner)
    return Node("timestamp"), micros


def iso_text(micros: int) -> str:
    """A moment as in all JSON text (`workbench.json_text`): in UTC, to the microsecond."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def is_time(text: str) -> bool:
    """Whether a text is an ISO 8601 time: a day and a time of day, to the microsecond at most."""
    if not ISO_TIME.fullmatch(text):
        return False
    micros = iso_micros(text)
    return micros is not None and in_range(micros)


def in_range(micros: int) -> bool:
    """Whether a moment is of a year that all readers know."""
    return MICROS[0] <= micros < MICROS[1]


def iso_micros(text: str) -> int | None:
    """Microseconds since 1970 of an ISO 8601 date; without a zone it is UTC; None if it is none."""
    match = ISO_DATE.fullmatch(text)
    if not match:
        return None
    *parts, fraction, zone = match.groups()
    offset = timedelta(0)
    if zone and zone != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[3:].lstrip(":") or 0)
        offset = timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    try:
        numbers = [int(p or 0) for p in parts]
        moment = datetime(*numbers, tzinfo=timezone(offset))  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    whole = (moment - EPOCH) // timedelta(microseconds=1)
    return whole + int((fraction or "0").ljust(6, "0"))
