"""Files as streams of plain bytes, whatever they are compressed with; and where they break off."""

from __future__ import annotations

import bz2
import codecs
import gzip
import tarfile
import zipfile
import zlib
from collections import Counter
from typing import Any

import pyarrow as pa

from workbench.bronze.reading.open_archives import AHEAD, Archives, Inside
from workbench.errors import SourceError
from workbench.storage import place_of, scheme_of

COMPRESSED = {b"\x1f\x8b\x08": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
SKIPPABLE = b"\x2a\x4d\x18"  # ends the magic of zstd's skippable frames, which pzstd begins with
UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # the marks that tell the order of bytes
STEP = 1 << 16
HEAD = 4  # bytes that tell a compression


def compression_of(head: bytes) -> str:
    """The compression that a file's first bytes tell; "none" where they tell none."""
    if head[:2] in UTF_16 and head[2:4] != b"\x00\x00":  # that would be UTF-32
        return "utf-16"
    if head[1:4] == SKIPPABLE and head[0] >> 4 == 5:
        return "zstd"
    return next((name for magic, name in COMPRESSED.items() if head.startswith(magic)), "none")


DAMAGED = (
    EOFError,
    OSError,
    UnicodeError,
    zlib.error,
    pa.ArrowException,
    zipfile.BadZipFile,
    tarfile.TarError,
)


class Recoded:
    """A file of UTF-16 as UTF-8, a piece at a time; its mark says in which order its bytes are."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-16")().decode

    def read1(self, size: int) -> bytes:
        text = ""
        while not text and (data := self._file.read(size)):
            text = self._decode(data)
        return (text or self._decode(b"", True)).encode()

    def close(self) -> None:
        self._file.close()


class Begun:
    """A file of which the first bytes were read already."""

    def __init__(self, head: bytes, file: Any) -> None:
        self._head, self._file = head, file
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head[:size], self._head[size:] if size >= 0 else b""
            return head
        return self._file.read1(size)  # type: ignore[no-any-return]

    read1 = read

    def close(self) -> None:
        self.closed = True


def unpacked(member: Any) -> Any:
    """A member of an archive as plain bytes: it may be compressed by itself (`a.json.gz`)."""
    head = b""
    while len(head) < HEAD and (more := member.read1(HEAD - len(head))):
        head += more
    whole: Any = Begun(head, member)
    form = compression_of(head)
    if form == "gzip":
        return gzip.GzipFile(fileobj=whole)
    if form == "bz2":
        return bz2.BZ2File(whole)
    if form == "zstd":
        return Read1(pa.input_stream(pa.PythonFile(whole, "r"), "zstd"))
    return whole


class Read1:
    """A stream of Arrow's as those of archives are read."""

    def __init__(self, stream: Any) -> None:
        self.read1 = stream.read


class Member:
    """A member of an archive as plain bytes; what is damaged is told when it is read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._plain: Any = None

    def read1(self, size: int) -> bytes:
        self._plain = self._plain or unpacked(self._file)
        return self._plain.read1(size)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._file.close()


class Stream:
    """The plain bytes of a file, or of a member of an archive, from `start` on.

    `cut_off`: its compressed data ended before its end. What came before is as it was written and
    was read. Data that is damaged is another matter: what comes out of it may be anything, and it
    is a SourceError.
    """

    def __init__(
        self,
        path: str,
        compression: str,
        start: int = 0,
        member: Inside | None = None,
        archives: Archives | None = None,
    ) -> None:
        self.path = path
        self._member = member
        self._own = Archives()  # closed with the stream; the others are not
        self._archives = archives or self._own
        self.compression = compression
        self.cut_off = False
        self._done = 0
        self._file: Any = self._open()
        if start:
            self._file.seek(start)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._own.close()

    def _open(self) -> Any:
        if self._member:
            return Member(self._archives.member(self.path, self.compression, self._member))
        elsewhere = bool(scheme_of(self.path))
        file = place_of(self.path).open(AHEAD) if elsewhere else self.path
        if self.compression == "utf-16":
            return Recoded(file if elsewhere else open(self.path, "rb"))
        if self.compression == "gzip":
            return gzip.open(file, "rb")
        if self.compression == "bz2":
            return bz2.open(file, "rb")
        if self.compression == "zstd":
            return pa.input_stream(pa.PythonFile(file, "r") if elsewhere else file, "zstd")
        return file if elsewhere else open(self.path, "rb")

    def origin(self, start: int, size: int) -> None:
        """What was rewritten is elsewhere: nothing was."""

    def taken(self) -> Counter[str]:
        """What was rewritten: nothing, for the bytes are as they were."""
        return Counter()

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end, or where the file is cut off."""
        parts, missing = [], size
        while missing and not self.cut_off and (part := self._part(missing)):
            parts.append(part)
            missing -= len(part)
            self._done += len(part)
        return b"".join(parts)

    def _part(self, most: int) -> bytes:
        try:
            if self.compression == "none":
                return self._file.read(most)  # type: ignore[no-any-return]
            if self.compression == "zstd":
                return self._file.read(min(most, STEP))  # type: ignore[no-any-return]
            return self._file.read1(min(most, STEP))  # type: ignore[no-any-return]
        except DAMAGED as error:
            self.cut_off = isinstance(error, EOFError) or "Truncated" in str(error)
            if self.cut_off:
                return self._last(most) if self.compression == "zstd" else b""
            raise SourceError(
                f"{self.path}: its {self.compression} data is damaged ({error}). "
                "Fetch the file again, or decompress what can be saved and name that."
            ) from error

    def _last(self, most: int) -> bytes:
        """What was decompressed before the break: this reader drops it, unless taken singly."""
        self._file.close()
        self._file = self._open()
        for skipped in range(0, self._done, STEP):
            self._file.read(min(STEP, self._done - skipped))
        found = bytearray()
        try:
            while len(found) < most and (byte := self._file.read(1)):
                found += byte
        except OSError:
            pass
        return bytes(found)
