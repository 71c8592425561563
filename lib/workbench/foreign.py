"""Files that are no JSON text, named as what they are.

Signatures: https://www.garykessler.net/library/file_sigs.html; zip: APPNOTE.TXT 4.3.7 and 4.4.4
(bit 0 of the flags: encrypted); BSON: https://bsonspec.org/spec.html.
"""

from __future__ import annotations

import re

SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"PK\x05\x06": "an empty zip archive",
    b"PAR1": "a Parquet file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"ARROW1": "an Arrow file",
    b"%PDF": "a PDF document",
    b"\xff\xfe\x00\x00": "UTF-32 text",
    b"\x00\x00\xfe\xff": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"SQLite format 3": "a SQLite database",
    b"\xfd7zXZ\x00": "xz data",
    b"\x04\x22\x4d\x18": "lz4 data",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x6d\xe2\x99\x81": "an archive of mongodump (mongorestore reads it; export with mongoexport)",
}
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
ENCRYPTED = 1
BSON_TYPES = {*range(1, 0x14), 0x7F, 0xFF}
HTML = re.compile(rb"<(!doctype html|html|head|body)\b", re.IGNORECASE)
MARKUP = re.compile(rb"<[?!a-z]", re.IGNORECASE)
DELIMITERS = b",;\t|"


def binary(head: bytes) -> str | None:
    """What a file is by its first bytes; None where they may be JSON text."""
    if head.startswith(b"PK\x03\x04"):
        encrypted = len(head) > 6 and head[6] & ENCRYPTED
        return "an encrypted zip archive" if encrypted else "a zip archive"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if is_bson(head) and not head.startswith(UTF_16):
        return "a BSON dump (turn it into JSON with bsondump)"
    sign = head[:4].replace(b"\x00", b"")
    if len(head) > 3 and 0 < len(sign) < 4 and sign.strip() and sign[:1] in b"{[":
        return f"UTF-{16 if len(sign) == 2 else 32} text"
    return next((what for magic, what in SIGNATURES.items() if head.startswith(magic)), None)


def is_bson(head: bytes) -> bool:
    """Whether the first document of a BSON file stands here: its length, a type, its last NUL."""
    length = int.from_bytes(head[:4], "little")
    if len(head) < 5 or not 5 <= length < 1 << 25 or head[4] not in BSON_TYPES:
        return False
    return length > len(head) or head[length - 1] == 0


def written(text: bytes) -> str | None:
    """What a text is that holds no JSON document; None where it may still be damaged JSON."""
    start = text.lstrip()
    if HTML.match(start):
        return "an HTML page, perhaps of an error"
    if MARKUP.match(start):
        return "XML or another markup"
    lines = [line for line in start.split(b"\n")[:20] if line.strip()]
    if start[:1] in b"{[" or len(lines) < 2:
        return None
    for delimiter in DELIMITERS:
        counts = {bytes(line).count(delimiter) for line in lines[:-1]}
        if len(counts) == 1 and counts.pop():
            return "a table of separated values (CSV)"
    return None
