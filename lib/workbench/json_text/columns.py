"""Arrays as JSON text: the same text on every engine, and every value as exact as in the array.

The engines' own `to_json` differ: Spark cuts times to milliseconds and writes 1.0E10, Sail writes
decimals as doubles, and their hexadecimal digits are of different case. So times get one fixed
format, the digits of escapes one case, and numbers with a fraction are spelled by Python (the
shortest digits that read back as the same double), wherever an array's type holds any. Arrays of
numbers alone are joined, element by element; of doubles Sail has the shortest digits itself, and
they get Python's spelling by regular expressions.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import partial, reduce
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import hidden
from workbench.json_text.values import dump, scalar_text

# What begins each time and day until its year is seen: two code points that no text may hold
# (Unicode 23.7, noncharacters), for an engine leaves out the sign of a year beyond 9999.
MARK = "\ufdd0\ufdd1"
TIME = f"'{MARK}'yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"
TIMES = {
    "timestampFormat": TIME,
    "timestampNTZFormat": TIME,
    "dateFormat": f"'{MARK}'yyyy-MM-dd",
    "timeZone": "UTC",
}
# The control characters that JSON has no letter for and whose number has a hexadecimal letter.
LETTERED = (0x0B, 0x0E, 0x0F, *range(0x1A, 0x20))
LONG = 1 << 16  # letters
TEXT = r'"[^"\\]*(?:\\.[^"\\]*)*"'
TOKEN = re.compile(rf"{TEXT}|-?(?:[0-9][-+.0-9eE]*|Infinity)|NaN")  # a text or a number
REST_OF_TEXT = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*"')
EXPONENT = re.compile("[-.0-9]+E[-+0-9]+")
BIG = 1e22  # as text: `1e22` of Sail, which has the shortest digits, and `1.0E22` of a JVM
# What Python writes otherwise than Sail; `${1}` is how its regular expressions name a group.
AS_PYTHON = (
    (r"e([0-9])", "e+${1}"),
    (r"e-([0-9][,\]])", "e-0${1}"),
    (r"([\[,]-?)0\.0000([1-9])([0-9]+)", "${1}${2}.${3}e-05"),
    (r"([\[,]-?)0\.0000([1-9])", "${1}${2}e-05"),
    ("(-?)inf", '"${1}Infinity"'),
    ("NaN", '"NaN"'),
)
FRACTIONS = (T.DoubleType, T.FloatType, T.DecimalType)
WHOLE = (T.ByteType, T.ShortType, T.IntegerType, T.LongType, T.BooleanType)
JOINED = (*WHOLE, T.DoubleType, T.DecimalType)
MOMENTS = (T.TimestampType, T.TimestampNTZType, T.DateType)


def array_text(column: Column, kind: T.DataType) -> Column:
    """The JSON text of a column of arrays (or structs) of type `kind`; null where it is null.

    No spaces; times as `2021-11-02T03:04:05.296000Z`; fields that are null are left out of their
    object, as Spark does, while null elements stay. A struct with an empty key has its own keys,
    however `workbench.columns.fields` reaches them. Only where the type holds doubles or decimals,
    or is such a struct, do the texts pass through Python; on Sail arrays of numbers alone do not.
    """
    if isinstance(kind, T.ArrayType) and isinstance(kind.elementType, JOINED):
        # `to_json` says the same in twice the time, and for millions of them half as much more of
        # Sail's memory.
        joined = F.array_join(column.cast(T.ArrayType(T.StringType())), ",", "null")
        return spelled_numbers(F.concat(F.lit("["), joined, F.lit("]")), kind.elementType)
    casts = hidden(kind) or holds(kind, (T.DecimalType,))
    text = F.to_json(column.cast(castable(kind)) if casts else column, TIMES)
    if holds(kind, MOMENTS):
        signed = F.regexp_replace(text, rf'"{MARK}(\d{{5,}}-)', '"+$1')
        text = F.replace(signed, F.lit(MARK), F.lit(""))
    if casts or holds(kind, FRACTIONS):  # a deep type leaves no room for one function in another
        by_type = casts or holds(kind, (T.FloatType,))
        spelled = partial(spell_text, kind) if by_type else spell_doubles
        return F.udf(spelled, "string", useArrow=False)(text)
    return lower_escapes(text) if holds(kind, (T.StringType, T.StructType)) else text


def spelled_numbers(text: Column, kind: T.DataType) -> Column:
    """The JSON text of an array of numbers, from what the engine has joined."""
    if isinstance(kind, T.DecimalType) and kind.scale > 6:  # a JVM writes small ones as 1E-7
        spelled = F.udf(spell_decimals, "string", useArrow=False)
        return F.coalesce(spelled(F.when(text.contains("E"), text)), text)
    if not isinstance(kind, T.DoubleType):
        return text
    by_engine = reduce(lambda found, each: F.regexp_replace(found, *each), AS_PYTHON, text)
    by_python = F.udf(spell_numbers, "string", useArrow=False)(text)
    shortest = F.lit(BIG).cast("string") == F.lit("1e22")  # known as a plan is made: one is done
    return F.when(shortest, by_engine).otherwise(by_python)


def holds(kind: T.DataType, wanted: tuple[type[T.DataType], ...]) -> bool:
    """Whether a type is or contains one of those wanted."""
    if isinstance(kind, T.ArrayType):
        return holds(kind.elementType, wanted)
    if isinstance(kind, wanted):
        return True
    return isinstance(kind, T.StructType) and any(holds(f.dataType, wanted) for f in kind.fields)


def castable(kind: T.DataType) -> T.DataType:
    """The same type with strings for decimals, and for what is null in all rows."""
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(castable(kind.elementType))
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, castable(f.dataType)) for f in kind.fields])
    return T.StringType() if isinstance(kind, T.DecimalType | T.NullType) else kind


def lower_escapes(text: Column) -> Column:
    """JSON text with `\\u001b` where Spark wrote `\\u001B`; an escaped backslash is none of it."""
    escaped, placeholder = F.lit("\\\\"), F.lit("\x01")  # raw control characters never occur
    text = F.replace(text, escaped, placeholder)
    for code in LETTERED:
        text = F.replace(text, F.lit(f"\\u{code:04X}"), F.lit(f"\\u{code:04x}"))
    return F.replace(text, placeholder, escaped)


def spell_numbers(text: str | None) -> str | None:
    """An array of doubles as a JVM joins it, spelled as Python does."""
    if text is None:
        return None
    return in_pieces(text) if "N" in text or "I" in text else spell_doubles(text)


def spell_decimals(text: str | None) -> str | None:
    """An array of decimals without exponents."""
    return text and EXPONENT.sub(lambda found: format(Decimal(found[0]), "f"), text)


def spell_doubles(text: str | None) -> str | None:
    """The engine's text once more, doubles spelled as Python does: there may be millions of them.

    An engine writes those that are not finite as texts.
    """
    if text is None:
        return None
    if len(text) >= LONG:
        return in_pieces(text)
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def in_pieces(text: str) -> str:
    """The same token by token: as objects of Python all at once they take ten times the text."""
    pieces, start = [], 0
    while start < len(text):
        end = end_of_piece(text, start)
        pieces.append(TOKEN.sub(spelled_token, text[start:end]))
        start = end
    return "".join(pieces)


def end_of_piece(text: str, start: int) -> int:
    """Where a piece ends: at a comma that stands in no text."""
    comma = text.find(",", start + LONG)
    if comma < 0:
        return len(text)
    plain = text[start:comma].replace("\\\\", "")
    if (plain.count('"') - plain.count('\\"')) % 2:
        rest = REST_OF_TEXT.match(text, comma)
        return rest.end() if rest else len(text)
    return comma


def spelled_token(found: re.Match[str]) -> str:
    token = found[0]
    if token[0] == '"':
        return token if "\\" not in token else dump(json.loads(token))
    if token[-1] in "Ny":  # NaN, Infinity
        return dump(token)
    return token if token.removeprefix("-").isdigit() else repr(float(token))


def spell_text(kind: T.DataType, text: str | None) -> str | None:
    """The engine's text once more, numbers spelled by their type."""
    return None if text is None else spell(kind, json.loads(text))


def spell(kind: T.DataType, value: Any) -> str:
    if isinstance(value, list) and isinstance(kind, T.ArrayType):
        return "[" + ",".join(spell(kind.elementType, element) for element in value) + "]"
    if isinstance(value, dict) and isinstance(kind, T.StructType):
        types = {f.name: f.dataType for f in kind.fields}
        return "{" + ",".join(f"{dump(k)}:{spell(types[k], v)}" for k, v in value.items()) + "}"
    if isinstance(value, str) and isinstance(kind, T.DecimalType):
        return scalar_text(Decimal(value))
    if isinstance(value, float) and isinstance(kind, T.FloatType):
        import numpy as np  # of all kinds, only this one needs it

        return scalar_text(float(str(np.float32(value))))  # some engines show all of its double's
    return scalar_text(value)
