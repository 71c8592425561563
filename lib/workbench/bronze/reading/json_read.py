"""JSON text that is looked into, not kept: whatever numbers stand in it, it is JSON."""

from __future__ import annotations

import json
from typing import Any

# Python makes no whole number of more than 4,300 digits, and takes long for the longest it makes.
# Here none is needed.
_decoder = json.JSONDecoder(parse_int=len)
_careless = json.JSONDecoder(parse_int=len, strict=False)


def read_json(text: str | bytes) -> Any:
    """What a text says; its whole numbers are others. Raises ValueError, RecursionError."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", "surrogatepass")
    return _decoder.decode(text)


def check_beginning(text: str) -> None:
    """Raises ValueError unless a text begins with JSON, in which control characters may stand."""
    _careless.raw_decode(text)
