"""Fields of a map as documents: the name of each stands in it, beside its value."""

from __future__ import annotations

import re

from workbench.bronze.reading.brackets import BLANK
from workbench.bronze.reading.json_read import read_json
from workbench.errors import SourceError

FIELD = re.compile(rb'\s*("(?:[^"\\]++|\\.)*+")\s*:\s*(.*)', re.DOTALL)


class MapFields:
    """Makes documents of the fields of one map, all with their name under the same key.

    That is `key`, or `_key` where the first value that is an object has a `key` itself. What is no
    field stays as it is. `where` names a value of the map in messages. Raises SourceError where a
    later value has such a field too.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._key = ""  # until an object is seen

    def document(self, field: bytes) -> bytes:
        """The document of a field: its name, and the value's own fields or a `value`."""
        found = FIELD.match(field)
        if not found:
            return field
        name, value = found[1], found[2].rstrip(BLANK)
        if not value.startswith(b"{"):
            return b'{"%s":%s,"value":%s}' % (self._usual(), name, value)
        self._check(value)
        inside = value[1:].lstrip(BLANK)
        comma = b"" if inside.startswith(b"}") else b","
        return b'{"%s":%s%s%s' % (self._key.encode(), name, comma, inside)

    def beginning(self, field: bytes) -> tuple[bytes, bytes]:
        """How the document of a field begins that is not read to its end; what is to close it."""
        found = FIELD.match(field)
        if not found:
            return field, b""
        begun = b'{"%s":%s,' % (self._usual(), found[1])
        if found[2].startswith(b"{"):
            return begun + found[2][1:], b""
        return begun + b'"value":' + found[2], b"}"

    def _usual(self) -> bytes:
        return (self._key or "key").encode()

    def _check(self, value: bytes) -> None:
        taken = has_field(value, self._key or "key")
        if taken and self._key:
            raise SourceError(
                f"{self._where} has a field {self._key} itself, and the names of the map's fields "
                "are kept under that. Leave records out, or rename the field in the dump."
            )
        self._key = self._key or ("_key" if taken else "key")


def has_field(value: bytes, name: str) -> bool:
    """Whether the text of an object has this field, itself and not inside of it."""
    if b'"%s"' % name.encode() not in value:
        return False
    try:
        return name in read_json(value)
    except ValueError:
        return False
