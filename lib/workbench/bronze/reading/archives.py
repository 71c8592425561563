"""Members of zip and tar archives: each is a file of the dump, and read where it stands.

Nothing is unpacked, so that no name of a member is ever a path on this machine, and memory and
disk are bounded however much a member holds.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from workbench.bronze.reading.compression import DAMAGED, Stream, compression_of
from workbench.bronze.reading.layouts import HEAD, LINES, Source
from workbench.bronze.reading.not_json import ENCRYPTED, OFFICE
from workbench.bronze.reading.open_archives import Inside, plain, raw
from workbench.errors import SourceError
from workbench.storage import Look

TARRED = ("none", "gzip", "bz2")  # compressions that a tar archive may have
MOST_MEMBERS, MOST_ENTRIES = 10_000, 200_000
LONGEST_LIST, LONGEST_HEADER = 32 << 20, 1 << 20  # bytes
UNIX = 3  # where the modes of a zip's members are those of Unix: APPNOTE.TXT 4.4.2
END_OF_ZIP = (1 << 16) + 42  # the longest comment, and the records before it
Named = Callable[[list[str]], set[str]]  # the names of JSON among those of files


class File(NamedTuple):
    """What an archive holds under a name: where it begins, and how large it is.

    `whole`: its bytes stand there, as those of a link, or of a file with holes, do not.
    """

    name: str
    at: int
    size: int
    whole: bool


def members(path: str, look: Look, json_among: Named) -> list[Source]:
    """The members of an archive whose names are those of JSON; none where it is no archive.

    In the order in which they stand there. Raises SourceError where there is none such in it, one
    is encrypted, two have one name, or there are too many.
    """
    kind, found = files_in(path, look.head)
    names = json_among([one.name for one in found])
    named = [one for one in found if one.name in names]
    check_names(path, kind, named)
    kept = [one for one in named if one.whole]
    if found and not kept:
        raise SourceError(without_json(path, kind, found, named))
    if len(kept) > MOST_MEMBERS:
        raise SourceError(
            f"{path} holds {len(kept):,} files, and {MOST_MEMBERS:,} are read. Unpack it."
        )
    return [
        Source(
            path_of(path, one.name),
            one.size,
            LINES,
            kind,
            archive=path,
            inside=Inside(one.name, one.at, one.size),
            mark=look.mark,
        )
        for one in sorted(kept, key=lambda one: (one.at, one.name))
    ]


def check_names(path: str, kind: str, named: list[File]) -> None:
    """Raises SourceError where two files have one name: where they are unpacked, one is lost."""
    for name, times in Counter(path_of(path, one.name) for one in named).most_common(1):
        if times > 1:
            raise SourceError(
                f"{path} is a {kind} archive in which {name.removeprefix(path)[1:]} stands "
                f"{times} times, and one name is that of one file. Where the last is meant (tar "
                "adds a newer one so), unpack it, and name what was in it; else unpack each under "
                "another name."
            )


def without_json(path: str, kind: str, found: list[File], named: list[File]) -> str:
    """Why nothing of an archive is read."""
    if named:
        return (
            f"{path} is a {kind} archive, and what has the name of JSON in it "
            f"({named[0].name}) is a link, or a file with holes. Unpack it, and name what was "
            "in it."
        )
    return (
        f"{path} is a {kind} archive, and none of its {len(found)} file(s) has the name of "
        "JSON (.json, .jsonl, .ndjson, .bson). Unpack it, and name what was in it."
    )


def path_of(archive: str, name: str) -> str:
    """What a member is called; tar writes `./` before each name of the folder it was told of."""
    return f"{archive}/{name.removeprefix('./')}"


def files_in(path: str, head: bytes) -> tuple[str, list[File]]:
    """The kind of an archive that begins so, and where its files are; none where it is none.

    Raises SourceError where it is a tar that is damaged.
    """
    kind = ""
    try:
        kind = archive_of(path, head)
        return kind, {"zip": of_zip, "tar": of_tar}[kind](path) if kind else []
    except DAMAGED as error:
        if kind != "tar":  # what it is instead is said where files are looked into
            return "", []
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
            head = stream.read(HEAD)
    return "tar" if head[257:262] == b"ustar" else ""


def of_zip(path: str) -> list[File]:
    """The files of a zip archive: where each begins, and how large it is."""
    with raw(path) as file:
        check_list(path, file)
        with zipfile.ZipFile(file) as archive:
            found = [one for one in archive.infolist() if not one.is_dir()]
        size = file.seek(0, os.SEEK_END)
    if any(one.filename.startswith(OFFICE) for one in found):
        return []
    locked = [one.filename for one in found if one.flag_bits & ENCRYPTED]
    if locked:
        raise SourceError(
            f"{path} is an encrypted zip archive ({locked[0]}). Unpack it, and name what was in "
            "it; it asks for its password."
        )
    if sum(one.compress_size for one in found) > size:
        raise SourceError(
            f"{path} is a zip archive whose members overlap, so that it unpacks to more than it "
            "holds. It is made to do harm, or damaged; fetch it again."
        )
    return [
        File(one.filename, one.header_offset, one.file_size, not stat.S_ISLNK(mode_of(one)))
        for one in found
    ]


def mode_of(one: zipfile.ZipInfo) -> int:
    """What a file of a zip was on Unix; nothing where it comes from elsewhere."""
    return one.external_attr >> 16 if one.create_system == UNIX else 0


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


def of_tar(path: str) -> list[File]:
    """The files of a tar archive: where each begins in the plain one, and how large it is.

    Folders and devices are none. Raises SourceError where there are entries without end.
    """
    found: list[File] = []
    with raw(path) as file, tarfile.open(fileobj=Headers(plain(file)), mode="r:") as archive:  # type: ignore[call-overload]
        for count, one in enumerate(archive):
            archive.members = []  # they would be kept
            if count == MOST_ENTRIES:
                raise SourceError(
                    f"{path} is a tar archive of more than {MOST_ENTRIES:,} entries. Unpack it, "
                    "and name what was in it."
                )
            if one.isreg() or one.issym() or one.islnk():
                whole = one.isreg() and not one.issparse()
                found.append(File(one.name, one.offset_data, one.size, whole))
    return found
