"""The lake: how a partition is published at once, and who may write.

A step writes to a staging folder on the lake's own file system, verifies what it wrote, and swaps
it into place with one rename. What a dead run left behind is swept by the next one.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.engines import check_shared, on_a_cluster, read_folder
from workbench.errors import LakeError
from workbench.lake.digests import write_manifest
from workbench.lake.hash_key import (
    CHANGED_VARIABLE,
    KEY_VARIABLE,
    changed_on_purpose,
    key_mark,
    lake_key,
)
from workbench.lake.lock import holding, take
from workbench.lake.reading import READING, let_go_replaced
from workbench.lake.tables import LAYERS, Published
from workbench.proof import MANIFEST, Manifest, SilverManifest
from workbench.storage import (
    drop_leftovers,
    make_folder,
    make_private,
    of_files,
    restore,
    scratch,
    share,
    swap,
    sync,
    write_whole,
)

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class Lake(Published):
    """A folder of tables, and who may change them.

    Raises LakeError where engines would take the folder's path for a pattern.
    """

    staged_in = "lake"  # what a person names to say where steps are staged

    def hash_key(self, ingestion_date: str) -> bytes:
        """The key of the hashes of personal values, for a date that is to be published.

        Raises LakeError where it is not the one of the other dates: a person would have another
        hash there, and joins would lose them.
        """
        with self.changing():
            key = lake_key(self.private)
        other = [day for day in self.hashed_otherwise(key) if day != ingestion_date]
        if other:
            raise LakeError(
                f"pii: the key of the hashes is not the one that {', '.join(other[-3:])} were "
                f"hashed with, so no person would be found in both. Give {KEY_VARIABLE} its value "
                "of then, or put the lake's .workbench/pii.key back; or publish those dates again "
                f"with this key, with {CHANGED_VARIABLE}=1."
            )
        return key

    def hashed_otherwise(self, key: bytes) -> list[str]:
        """The dates of silver that are known to be hashed with another key; none where that is
        said to be meant."""
        found = []
        for day in [] if changed_on_purpose() else self.dates("silver", "users"):
            with suppress(LakeError):  # its step says that it must run again
                mark = self.manifest("silver", "users", day, SilverManifest).key_mark
                found += [day] if mark not in (None, key_mark(key)) else []
        return found

    def read(self, spark: SparkSession, layer: str, table: str, ingestion_date: str) -> DataFrame:
        """One partition. Raises LakeError, naming what is there, where it is not published;
        LeavesLost where its files are not those that were."""
        folder = self.proved(layer, table, ingestion_date)
        if os.access(self.private, os.W_OK):  # who may only read the lake has no other way
            self.check_shared()
        return read_folder(spark, folder)

    def remember_runs(self, runs: str) -> None:
        """Notes in which folder the runs on this lake are, for whoever forgets a person."""
        with self.changing():
            if runs not in self.runs_folders():
                write_whole(Path(self.runs_file), "\n".join([*self.runs_folders(), runs]) + "\n")

    def runs_folders(self) -> list[str]:
        """The folders, or addresses, that have taken runs on this lake."""
        path = Path(self.runs_file)
        return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []

    @property
    def runs_file(self) -> str:
        """Where these are noted."""
        return str(self.private / "runs")

    def make_private(self) -> None:
        """The lake's folder, and in it one that is its owner's alone."""
        make_folder(self.private.parent)
        self.private.mkdir(0o700, exist_ok=True)
        with suppress(PermissionError):
            os.chmod(self.private, 0o700)
        (self.private / "staging").mkdir(exist_ok=True)

    def share(self) -> None:
        """Lets every user of the machine read the tables, but not what is quarantined."""
        share(self.folder, but=(self.private.name, "quarantine"))

    def staging(self) -> Path:
        """A new scratch folder on the lake's file system."""
        with self.changing():
            self.make_private()
            return scratch.make(self.private / "staging")

    def shared_staging(self) -> Path:
        """A new scratch folder that the engine of this process sees too, wherever it works.

        Raises RequestError where the engine's machines do not see the lake's file system.
        """
        folder = self.staging()
        self.check_shared()
        return folder

    def check_shared(self) -> None:
        """Raises RequestError where the engine's machines do not see what this one stages."""
        spark = on_a_cluster()
        if spark is not None:
            with self.changing():
                self.make_private()
            check_shared(spark, self.private / "staging", self.staged_in)

    @staticmethod
    def erase(folder: Path) -> None:
        """Removes a staging folder whose data must be gone. Raises LakeError where it is not."""
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise LakeError(
                f"{folder} holds what was to be removed, and it cannot be: {error.strerror}. "
                "Remove that folder by hand."
            ) from error

    def publish(
        self, staged: Path, layer: str, table: str, ingestion_date: str, manifest: Manifest
    ) -> Path:
        """Puts a verified folder in the partition's place at once, with its manifest inside."""
        target = self.partition(layer, table, ingestion_date)
        with self.changing():
            drop_leftovers(staged)
            write_manifest(staged, manifest)
            make_folder(self.folder / layer)
            make_folder(target.parent)
            if layer == "quarantine":
                make_private(staged)
                os.chmod(self.folder / "quarantine", 0o700)
            sync(staged)
            swap(staged, target)
        return target

    def check_catalog(self) -> None:
        """Raises ServiceError where the lake is in a catalog that could not be kept in step."""

    def remove(self, layer: str, table: str, ingestion_date: str, staging: Path) -> None:
        """Takes a partition away at once; its files go to the staging folder, to go with that."""
        target = self.partition(layer, table, ingestion_date)
        if target.is_dir():
            os.rename(target, staging / f"removed {secrets.token_hex(4)}")

    def sweep(self, over: str = "") -> None:
        """Removes what processes that are no more have left; only who has the lock may.

        `over`: what `STAGED_FOR` was for processes that are no more, whatever their age.
        """
        for folder in (self.private / "staging", self.private / READING):
            if folder.is_dir():
                scratch.sweep(folder)

    def unnamed(self, layer: str, table: str) -> Iterator[tuple[str, int]]:
        """The dates beside whose partitions others stand that nothing names, and in how many files.

        None on this machine, where a partition's folder is exchanged.
        """
        yield from ()

    def remove_unnamed(self, layer: str, table: str, ingestion_date: str) -> None:
        """Removes those, at once."""

    def let_go_replaced(self) -> None:
        """Removes what readers on this machine hold of partitions that are others now.

        On a store, where such copies stay with their readers, the parts of files never whole.
        """
        let_go_replaced(self.folder, self.private)

    def left_staged(self) -> int:
        """How many files are staged where other machines see them; none on this machine."""
        return 0

    def remove_staged(self) -> None:
        """Removes those, at once; a run that works on them fails."""

    def earlier(self, still: bool = False) -> Iterator[str]:
        """The files of tables, replaced or removed, that are kept all the same.

        `still`: those too that would be when they are replaced or removed. None on this machine.
        """
        yield from ()

    def let_go(self, ingestion_date: str) -> None:
        """Removes copies of a date that were fetched, if a lake fetches any."""

    def replace_manifest(
        self,
        layer: str,
        table: str,
        ingestion_date: str,
        manifest: Manifest,
        staging: Path,
    ) -> None:
        """Another manifest for the same rows, at once."""
        staged = staging / MANIFEST
        staged.write_text(manifest.text(), encoding="utf-8")
        staged.replace(self.standing(layer, table, ingestion_date) / MANIFEST)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Raises LakeError, naming what it is, where the lake cannot be written."""
        try:
            yield
        except OSError as error:
            if not of_files(error):
                raise
            apart = error.errno == errno.EXDEV
            one = " A lake, with all of its folders, must be on one file system." if apart else ""
            raise LakeError(
                f"The lake {self.root} cannot be written: {error.strerror} "
                f"({error.filename2 or error.filename or self.root}).{one} Each table is the old "
                "one or the new one, whole. Mend this, and run again."
            ) from error

    @contextmanager
    def lock(self, wait_seconds: float = 0) -> Iterator[None]:
        """The right to publish: one run at a time. Raises LakeError where another has it.

        The kernel frees it when its holder dies, in whatever way. Notebooks of a run share the
        lock of their run.
        """
        if self.shared():
            yield
            return
        with self.changing():
            self.make_private()
            # Whoever can open it can hold it, also one who may only read.
            file = os.fdopen(
                os.open(self.private / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+"
            )
        with file:
            with suppress(PermissionError):  # of a lake of before, or another user's
                os.fchmod(file.fileno(), 0o600)
            take(file, str(self.root), wait_seconds)
            with self.changing():
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
                for layer in LAYERS:
                    for table in (self.folder / layer).glob("*"):
                        restore(table)
            with holding(str(self.root)):
                yield
