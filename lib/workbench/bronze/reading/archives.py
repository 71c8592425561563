"""Members of zip and tar archives: each is a file of the dump, and read where it stands.

Nothing is unpacked, so that no name of a member is ever a path on this machine, and memory and
disk are bounded however much a member holds.
"""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

from workbench.bronze.reading.compression import DAMAGED, Stream, compression_of
from workbench.bronze.reading.layouts import LINES, Source
from workbench.bronze.reading.not_json import ENCRYPTED, OFFICE
from workbench.errors import SourceError
from workbench.storage import place_of, scheme_of

TARRED = ("none", "gzip", "bz2")  # compressions that a tar archive may have
BLOCK = 512
MOST_MEMBERS = 10_000


def members(path: str, is_json: Callable[[str], bool]) -> list[Source]:
    """The members of an archive whose names are those of JSON; none where it is no archive.

    Raises SourceError where there is none such in it, one is encrypted, or there are too many.
    """
    kind, found = files_in(path)
    named = {name: size for name, size in found.items() if is_json(name)}
    if found and not named:
        raise SourceError(
            f"{path} is a {kind} archive, and none of its {len(found)} file(s) has the name of "
            "JSON (.json, .jsonl, .ndjson, .bson). Unpack it, and name what was in it."
        )
    if len(named) > MOST_MEMBERS:
        raise SourceError(
            f"{path} holds {len(named):,} files, and {MOST_MEMBERS:,} are read. Unpack it."
        )
    mark = place_of(path).mark() if named else ""
    return [
        Source(f"{path}/{name}", size, LINES, kind, archive=path, mark=mark)
        for name, size in sorted(named.items())
    ]


def files_in(path: str) -> tuple[str, dict[str, int]]:
    """The kind of an archive, and the sizes of its files; none where it is none, or damaged."""
    try:
        kind = archive_of(path, place_of(path).read(0, BLOCK))
        return kind, {"zip": of_zip, "tar": of_tar}[kind](path) if kind else {}
    except DAMAGED:  # what it is instead is said where files are looked into
        return "", {}


def archive_of(path: str, head: bytes) -> str:
    """The kind of an archive that a file is; empty where it is none."""
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    compression = compression_of(head)
    if compression not in TARRED:
        return ""
    if compression != "none":
        with Stream(path, compression) as stream:
            head = stream.read(BLOCK)
    return "tar" if head[257:262] == b"ustar" else ""


def opened(path: str) -> Any:
    return place_of(path).open() if scheme_of(path) else open(path, "rb")


def of_zip(path: str) -> dict[str, int]:
    """The files of a zip archive, and how large they are."""
    with opened(path) as file, zipfile.ZipFile(file) as archive:
        found = {one.filename: one for one in archive.infolist() if not one.is_dir()}
    if any(name.startswith(OFFICE) for name in found):
        return {}
    locked = [name for name, one in found.items() if one.flag_bits & ENCRYPTED]
    if locked:
        raise SourceError(
            f"{path} is an encrypted zip archive ({locked[0]}). Unpack it, and name what was in "
            "it; it asks for its password."
        )
    return {name: one.file_size for name, one in found.items()}


def of_tar(path: str) -> dict[str, int]:
    """The files of a tar archive, and how large they are; links and devices are none."""
    with opened(path) as file, tarfile.open(fileobj=file) as archive:
        return {one.name: one.size for one in archive if one.isreg() and not one.issparse()}
