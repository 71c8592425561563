"""Files that are no JSON text, named as what they are, with what to do about each.

Signatures: https://www.garykessler.net/library/file_sigs.html; zip: APPNOTE.TXT 4.3.7 and 4.4.4
(bit 0 of the flags: encrypted); zlib: RFC 1950; BSON: https://bsonspec.org/spec.html.
"""

from __future__ import annotations

import csv
import json
import re
from typing import NamedTuple

from workbench.bronze.reading.brackets import is_value
from workbench.bronze.reading.json_read import check_beginning
from workbench.errors import NotJson

UNPACK, FETCH = "Unpack it, and name what was in it", "Fetch it again"


class Foreign(NamedTuple):
    """What a file is, and what to do about it."""

    what: str
    advice: str = "Convert it, or leave it out"


SIGNATURES = {
    b"\x89PNG": Foreign("a PNG image"),
    b"\xff\xd8\xff": Foreign("a JPEG image"),
    b"GIF8": Foreign("a GIF image"),
    b"PK\x05\x06": Foreign("an empty zip archive", FETCH),
    b"PAR1": Foreign("a Parquet file"),
    b"ORC": Foreign("an ORC file"),
    b"Obj\x01": Foreign("an Avro file"),
    b"ARROW1": Foreign("an Arrow file"),
    b"\xff\xff\xff\xff": Foreign("an Arrow stream"),
    b"%PDF": Foreign("a PDF document"),
    b"\xff\xfe\x00\x00": Foreign("UTF-32 text", "Convert it: iconv -f UTF-32 -t UTF-8"),
    b"\x00\x00\xfe\xff": Foreign("UTF-32 text", "Convert it: iconv -f UTF-32 -t UTF-8"),
    b"\xff\xfe": Foreign("UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8"),
    b"\xfe\xff": Foreign("UTF-16 text", "Convert it: iconv -f UTF-16 -t UTF-8"),
    b"SQLite format 3": Foreign("a SQLite database"),
    b"\x89HDF": Foreign("an HDF5 file"),
    b"\x80\x04\x95": Foreign("a Python pickle", "Write it with json.dumps"),
    b"\xfd7zXZ\x00": Foreign("xz data", "Decompress it (xz -d)"),
    b"\x5d\x00\x00": Foreign("lzma data", "Decompress it (xz -d)"),
    b"\x04\x22\x4d\x18": Foreign("lz4 data", "Decompress it (lz4 -d)"),
    b"\xff\x06\x00\x00sNaPpY": Foreign("snappy data", "Decompress it"),
    b"\x1f\x9d": Foreign("data of compress (.Z)", "Decompress it (gzip -d)"),
    b"\x78\x01": Foreign("zlib data", "Decompress it"),
    b"\x78\x9c": Foreign("zlib data", "Decompress it"),
    b"\x78\xda": Foreign("zlib data", "Decompress it"),
    b"7z\xbc\xaf\x27\x1c": Foreign("a 7z archive", UNPACK),
    b"Rar!": Foreign("a RAR archive", UNPACK),
    b"\xd0\xcf\x11\xe0": Foreign("an old Office document"),
    b"\x6d\xe2\x99\x81": Foreign(
        "an archive of mongodump", "Restore it (mongorestore), and export with mongoexport"
    ),
}
OTHER_ENCODING = Foreign(
    "in another encoding (Latin-1 or Windows-1252, perhaps)",
    "Convert it: iconv -f WINDOWS-1252 -t UTF-8",
)
ENCRYPTED = 1
OFFICE = ("xl/", "word/")  # folders in the zip archives that Office writes
MARK = b"\xef\xbb\xbf"  # of text in UTF-8
BSON_TYPES = {*range(1, 0x14), 0x7F, 0xFF}
BSON_NAME = re.compile(rb"[^\x00-\x1f]{0,255}\x00")
# Where the ASCII stands among how many bytes, and what share of the others is NUL at least.
WIDE = {
    "UTF-32LE": (0, 4, 0.7),
    "UTF-32BE": (3, 4, 0.7),
    "UTF-16LE": (0, 2, 0.4),
    "UTF-16BE": (1, 2, 0.4),
}


def refuse(path: str, found: Foreign | None, near: bool = False) -> None:
    """Raises NotJson where a file is something else; `near`: a lenient run would read it."""
    if found:
        lenient = ", or read it with --lenient (lenient: true of a run)" if near else ""
        raise NotJson(f"{path} is {found.what}, not JSON text in UTF-8. {found.advice}{lenient}.")


# --- by its first bytes -----------------------------------------------------------------------


def binary(head: bytes) -> Foreign | None:
    """What a file is by its first bytes; None where they may be JSON text."""
    if head.startswith(b"PK\x03\x04"):
        return zipped(head)
    if head[257:262] == b"ustar":
        return Foreign("a tar archive", UNPACK)
    signed = next((what for magic, what in SIGNATURES.items() if head.startswith(magic)), None)
    return signed or wide(head)


def zipped(head: bytes) -> Foreign:
    if head[6:7] and head[6] & ENCRYPTED:
        return Foreign("an encrypted zip archive", f"{UNPACK}; it asks for its password")
    office = {b"xl/": "an Excel workbook", b"word/": "a Word document"}
    what = next((what for part, what in office.items() if part in head), None)
    return Foreign(what) if what else Foreign("a zip archive", UNPACK)


def starts_bson(head: bytes) -> bool:
    """Whether a BSON file begins here; what it may be besides goes before a guess."""
    whole = len(head) >= 4 and int.from_bytes(head[:4], "little") <= len(head)
    other = any(map(head.startswith, (*SIGNATURES, MARK)))
    return is_bson(head) and (whole or not other)


def is_bson(head: bytes) -> bool:
    """Whether the first document of a BSON file stands here: length, type, name, its last NUL."""
    length = int.from_bytes(head[:4], "little")
    if len(head) < 5 or not 5 <= length < 1 << 25 or head[4] not in BSON_TYPES:
        return False
    if not BSON_NAME.match(head, 5):
        return False
    return length > len(head) or head[length - 1] == 0


def wide(head: bytes) -> Foreign | None:
    """Text of two or four bytes a character without a mark: in JSON, most are ASCII and NULs."""
    sample = head[: min(len(head), 400) // 4 * 4]
    for name, (at, width, least) in WIDE.items():
        there = sample[at::width]
        nuls, others = sample.count(0) - there.count(0), len(sample) - len(there)
        if sample and nuls > least * others and there.count(0) < 0.1 * len(there):
            return Foreign(f"{name[:6]} text", f"Convert it: iconv -f {name} -t UTF-8")
    return None


# --- by what is written in it -----------------------------------------------------------------

START = rb"^[\s\[({]*"
WRITTEN = {
    rb"^<(!doctype html|html|head|body)\b": Foreign("an HTML page, perhaps of an error", FETCH),
    rb"^(<\?xml[^>]*>\s*)?<Error>": Foreign("an error of a storage service, in XML", FETCH),
    rb"^<[?!a-z]": Foreign("XML or another markup"),
    rb"^version https://git-lfs": Foreign("a pointer of Git LFS", "Fetch the file: git lfs pull"),
    rb"^(--|insert into|create table|begin;|set \w+|drop table)[ \n]": Foreign("SQL statements"),
    rb"^\{\\rtf": Foreign("an RTF document"),
    rb"^(var|let|const)\s+[\w$]+\s*=|^(window|self|this|module|exports)[.\w\[\]'\"]*\s*="
    rb"|^export\s+default\b|^(/\*\*/\s*)?[\w$.]+\(\s*[\[{]": Foreign(
        "JavaScript around JSON", "Keep only what stands between the outer brackets"
    ),
    START + rb"\{\s*'": Foreign("Python's notation, or another with single quotes",
                                "Write it with json.dumps"),
    rb"^[\[{](?s:.*):\s*(ObjectId|ISODate|Number(Long|Int|Decimal)|BinData|UUID)\(": Foreign(
        "output of the mongo shell", "Export with mongoexport"
    ),
    rb"(^|[\[{,}])\s*(//|/\*)": Foreign("JSON with comments", "Remove them"),
    START + rb"\{\s*[a-z_$][\w$]*\s*:": Foreign("JSON5 or JavaScript, names without quotes"),
}  # fmt: skip
FORMS = {re.compile(form, re.IGNORECASE): what for form, what in WRITTEN.items()}
YAML = re.compile(rb"\s*(#.*|---.*|-|(- )*[a-z_][\w. -]*:(\s.*)?|- .*)\s*", re.IGNORECASE)
INI = re.compile(rb"\[\[?[\w .-]+\]\]?")
STRING = re.compile(rb'"(?:[^"\\]|\\.)*("|\Z)', re.DOTALL)
DELIMITERS = ",;\t|"


def written(text: bytes) -> Foreign | None:
    """What a text is that holds no JSON document; None where it may still be damaged JSON."""
    start = text.lstrip()
    bare = STRING.sub(b'""', start[: 1 << 16])
    named = next((what for form, what in FORMS.items() if form.search(bare)), None)
    if named:
        return named
    lines = [line.strip() for line in start.split(b"\n")[:20] if line.strip()]
    if INI.fullmatch(lines[0]) and b"=" in start:
        return Foreign("INI or TOML")
    if start[:1] in b"{[":
        return None
    if len(lines) > 1 and b'{"' not in start and all(map(YAML.fullmatch, lines)):
        return Foreign("YAML")
    if len(lines) > 1 and is_table(lines):
        return Foreign("a table of separated values (CSV)")
    maybe = b"{" in start or any(map(is_value, lines))
    return None if maybe else Foreign("text without any JSON object")


TEMPLATE = re.compile(r"\{(\{[^{}\n\"]+\}\}|%[^{}\n]+%\})")


def template(text: bytes) -> Foreign | None:
    """A template whose first document breaks where a value is to be filled in; else None.

    Known at once: to look for whole documents in such a file would take minutes.
    """
    start = text.decode(errors="replace").lstrip(" \t\r\n[")
    try:
        check_beginning(start)
    except json.JSONDecodeError as error:
        if TEMPLATE.match(start, max(error.pos - 1, 0)):
            return Foreign("a template, with places to be filled in", "Name what was made with it")
    except RecursionError:
        return None
    return None


def is_table(lines: list[bytes]) -> bool:
    """Whether the lines have the same number of fields each; the last may be cut off."""
    texts = [line.decode("latin-1") for line in lines]
    if not all(text.replace("\t", " ").isprintable() for text in texts):
        return False
    for delimiter in DELIMITERS:
        fields = {len(row) for row in csv.reader(texts[:-1] or texts, delimiter=delimiter)}
        if len(fields) == 1 and fields.pop() > 1:
            return True
    return False
