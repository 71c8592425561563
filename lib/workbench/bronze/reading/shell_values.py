"""Values as the shells of MongoDB write them (`ObjectId("...")`), in Extended JSON.

Source: https://www.mongodb.com/docs/mongodb-shell/reference/data-types/ and, of the older shell,
https://www.mongodb.com/docs/manual/reference/mongodb-extended-json-v1/.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import Any

Given = list[Any]
MILLISECONDS = re.compile(r"-?[0-9]{1,18}")
HEX = re.compile(r"(?:[0-9a-fA-F]{2})*")


def in_extended_json(name: str, given: Given) -> object:
    """What a call stands for; numbers are given as they were written. None where it is not known.

    Nothing is made up: a call without a value, as `ObjectId()`, is a new one each time.
    """
    of = CALLS.get(name)
    try:
        return of(*given) if of else None
    except (TypeError, ValueError, KeyError):
        return None


def wrapped(wrapper: str) -> Callable[[Any], object]:
    def made(text: Any) -> object:
        return {wrapper: text} if isinstance(text, str) else None

    return made


def moment(text: Any) -> object:
    if not isinstance(text, str):
        return None
    return {"$date": {"$numberLong": text} if MILLISECONDS.fullmatch(text) else text}


def timestamp(seconds: Any, ordinal: Any = None) -> object:
    if isinstance(seconds, dict):
        seconds, ordinal = seconds["t"], seconds["i"]
    return {"$timestamp": {"t": int(seconds), "i": int(ordinal)}}


def binary(subtype: Any, text: Any) -> object:
    return {"$binary": {"base64": str(text), "subType": f"{int(subtype):02x}"}}


def from_base64(text: Any, subtype: Any = "0") -> object:
    return binary(subtype, text)


def from_hex(subtype: Any, text: Any) -> object:
    if not HEX.fullmatch(text):
        return None
    return binary(subtype, b64encode(bytes.fromhex(text)).decode())


def reference(collection: Any, key: Any, database: Any = None) -> object:
    return {"$ref": collection, "$id": key} | ({"$db": database} if database else {})


def pattern(text: Any, options: Any = "") -> object:
    return {"$regularExpression": {"pattern": str(text), "options": str(options)}}


CALLS: dict[str, Callable[..., object]] = {
    "ObjectId": wrapped("$oid"),
    "ISODate": moment,
    "Date": moment,
    "NumberLong": wrapped("$numberLong"),
    "Long": wrapped("$numberLong"),
    "NumberInt": wrapped("$numberInt"),
    "Int32": wrapped("$numberInt"),
    "NumberDecimal": wrapped("$numberDecimal"),
    "Decimal128": wrapped("$numberDecimal"),
    "Double": wrapped("$numberDouble"),
    "Long.fromString": wrapped("$numberLong"),
    "Decimal128.fromString": wrapped("$numberDecimal"),
    "UUID": wrapped("$uuid"),
    "Timestamp": timestamp,
    "BinData": binary,
    "Binary.createFromBase64": from_base64,
    "HexData": from_hex,
    "MinKey": lambda: {"$minKey": 1},
    "MaxKey": lambda: {"$maxKey": 1},
    "DBRef": reference,
    "RegExp": pattern,
    "BSONRegExp": pattern,
    "BSONSymbol": wrapped("$symbol"),
    "Code": wrapped("$code"),
    "Symbol": wrapped("$symbol"),
}
