"""Escapes in texts of near-JSON as those of JSON.

Sources: https://262.ecma-international.org (12.9.4, string literals); `\\U` with eight digits is
what Python writes.
"""

from __future__ import annotations

import re
import sys

ESCAPE = re.compile(
    rb"\\(?:x([0-9a-fA-F]{2})|(u[0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|U([0-9a-fA-F]{8})|(\n)"
    rb"|(0)(?![0-9])|(.))|([\"\x00-\x1f])",
    re.DOTALL,
)
KEPT_ESCAPES = b'"\\/bfnrt'
NO_ESCAPES = b"xu0123456789"  # without what belongs to them, or octal numbers, which some have


def unescaped(inside: bytes) -> bytes:
    """What stands between the quotes of a text, with the escapes of JSON alone."""
    return ESCAPE.sub(escaped, inside)


def escaped(found: re.Match[bytes]) -> bytes:
    """What stands for one escape, or one character, of JavaScript in a text of JSON."""
    two, four, braced, eight, broken, nul, other, raw = found.groups()
    if two:
        return b"\\u00" + two
    if four:
        return b"\\" + four
    if braced or eight:
        return code_point(int(braced or eight, 16)) or found[0]
    if broken:
        return b""
    if nul:
        return b"\\u0000"
    if raw:
        return b'\\"' if raw == b'"' else b"\\u%04x" % raw[0]
    if other in KEPT_ESCAPES or other in NO_ESCAPES:  # these are found broken
        return b"\\" + other
    return b"\\u000b" if other == b"v" else other


def code_point(number: int) -> bytes:
    """The escapes of JSON for a character; nothing where there is none of that number."""
    if number > sys.maxunicode:
        return b""
    units = chr(number).encode("utf-16-be", "surrogatepass").hex()
    return b"".join(b"\\u%s" % units[at : at + 4].encode() for at in range(0, len(units), 4))
