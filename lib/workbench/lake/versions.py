"""Partitions on an object store, where nothing can be renamed: versions, and a pointer to one.

    <partition>/_current.json        the pointer; its conditional PUT is the commit
    <partition>/version-<version>/   Parquet and the manifest, never changed
    <partition>/.staging/<stamp>/    what `workbench flatten` on a cluster has under way

A reader takes the version that the pointer names: the old one or the new one, whole. A writer
that is killed anywhere leaves at most a version that nothing names, which a later one sweeps.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import secrets
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import LakeError, StorageError, Taken
from workbench.storage import (
    AT_ONCE,
    LONGEST_RUN,
    Found,
    Store,
    digest,
    download,
    file_digest,
    made_at,
    relay,
    stamped,
)

POINTER = "_current.json"
VERSION = "version-"  # with a `=` readers would take it for a column
STAGING = ".staging"
GRACE = 6 * 3600  # seconds for which a reader may still be at work on a version that is no more
ALL = -math.inf  # seconds ago: uploads of whenever, also by a clock that is ahead
TRIES = 3  # of a reader under whose hands a version is swept
BUFFER = 8 << 20


@dataclass(frozen=True)
class Current:
    """What a pointer says, and its tag.

    A version, its files with their bytes, and when, in seconds since 1970, each of the versions
    that readers may still be at work on was replaced.
    """

    version: str
    files: dict[str, int]
    replaced: dict[str, float]
    tag: str


class Versions:
    """One partition of a lake on an object store."""

    def __init__(self, partition: Store) -> None:
        self.partition = partition
        self.pointer = partition.join(POINTER)

    def current(self) -> Current | None:
        """The version that is published; None where there is none."""
        found = self.pointer.tagged()
        if found is None:
            return None
        try:
            said = json.loads(found[0])
            return Current(str(said["version"]), dict(said["files"]), said["replaced"], found[1])
        except (ValueError, KeyError, TypeError) as error:
            raise LakeError(
                f"{self.pointer} cannot be read ({error}), so it is not known which version of the "
                "partition is published. Run the step that writes it again."
            ) from error

    def place(self, version: str) -> Store:
        return self.partition.join(f"{VERSION}{version}")

    def staging(self) -> Store:
        """A place of its own, where executors find what is staged for them."""
        return self.partition.join(STAGING, stamped())

    def publish(
        self,
        staged: Path,
        before: Current | None,
        step: Callable[[str], None] = lambda name: None,
        check: Callable[[], None] = lambda: None,
    ) -> Store:
        """Makes the files of a folder the partition, at once. Returns the version's place.

        Each is read back and has the bytes that were staged, and so the rows that were proved.
        Raises LakeError where the pointer is no longer as it was `before`. `step` is told what was
        done; `check` may raise before the commit.
        """
        version = stamped()
        place = self.place(version)
        files = {
            file.relative_to(staged).as_posix(): file.stat().st_size
            for file in sorted(staged.rglob("*"))
            if file.is_file()
        }
        try:
            with ThreadPoolExecutor(AT_ONCE) as uploads:
                for name in uploads.map(lambda n: uploaded(staged / n, place.join(n)), files):
                    step(f"uploaded {name}")
            check()
        except BaseException:
            with suppress(StorageError):  # else a later one sweeps it
                self.partition.remove([str(place.join(name)) for name in files])
            raise
        try:
            self.point_at(version, files, before)
        except LakeError:  # another was first: nothing will ever name these
            with suppress(StorageError):
                self.partition.remove([str(place.join(name)) for name in files])
            raise
        step("committed")
        with suppress(StorageError):  # what is old is swept by a later one
            self.sweep()
        return place

    def point_at(self, version: str, files: dict[str, int], before: Current | None) -> None:
        """The commit. Raises LakeError where the pointer is not as it was `before`."""
        now, replaced = time.time(), {}
        if before:
            replaced = {v: at for v, at in before.replaced.items() if now - at < GRACE}
            replaced[before.version] = now
        self.say({"version": version, "files": files, "replaced": replaced}, before)

    def say(self, said: dict[str, Any], before: Current | None) -> None:
        """Another pointer. Raises LakeError where it is not as it was `before`."""
        text = json.dumps(said, indent=1).encode()
        try:
            if before is None:
                self.pointer.create(text)
            else:
                self.pointer.replace(text, before.tag)
        except (Taken, FileNotFoundError) as error:
            raise LakeError(
                f"{self.partition} was published by another run in the meantime, or removed, and "
                "stays as that has left it. Run again."
            ) from error

    def remove(self) -> None:
        """Takes the partition away: the pointer first, then all versions."""
        self.partition.remove([str(self.pointer)])
        self.partition.remove([found.address for found in self.partition.files()])
        self.partition.abandon(ALL)

    def others(self) -> list[Found]:
        """The files of every version but the published one, and those that are staged.

        Whoever may be reading them.
        """
        now = self.current()
        mine = now.version if now else None
        return [
            f
            for f in self.partition.files()
            if self.stamp_of(f) or self.version_of(f) not in ("", mine)
        ]

    def remove_others(self) -> None:
        """Removes those at once, and uploads of which nothing has come yet.

        Whoever is still writing one of them cannot publish it: the pointer is another then.
        """
        now = self.current()
        if now:
            said = {"version": now.version, "files": now.files, "replaced": {}}
            self.say(said | {"mark": secrets.token_hex(8)}, now)
        self.partition.remove([found.address for found in self.others()])
        self.abandon()

    def abandon(self) -> None:
        """Ends uploads of which nothing has come, and takes their parts away."""
        self.partition.abandon(ALL)

    def sweep(self, grace: float = GRACE) -> None:
        """Removes what nothing names and no reader can be at work on, and uploads that ended."""
        now, at = self.current(), time.time()
        kept = {v for v, since in now.replaced.items() if at - since < grace} if now else set()
        if now:
            kept.add(now.version)
        old = []
        for found in self.partition.files():
            version, stamp = self.version_of(found), self.stamp_of(found)
            if version and version not in kept and at - made_at(version) > grace:
                old.append(found.address)
            if stamp and at - made_at(stamp) > LONGEST_RUN:
                old.append(found.address)
        self.partition.remove(old)
        self.partition.abandon(grace)

    def version_of(self, found: Found) -> str:
        """The version that a file below the partition is of; empty for none."""
        return self.first_below(VERSION, found)

    def stamp_of(self, found: Found) -> str:
        """The name of the folder that a staged file is in; empty for another file."""
        return self.first_below(f"{STAGING}/", found)

    def first_below(self, start: str, found: Found) -> str:
        name = found.address[len(str(self.partition)) + 1 :]
        return name.removeprefix(start).partition("/")[0] if name.startswith(start) else ""

    def fetch(self, folder: Path, only: str = "") -> Path | None:
        """A copy on this machine of the published version, or of one file; None for none."""
        for _ in range(TRIES):
            now = self.current()
            if now is None:
                return None
            copy = folder / digest([str(self.partition), now.version, only])[:16]
            names = [only] if only else [*now.files]
            if copy.is_dir() or downloaded(self.place(now.version), names, copy):
                relay.pass_on(copy, self.place(now.version), whole=not only)
                return copy
        raise LakeError(
            f"{self.pointer} names a version whose files are not all there. Run the step that "
            "writes it again."
        )

    def files(self) -> list[str]:
        """The addresses of the Parquet files that are published, for tools that take paths."""
        now = self.current()
        names = sorted(now.files) if now else []
        return [
            str(self.place(now.version).join(n)) for n in names if n.endswith(".parquet") and now
        ]


def with_others(place: Store) -> list[str]:
    """The addresses of the partitions below a place in which there is more than one version.

    A version that no pointer names is one more. One list, whatever the partitions.
    """
    versions: dict[str, set[str]] = defaultdict(set)
    pointers = set()
    for found in place.files():
        partition, begins, rest = found.address.partition(f"/{VERSION}")
        if begins:
            versions[partition].add(rest.partition("/")[0])
        elif found.address.endswith(f"/{POINTER}"):
            pointers.add(found.address.removesuffix(f"/{POINTER}"))
    return [name for name, of in versions.items() if len(of) > (name in pointers)]


def uploaded(file: Path, target: Store) -> str:
    """The name of a file that is there now. Raises LakeError where it reads otherwise there."""
    place = relay.passed_on(file)
    if place and place.exists():
        target.copy(place)
    else:
        target.upload(file)
    if digest_there(target, file.stat().st_size) != file_digest(file):
        raise LakeError(
            f"{target} does not hold the bytes that were written; nothing was published. Run again."
        )
    return file.name


def digest_there(target: Store, size: int) -> str:
    """The SHA-256 of what stands there, by as few requests as its size allows."""
    if size > BUFFER:
        return file_digest(str(target))
    return hashlib.sha256(target.read()).hexdigest()


def downloaded(place: Store, names: Sequence[str], copy: Path) -> bool:
    """Whether the files are in the folder `copy` now: all of them, or there is no such folder."""
    aside = copy.with_name(f"{copy.name}.{secrets.token_hex(4)}")
    aside.mkdir(parents=True, mode=0o700)
    try:
        with ThreadPoolExecutor(AT_ONCE) as downloads:
            list(downloads.map(lambda n: fetched(place.join(n), aside / n), names))
        with suppress(OSError):  # another thread was first
            os.rename(aside, copy)
    except FileNotFoundError:
        return False
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return copy.is_dir()


def fetched(place: Store, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    download(place, file)
