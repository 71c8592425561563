"""Members of zip and tar archives: each is a file of the dump, and read where it stands.

Nothing is unpacked, so that no name of a member is ever a path on this machine, and memory and
disk are bounded however much a member holds.
"""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

from workbench.bronze.reading.compression import DAMAGED, Stream, compression_of
from workbench.bronze.reading.layouts import LINES, Source
from workbench.bronze.reading.not_json import ENCRYPTED, OFFICE
from workbench.bronze.reading.open_archives import Inside, plain, raw
from workbench.errors import SourceError
from workbench.storage import place_of

TARRED = ("none", "gzip", "bz2")  # compressions that a tar archive may have
BLOCK = 512
MOST_MEMBERS, MOST_ENTRIES = 10_000, 200_000
LONGEST_LIST, LONGEST_HEADER = 32 << 20, 1 << 20  # bytes
END_OF_ZIP = (1 << 16) + 42  # the longest comment, and the records before it
Files = dict[str, tuple[int, int]]


def members(path: str, is_json: Callable[[str], bool]) -> list[Source]:
    """The members of an archive whose names are those of JSON; none where it is no archive.

    In the order in which they stand there. Raises SourceError where there is none such in it, one
    is encrypted, or there are too many.
    """
    kind, found = files_in(path)
    named = {name: where for name, where in found.items() if is_json(name)}
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
    found_here = sorted((at, name, size) for name, (at, size) in named.items())
    return [
        Source(
            path_of(path, name),
            size,
            LINES,
            kind,
            archive=path,
            inside=Inside(name, at, size),
            mark=mark,
        )
        for at, name, size in found_here
    ]


def path_of(archive: str, name: str) -> str:
    """What a member is called; tar writes `./` before each name of the folder it was told of."""
    return f"{archive}/{name.removeprefix('./')}"


def files_in(path: str) -> tuple[str, Files]:
    """The kind of an archive, and where its files are; none where it is none.

    Raises SourceError where it is a tar that is damaged.
    """
    kind = ""
    try:
        kind = archive_of(path, place_of(path).read(0, BLOCK))
        return kind, {"zip": of_zip, "tar": of_tar}[kind](path) if kind else {}
    except DAMAGED as error:
        if kind != "tar":  # what it is instead is said where files are looked into
            return "", {}
        raise SourceError(
            f"{path} is a tar archive that is damaged, or cut off ({error}). Fetch it again, or "
            "unpack what can be saved, and name that."
        ) from error


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


def of_zip(path: str) -> Files:
    """The files of a zip archive: where each begins, and how large it is."""
    with raw(path) as file:
        check_list(path, file)
        with zipfile.ZipFile(file) as archive:
            found = {one.filename: one for one in archive.infolist() if not one.is_dir()}
        size = file.seek(0, os.SEEK_END)
    if any(name.startswith(OFFICE) for name in found):
        return {}
    locked = [name for name, one in found.items() if one.flag_bits & ENCRYPTED]
    if locked:
        raise SourceError(
            f"{path} is an encrypted zip archive ({locked[0]}). Unpack it, and name what was in "
            "it; it asks for its password."
        )
    if sum(one.compress_size for one in found.values()) > size:
        raise SourceError(
            f"{path} is a zip archive whose members overlap, so that it unpacks to more than it "
            "holds. It is made to do harm, or damaged; fetch it again."
        )
    return {name: (one.header_offset, one.file_size) for name, one in found.items()}


def check_list(path: str, file: Any) -> None:
    """Raises SourceError where the list of a zip's members is too long to be read whole.

    Source: APPNOTE.TXT 4.3.14 to 4.3.16; of a zip64 the size stands in a record of its own.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - END_OF_ZIP))
    end = file.read(END_OF_ZIP)
    at = end.rfind(b"PK\x05\x06")
    listed = int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0
    if listed == 0xFFFFFFFF and end[at - 20 : at - 16] == b"PK\x06\x07":
        file.seek(min(size, int.from_bytes(end[at - 12 : at - 4], "little")))
        listed = int.from_bytes(file.read(48)[40:], "little")
    file.seek(0)
    if listed > LONGEST_LIST:
        raise SourceError(
            f"{path} is a zip archive whose list of members has {listed:,} bytes, and "
            f"{LONGEST_LIST:,} are read. Unpack it, and name what was in it."
        )


class Headers:
    """The plain bytes of a tar, of which only headers are read at once, and these are small."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int) -> bytes:
        if size > LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._file.read(size)  # type: ignore[no-any-return]


def of_tar(path: str) -> Files:
    """The files of a tar archive: where each begins in the plain one, and how large it is.

    Links and devices are none. Raises SourceError where there are entries without end.
    """
    found: Files = {}
    with raw(path) as file, tarfile.open(fileobj=Headers(plain(file)), mode="r:") as archive:  # type: ignore[call-overload]
        for count, one in enumerate(archive):
            archive.members = []  # they would be kept
            if count == MOST_ENTRIES:
                raise SourceError(
                    f"{path} is a tar archive of more than {MOST_ENTRIES:,} entries. Unpack it, "
                    "and name what was in it."
                )
            if one.isreg() and not one.issparse():
                found[one.name] = (one.offset_data, one.size)
    return found
