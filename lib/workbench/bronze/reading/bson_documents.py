"""BSON, as mongodump writes it: where its documents end, and each as Extended JSON.

Source: https://bsonspec.org/spec.html. PyMongo's codec decodes; a document becomes the text that
mongoexport would have written of it (but for dates, which are all of one form, in milliseconds), so
that everything after goes on with text, the fast way where it can.
"""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from typing import Any

from workbench.errors import RequestError, SourceError

BSON = "BSON documents"
LEAST, LARGEST = 5, 64 << 20  # bytes; MongoDB's own limit is 16 MB
CODE = (b"\x0d", b"\x0f")  # types of JavaScript, which Python's encoder would take for texts
Span = tuple[int, int]


def check_codec(path: str) -> None:
    """Raises RequestError where there is nothing to decode BSON with."""
    try:
        codec()
    except ImportError as error:
        raise RequestError(
            f"{path} is a BSON dump, and PyMongo, which decodes it, is not installed. Install the "
            "extra workbench[bson], or pymongo beside it, or turn the dump into JSON (bsondump)."
        ) from error


@cache
def codec() -> tuple[Any, Any, Any]:
    """PyMongo's `decode`, its options, and its module of Extended JSON."""
    from bson import decode, json_util
    from bson.codec_options import CodecOptions, DatetimeConversion

    options: Any = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_MS)
    return decode, options, json_util


def whole_documents(data: bytes, start: int, path: str) -> tuple[list[Span], int]:
    """Where the documents of a text stand, and how far it is used up: what follows is not whole.

    Raises SourceError where a length cannot be one: nobody knows where the next document begins.
    """
    spans, at = [], 0
    while at + 4 <= len(data):
        length = int.from_bytes(data[at : at + 4], "little", signed=True)
        end = at + length
        if not LEAST <= length <= LARGEST or (end <= len(data) and data[end - 1]):
            raise SourceError(
                f"{path}: its BSON data is damaged at byte {start + at:,}, where no document of "
                f"{length:,} bytes begins. Fetch the file again, or dump the collection anew."
            )
        if end > len(data):
            break
        spans.append((at, end))
        at = end
    return spans, at


def as_json(data: bytes) -> tuple[bytes, str]:
    """A document as Extended JSON; or its bytes in base64, and why it cannot be decoded."""
    decode, options, json_util = codec()
    from bson.errors import BSONError

    try:
        document = decode(data, options)
    except (BSONError, UnicodeError, ValueError, RecursionError, OverflowError) as error:
        return b64encode(data), str(error)
    if not any(code in data for code in CODE) or not holds_code(document):
        try:
            text = ENCODER.encode(document)
        except ValueError:  # NaN, or infinite
            pass
        except RecursionError as error:
            return b64encode(data), str(error)
        else:
            return text.encode(), ""
    relaxed = json_util.RELAXED_JSON_OPTIONS
    return json_util.dumps(document, json_options=relaxed, ensure_ascii=False).encode(), ""


def wrapped(value: Any) -> Any:
    """Extended JSON of a value that JSON does not have."""
    from bson.datetime_ms import DatetimeMS

    _, _, json_util = codec()
    if isinstance(value, DatetimeMS):
        return {"$date": int(value)}
    return json_util.default(value, json_util.RELAXED_JSON_OPTIONS)


ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=wrapped
)


def holds_code(value: Any) -> bool:
    from bson.code import Code

    if isinstance(value, Code):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return isinstance(value, dict | list) and any(map(holds_code, inside))
