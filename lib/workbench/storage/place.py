"""Places: files and folders of this machine or of an object store, over one interface."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from workbench.errors import RequestError
from workbench.storage.address import Found, Look, scheme_of
from workbench.storage.local import LocalPlace


class Place(Protocol):
    """A file or folder; `str` gives its address. Whoever has the address can make it again."""

    name: str

    def join(self, *parts: str) -> Place: ...
    def exists(self) -> bool:
        """Whether it is a file."""

    def size(self) -> int: ...
    def mark(self) -> str:
        """What changes when the file does, or another takes its place."""

    def look(self, most: int) -> Look:
        """So many first bytes of a file, its size and its mark, all of one state of it."""

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        """The bytes of a file, or those of a range that are there."""

    def open(self, buffer: int = -1) -> BinaryIO:
        """The file as a stream that can be sought in, which asks a store for so many bytes."""

    def files(self) -> Iterator[Found]:
        """Every file below it, at any depth, sorted."""

    def write(self, data: bytes) -> None:
        """A file, whole or not at all."""

    def remove(self, addresses: Sequence[str]) -> None:
        """Files below it; what is not there is no error."""


class Store(Place, Protocol):
    """A place whose files are made and replaced only if they are as expected."""

    def folders(self) -> list[str]:
        """The names right below it that have more below them."""

    def join(self, *parts: str) -> Store: ...
    def tagged(self) -> tuple[bytes, str] | None:
        """A file's bytes and the tag of this state of it; None where there is none."""

    def create(self, data: bytes) -> str:
        """A new file; its tag. Raises Taken where there is one."""

    def replace(self, data: bytes, tag: str) -> str:
        """Another file in the place of the one with this tag. Raises Taken where it is not that."""

    def earlier(self, still: bool = False) -> Iterator[str]:
        """The address of each earlier state of a file below it, replaced or removed, that is kept.

        `still`: of the present ones too, where they would be kept. Most stores keep none.
        """

    def upload(self, file: Path) -> None:
        """A new file out of one of this machine, whole or not at all."""

    def copy(self, other: Self) -> None:
        """A new file with the bytes of another one of the store, which has 5 GB at most."""

    def abandon(self, seconds: float) -> None:
        """Ends the uploads below it that began so long ago, and takes what came of them away."""


def place_of(address: str | PathLike[str]) -> Place:
    """The place of an address. Raises RequestError for a scheme that is not known."""
    if scheme_of(address):
        return store_of(str(address))
    return LocalPlace(address)


def store_of(address: str) -> Store:
    """The place of an address on an object store. Raises RequestError for an unknown scheme."""
    scheme = scheme_of(address)
    if scheme not in ("s3", "s3a"):
        raise RequestError(
            f"{address}: {scheme}: is no place that is known. Name a path on this machine, or an "
            "address s3://bucket/prefix."
        )
    from workbench.storage.s3_place import S3Place

    return S3Place(address)
