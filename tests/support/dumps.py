"""Dumps in every layout and compression, and the documents that the readers find in them."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from workbench.bronze.parsing.parsed import Parsed, Rules
from workbench.bronze.parsing.parser import parse
from workbench.bronze.reading.cutting import blocks
from workbench.bronze.reading.documents import Documents
from workbench.bronze.reading.layouts import (
    ARRAY,
    ARRAY_LINES,
    LINES,
    OBJECTS,
)
from workbench.bronze.reading.sources import find

RULES = Rules((("_id",),), {}, frozenset())
DOCUMENTS: list[dict[str, Any]] = [
    {"_id": i, "text": 'a "quoted" \\ } ] , {[', "items": [{"n": n} for n in range(i % 4)]}
    for i in range(40)
]


def one_line(documents: list[dict[str, Any]]) -> list[str]:
    return [json.dumps(d) for d in documents]


LAYOUTS: dict[str, tuple[str, Callable[[list[dict[str, Any]]], str]]] = {
    "ndjson": (LINES, lambda ds: "\n".join(one_line(ds)) + "\n"),
    "ndjson without a last line break": (LINES, lambda ds: "\n".join(one_line(ds))),
    "ndjson with CRLF": (LINES, lambda ds: "\r\n".join(one_line(ds)) + "\r\n"),
    "ndjson with blank lines": (LINES, lambda ds: "\n\n" + " \n\n".join(one_line(ds)) + "\n\n"),
    "array of lines": (ARRAY_LINES, lambda ds: "[\n" + ",\n".join(one_line(ds)) + "\n]\n"),
    "mongoexport": (ARRAY_LINES, lambda ds: "[" + ",\n".join(one_line(ds)) + "]\n"),
    "array of lines, spaced": (ARRAY_LINES, lambda ds: "[ " + " ,\r\n".join(one_line(ds)) + "  ]"),
    "array with commas in front": (ARRAY, lambda ds: "[\n" + "\n,".join(one_line(ds)) + "\n]"),
    "pretty array": (ARRAY, lambda ds: json.dumps(ds, indent=2)),
    "pretty array without indentation": (ARRAY, lambda ds: json.dumps(ds, indent=0)),
    "minified array": (ARRAY, lambda ds: json.dumps(ds, separators=(",", ":"))),
    "pretty objects": (OBJECTS, lambda ds: "\n".join(json.dumps(d, indent=4) for d in ds)),
    "objects on one line": (OBJECTS, lambda ds: "".join(one_line(ds))),
    "objects with CR alone": (OBJECTS, lambda ds: "\r".join(one_line(ds))),
    "text sequence": (LINES, lambda ds: "".join(f"\x1e{text}\n" for text in one_line(ds))),
    "pretty text sequence": (
        OBJECTS,
        lambda ds: "".join(f"\x1e{json.dumps(d, indent=2)}\n" for d in ds),
    ),
}


def dump(folder: Path, data: str | bytes | Sequence[Any], name: str = "dump.json") -> str:
    """The path of a file with this text; of documents, or texts of such, one a line."""
    path = folder / name
    if not isinstance(data, str | bytes):
        data = "".join((d if isinstance(d, str) else json.dumps(d)) + "\n" for d in data)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(path)


def texts(path: str, size: int = 1 << 20) -> list[bytes]:
    return [text for block in blocks(find([path]), size) for text in Documents(block).texts]


def mended(path: str, size: int = 1 << 20) -> list[bytes]:
    """The texts after each block was parsed, which finds whole documents in broken ones."""
    found = []
    for block in blocks(find([path]), size):
        documents = Documents(block)
        parse(documents, RULES)
        found += documents.texts
    return found


def parsed_blocks(path: str | Path, size: int) -> list[tuple[Documents, Parsed]]:
    """Each block that was not cut off, with what became of its documents."""
    found = []
    for block in blocks(find([str(path)]), size):
        documents = Documents(block)
        if not block.cut_off:
            found.append((documents, parse(documents, RULES)))
    return found


def read(path: str, size: int = 1 << 20) -> list[Any]:
    return [json.loads(text) for text in texts(path, size)]


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "zstd": lambda data: pa.compress(data, "zstd", asbytes=True),
}
PIECES = ["{", "}", "[", "]", ",", '"', "\\", ":", "\n", " ", "1", "null", '"_id"', "é", "\r\n"]
NOISE = st.lists(st.sampled_from([*PIECES, '{"_id":1}', '{"a":[{}]}']), max_size=30)
noise = NOISE.map(lambda pieces: "".join(pieces).encode()) | st.binary(max_size=60)


def is_one_of(text: bytes) -> bool:
    try:
        return json.loads(text) in DOCUMENTS
    except ValueError:
        return False
