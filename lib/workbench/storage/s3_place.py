"""Objects on S3, or on what answers as S3 does, and those below a prefix."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from workbench.errors import RequestError, StorageError, Taken
from workbench.storage.address import Found, Look
from workbench.storage.s3 import client
from workbench.storage.s3_answers import BEHIND, ENDED, GONE, asking, missing, said_by

BUFFER = 1 << 18  # bytes that a stream reads at once
PART = 32 << 20  # bytes of a part of a large file; S3 takes 10,000 of them


class Part(NamedTuple):
    """A range of an object: its bytes, and the tag and the size of the state that it is of."""

    data: bytes
    tag: str
    size: int


class S3Place:
    """An object, or the objects below a prefix. Picklable, as its address is all that it has."""

    def __init__(self, address: str) -> None:
        slash, _, rest = address.partition(":")[2].partition("/")
        self.bucket, _, self.key = rest.removeprefix("/").rstrip("/").partition("/")
        self.name = self.key.rsplit("/", 1)[-1] or self.bucket
        if slash or not self.bucket:
            raise RequestError(
                f"{address}: there is no bucket in this address: s3://bucket/prefix."
            )

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}".rstrip("/")

    def join(self, *parts: str) -> S3Place:
        return S3Place("/".join([str(self), *parts]))

    def exists(self) -> bool:
        return bool(self.key) and self._head() is not None

    def size(self) -> int:
        return int(self.head()["ContentLength"])

    def mark(self) -> str:
        return str(self.head()["ETag"])

    def head(self) -> dict[str, Any]:
        """What the store says of an object. Raises FileNotFoundError where there is none."""
        head = self._head()
        if head is None:
            raise missing(self)
        return head

    def _head(self) -> dict[str, Any] | None:
        head: dict[str, Any] | None
        try:
            head = self._ask("head_object", none=GONE)
        except StorageError as error:
            if said_by(error).isdigit():  # an answer to HEAD has no words; one to GET has
                self.read(0, 1)
            raise
        return head

    def look(self, most: int) -> Look:
        found = self.part(0, most)
        return Look(found.data, found.size, found.tag) if found else Look(b"", 0, self.mark())

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        if end is not None and end <= start:
            return b""
        found = self.part(start, end)
        return found.data if found else b""

    def part(self, start: int, end: int | None = None, tag: str = "") -> Part | None:
        """A range of an object, of the state that `tag` names; None where that ends before it."""
        last = "" if end is None else str(end - 1)
        asked = {"Range": f"bytes={start}-{last}"} if start or end is not None else {}
        return self._body(asked | ({"IfMatch": tag} if tag else {}))

    def _body(self, asked: dict[str, str]) -> Part | None:
        """What an object, or a range of it, holds; from the start where it is cut."""

        def whole() -> Part:
            answer = client().get_object(Bucket=self.bucket, Key=self.key, **asked)
            with answer["Body"] as body:
                data = body.read()
            if len(data) != answer["ContentLength"]:
                raise ConnectionError(f"{len(data)} of {answer['ContentLength']} bytes came")
            size = answer.get("ContentRange", "").rpartition("/")[2]
            return Part(data, answer["ETag"], int(size) if size else len(data))

        return asking(self, "read", whole, none=BEHIND)

    def open(self, buffer: int = -1) -> BinaryIO:
        return io.BufferedReader(Ranges(self), buffer if buffer > 0 else BUFFER)

    def files(self) -> Iterator[Found]:
        for page in self._pages("list_objects_v2", "ContinuationToken"):
            for found in page.get("Contents", []):
                if not found["Key"].endswith("/"):
                    yield Found(f"s3://{self.bucket}/{found['Key']}", found["Size"])

    def folders(self) -> list[str]:
        """The names right below the prefix that have more below them."""
        start = len(self._prefix())
        pages = self._pages("list_objects_v2", "ContinuationToken", Delimiter="/")
        found = (p["Prefix"] for page in pages for p in page.get("CommonPrefixes", []))
        return [name[start:].rstrip("/") for name in found]

    def earlier(self, still: bool = False) -> Iterator[str]:
        for page in self._pages("list_object_versions", "KeyMarker", "VersionIdMarker"):
            for found in page.get("Versions", []):
                kept = found["VersionId"] != "null"  # what was there before there was versioning
                if not found["IsLatest"] or (still and kept):
                    yield f"s3://{self.bucket}/{found['Key']}"

    def _prefix(self) -> str:
        return f"{self.key}/" if self.key else ""

    def _pages(self, operation: str, *markers: str, **asked: str) -> Iterator[dict[str, Any]]:
        """The pages of a list of what is below the prefix; `markers` say where the next begins."""
        more: dict[str, str] = {}
        while True:
            page = self._ask(operation, Key=None, Prefix=self._prefix(), **asked, **more)
            yield page
            if not page.get("IsTruncated"):
                return
            more = {name: page[f"Next{name}"] for name in markers if page.get(f"Next{name}")}

    def write(self, data: bytes) -> None:
        self._ask("put_object", Body=data)

    def remove(self, addresses: Sequence[str]) -> None:
        keys = [S3Place(address).key for address in addresses]
        for at in range(0, len(keys), 1000):  # the most that one request takes
            some = {"Objects": [{"Key": key} for key in keys[at : at + 1000]], "Quiet": True}
            answer = self._ask("delete_objects", Key=None, Delete=some)
            for error in answer.get("Errors", [])[:1]:
                raise StorageError(
                    f"s3://{self.bucket}/{error['Key']} cannot be removed: {error['Message']}."
                )

    def tagged(self) -> tuple[bytes, str] | None:
        try:
            found = self._body({})
        except FileNotFoundError:
            return None
        return (found.data, found.tag) if found else None

    def create(self, data: bytes) -> str:
        return self._conditional(data, IfNoneMatch="*")

    def replace(self, data: bytes, tag: str) -> str:
        return self._conditional(data, IfMatch=tag)

    def _conditional(self, data: bytes, **condition: str) -> str:
        try:
            return str(self._ask("put_object", Body=data, **condition)["ETag"])
        except Taken:
            # Of a request whose answer was lost, the first try may have done it.
            there = self.tagged()
            if there and there[0] == data:
                return there[1]
            raise

    def upload(self, file: Path) -> None:
        if file.stat().st_size <= PART:
            self._conditional(file.read_bytes(), IfNoneMatch="*")
            return
        number = self._ask("create_multipart_upload")["UploadId"]
        try:
            parts: list[dict[str, Any]] = []
            with open(file, "rb") as source:
                while data := source.read(PART):
                    at = len(parts) + 1
                    made = self._ask("upload_part", UploadId=number, PartNumber=at, Body=data)
                    parts.append({"PartNumber": at, "ETag": made["ETag"]})
            told = {"UploadId": number, "MultipartUpload": {"Parts": parts}}
            # Of a request whose answer was lost, the first try may have done it.
            if self._ask("complete_multipart_upload", none=ENDED, **told) is None:
                self.size()
        except BaseException:
            with suppress(Exception):  # else it is abandoned later
                self._ask("abort_multipart_upload", UploadId=number)
            raise

    def copy(self, other: S3Place) -> None:
        """The bytes of another object of the store, which go through nobody's hands."""
        self._ask("copy_object", CopySource={"Bucket": other.bucket, "Key": other.key})

    def abandon(self, seconds: float) -> None:
        for page in self._pages("list_multipart_uploads", "KeyMarker", "UploadIdMarker"):
            for begun in page.get("Uploads", []):
                if time.time() - begun["Initiated"].timestamp() > seconds:
                    place, number = S3Place(f"s3://{self.bucket}/{begun['Key']}"), begun["UploadId"]
                    place._ask("abort_multipart_upload", none=ENDED, UploadId=number)

    def _ask(self, operation: str, none: Sequence[str] = (), **told: Any) -> Any:
        """One request, tried again where that can help; None for an error of `none`."""
        words = {"Bucket": self.bucket, "Key": self.key} | told
        words = {name: value for name, value in words.items() if value is not None}
        return asking(
            self, operation.replace("_", " "), lambda: getattr(client(), operation)(**words), none
        )


class Ranges(io.RawIOBase):
    """An object as a raw stream; each read is one request for a range of the same state of it.

    The first answer says which state that is: nothing is asked before.
    """

    def __init__(self, place: S3Place) -> None:
        self.place, self.tag, self.at = place, "", 0
        self.length: int | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END and self.length is None:
            head = self.place.head()
            self.length, self.tag = int(head["ContentLength"]), head["ETag"]
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.length or 0}[whence]
        self.at = max(0, base + offset)
        return self.at

    def readinto(self, buffer: Any) -> int:
        end = self.at + len(buffer)
        end = end if self.length is None else min(end, self.length)
        found = self._part(end) if end > self.at else None
        if found is None:
            return 0
        self.tag, self.length = found.tag, found.size
        buffer[: len(found.data)] = found.data
        self.at += len(found.data)
        return len(found.data)

    def _part(self, end: int) -> Part | None:
        try:
            return self.place.part(self.at, end, self.tag)
        except (Taken, FileNotFoundError) as error:
            if not self.tag:
                raise
            raise StorageError(
                f"{self.place} was changed or removed while it was read. Nothing of it was "
                "published; run again when it is complete."
            ) from error
