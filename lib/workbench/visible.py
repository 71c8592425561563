"""Text that is shown, not executed: what would move a cursor or turn letters round is written out.

Keys, values and file names of a dump are anyone's; a terminal obeys some of their characters.
"""

from __future__ import annotations

import re

# All of C0 but tab and line feed; DEL and C1; marks that change the direction of what follows.
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(r"[=@\t\r]|[+-](?!\d+(\.\d+)?([eE][+-]?\d+)?$)")  # how spreadsheets know one


def visible(text: str) -> str:
    r"""The text with such characters as `\x1b` or `\u202e`."""
    return HIDDEN.sub(lambda found: ascii(found[0])[1:-1], text)


def visible_json(text: str) -> str:
    """JSON text with such characters as JSON escapes them, which changes no value."""
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def harmless(text: str) -> str:
    """A text that spreadsheets take for a text: one that looks like a formula begins with `'`."""
    return f"'{text}" if FORMULA.match(text) else text
