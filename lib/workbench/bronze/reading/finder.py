"""Where in a text of objects, which comes in pieces, the array or object at a path begins."""

from __future__ import annotations

import json
import re

from workbench.bronze.reading.structure import Brackets
from workbench.schema import Path

NAMED = 10  # keys that a message shows
LONGEST_NAME = 1 << 16  # bytes; a string that goes on is none that leads anywhere
# Possessive: what is inside of a string is passed once, and nothing is kept of it.
TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+("|\\?\Z)|[{}\[\],:]', re.DOTALL)


def name_of(string: bytes) -> str | None:
    """What a name says, as it stands in a text; None of what is no name, or no JSON."""
    try:
        return str(json.loads(string, strict=False))
    except ValueError:
        return None


class Finder:
    """Looks for the array or object at a path in a text of objects that comes in pieces."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.names: list[str] = []
        self._depth = self._on_path = 0  # open brackets; how many of them lead to the path
        self._last = b""  # the last string; empty where it was too long for a name
        self._key_found = not path
        self._begun = b""  # a string that is not whole yet, or its quote where it is a long one
        self._long = False
        self._passed: Brackets | None = None  # what leads nowhere, and is longer than a chunk

    def seek(self, chunk: bytes) -> bytes | None:
        """The text from the bracket on that begins what is looked for; None where there is none."""
        text, self._begun = self._pass(self._begun + chunk), b""
        for token in TOKEN.finditer(text):
            sign = token[0]
            if sign[:1] == b'"':
                if token[1] != b'"':
                    self._begin(sign)
                    return None
                self._last, self._long = b"" if self._long else sign, False
            elif sign == b":":
                self._see_key()
            elif sign == b",":
                self._key_found = False
            elif sign in (b"{", b"["):
                if self._opens(sign):
                    return text[token.start() :]
            else:
                self._depth -= 1
                self._on_path = min(self._on_path, self._depth)
                self._key_found = not self.path and not self._depth
        return None

    def _pass(self, text: bytes) -> bytes:
        """What follows the value that a chunk begins in the middle of, where it leads nowhere."""
        if self._passed is None:
            if self._depth <= self._on_path:
                return text
            self._passed = Brackets(self._depth - self._on_path)
        ends = self._passed.ends(text)
        if not ends:
            return b""
        self._depth, self._passed, self._long = self._on_path, None, False
        self._key_found = not self.path and not self._depth
        return text[ends[0] :]

    def _begin(self, string: bytes) -> None:
        """Keeps of a string that is not whole what its end will be known by."""
        self._long = self._long or len(string) > LONGEST_NAME
        odd = (len(string) - len(string.rstrip(b"\\"))) % 2
        self._begun = b'"' + b"\\" * odd if self._long else string

    def _see_key(self) -> None:
        if self._depth != self._on_path or (key := name_of(self._last)) is None:
            return
        if self._depth == 1 and len(self.names) < NAMED:
            self.names.append(key)
        self._key_found = key == self.path[self._on_path - 1]

    def _opens(self, sign: bytes) -> bool:
        """Takes note of a bracket; whether it is the one, which then counts as passed."""
        if self._key_found and self._on_path == len(self.path):
            self._key_found = not self.path
            return True
        leads = not self._depth or (self._key_found and self._depth == self._on_path)
        self._depth += 1
        if leads and sign == b"{":
            self._on_path = self._depth
        self._key_found = False
        return False
