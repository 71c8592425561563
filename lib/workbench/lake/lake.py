"""The lake: where tables stand, how a partition is published at once, and who may write.

A step writes to a staging folder on the lake's own file system, verifies what it wrote, and swaps
it into place with one rename. What a dead run left behind is swept by the next one.

    <lake>/silver/<table>/ingestion_date=YYYY-MM-DD/   Parquet, and _manifest.json (its proof)
    <lake>/gold/<table>/ingestion_date=YYYY-MM-DD/
    <lake>/quarantine/<table>/ingestion_date=YYYY-MM-DD/   readable by its owner only
    <lake>/.workbench/   lock, staging, key of the hashes, where its runs are
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, overload

from workbench.engines import check_shared, on_a_cluster, read_folder
from workbench.errors import LakeError
from workbench.lake.digests import check_files, write_manifest
from workbench.lake.hash_key import (
    CHANGED_VARIABLE,
    KEY_VARIABLE,
    changed_on_purpose,
    key_mark,
    lake_key,
)
from workbench.proof import MANIFEST, Manifest, SilverManifest
from workbench.storage import (
    PATTERNS,
    alive,
    digest,
    drop_leftovers,
    known_digest,
    local_path,
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

LOCK_HELD = "WORKBENCH_LOCK_HELD"
LAYERS = ("silver", "gold", "quarantine")
Kind = TypeVar("Kind", bound=Manifest)


class Lake:
    """A folder of tables, partitioned by ingestion date.

    Raises LakeError where engines would take the folder's path for a pattern.
    """

    root: Path
    staged_in = "lake"  # what a person names to say where steps are staged

    def __init__(self, root: str | Path) -> None:
        self.root = local_path(root, "lake").resolve()
        odd = sorted({c for c in str(self.root) if c in PATTERNS or not c.isprintable()})
        if odd:
            shown = " ".join(c if c.isprintable() else repr(c) for c in odd)
            raise LakeError(
                f"lake: the path {self.root} contains {shown}, which the engines read as a "
                f"pattern, or not at all. Choose a folder whose path has no line break and none of "
                f"{' '.join(PATTERNS)}."
            )

    @property
    def folder(self) -> Path:
        """The lake's folder. Raises RequestError where it is not on this machine."""
        return local_path(str(self.root), "lake")

    @property
    def private(self) -> Path:
        return self.folder / ".workbench"

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

    def tables(self, layer: str) -> list[str]:
        """The names of the tables of a layer that have a partition."""
        folders = sorted((self.folder / layer).glob("*"))
        return [f.name for f in folders if f.is_dir() and self.dates(layer, f.name)]

    def where(self, layer: str, table: str, ingestion_date: str) -> str:
        """Where a partition stands, for people."""
        return str(self.partition(layer, table, ingestion_date))

    def state(self, layer: str, table: str, ingestion_date: str) -> str | None:
        """A mark that changes with any byte of a partition, the names of its files, its manifest.

        None where no run has published it.
        """
        folder = self.partition(layer, table, ingestion_date)
        if not (folder / MANIFEST).is_file():
            return None
        files = sorted(p for p in folder.iterdir() if p.is_file())
        return digest(f"{p.name} {known_digest(p)}" for p in files)

    def partition(self, layer: str, table: str, ingestion_date: str) -> Path:
        return self.folder / layer / table / f"ingestion_date={ingestion_date}"

    def dates(self, layer: str, table: str) -> list[str]:
        """The ingestion dates of a table that are published, oldest first."""
        found = (self.folder / layer / table).glob("ingestion_date=*")
        return sorted(p.name.removeprefix("ingestion_date=") for p in found if p.is_dir())

    def read(self, spark: SparkSession, layer: str, table: str, ingestion_date: str) -> DataFrame:
        """One partition. Raises LakeError, naming what is there, where it is not published;
        LeavesLost where its files are not those that were."""
        folder = self.proved(layer, table, ingestion_date)
        if os.access(self.private, os.W_OK):  # who may only read the lake has no other way
            self.check_shared()
        return read_folder(spark, folder)

    def proved(self, layer: str, table: str, ingestion_date: str) -> Path:
        """The folder of a partition, its files held against the digests that its manifest has.

        Raises LakeError where it was not published, LeavesLost where they are not those files.
        """
        folder = self.existing(layer, table, ingestion_date)
        manifest = self.manifest(layer, table, ingestion_date)
        check_files(folder, manifest, f"{layer}.{table} of {ingestion_date}")
        return folder

    @overload
    def manifest(self, layer: str, table: str, ingestion_date: str) -> Manifest: ...

    @overload
    def manifest(self, layer: str, table: str, ingestion_date: str, kind: type[Kind]) -> Kind: ...

    def manifest(
        self, layer: str, table: str, ingestion_date: str, kind: type[Manifest] = Manifest
    ) -> Manifest:
        """What the step that published the partition recorded of it.

        Raises LakeError where it is not there, cannot be read, or is not of the kind.
        """
        path = self.manifest_file(layer, table, ingestion_date)
        try:
            return kind.load(path)
        except (OSError, ValueError) as error:
            raise LakeError(
                f"{path} cannot be read ({error}), so {layer}.{table} of {ingestion_date} was not "
                "published by a run. Run the step that writes it again."
            ) from error

    def existing(self, layer: str, table: str, ingestion_date: str) -> Path:
        """The folder of a partition. Raises LakeError, naming what is there, where it is not."""
        path = self.partition(layer, table, ingestion_date)
        if not path.is_dir():
            raise self.not_there(layer, table, ingestion_date)
        return path

    def manifest_file(self, layer: str, table: str, ingestion_date: str) -> Path:
        return self.existing(layer, table, ingestion_date) / MANIFEST

    def files(self, layer: str, table: str, ingestion_date: str) -> list[str]:
        """The Parquet files of a partition, for tools that take paths or addresses."""
        folder = self.existing(layer, table, ingestion_date)
        return [str(path) for path in sorted(folder.glob("*.parquet"))]

    def not_there(self, layer: str, table: str, ingestion_date: str) -> LakeError:
        there = ", ".join(self.dates(layer, table)) or "none"
        return LakeError(
            f"{layer}.{table} has no ingestion_date {ingestion_date} in the lake {self.root} "
            f"(there: {there}). Run the step that writes it, or choose one of these dates."
        )

    def has(self, layer: str, table: str, ingestion_date: str) -> bool:
        return self.partition(layer, table, ingestion_date).is_dir()

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

    def sweep(self) -> None:
        """Removes what processes that are no more have left; only who has the lock may."""
        if (self.private / "staging").is_dir():
            scratch.sweep(self.private / "staging")

    def unnamed(self, layer: str, table: str) -> Iterator[tuple[str, int]]:
        """The dates beside whose partitions others stand that nothing names, and in how many files.

        None on this machine, where a partition's folder is exchanged.
        """
        yield from ()

    def remove_unnamed(self, layer: str, table: str, ingestion_date: str) -> None:
        """Removes those, at once."""

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
        staged.replace(self.existing(layer, table, ingestion_date) / MANIFEST)

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

    def shared(self) -> bool:
        """Whether this process works for a run that has the lock. LakeError if that has ended."""
        holder, _, root = os.environ.get(LOCK_HELD, "").partition(" ")
        if root != str(self.root):
            return False
        if not alive(int(holder)):
            raise LakeError(
                f"The run (process {holder}) that this is a part of has ended, and another may "
                "be at work. Nothing was published. Run again."
            )
        return True

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
            give_up = time.monotonic() + wait_seconds
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as error:
                    if time.monotonic() >= give_up:
                        file.seek(0)
                        holder = file.read().strip() or "unknown"
                        raise LakeError(
                            f"The lake {self.root} is in use by another run (process {holder}). "
                            "Wait until it ends, or stop it, and run again."
                        ) from error
                    time.sleep(0.2)
            with self.changing():
                file.truncate(0)
                file.write(str(os.getpid()))
                file.flush()
                for layer in LAYERS:
                    for table in (self.folder / layer).glob("*"):
                        restore(table)
            with holding(str(self.root)):
                yield


@contextmanager
def holding(root: str) -> Iterator[None]:
    """Tells the notebooks of this run that it has the lock."""
    outer = os.environ.pop(LOCK_HELD, None)
    os.environ[LOCK_HELD] = f"{os.getpid()} {root}"
    try:
        yield
    finally:
        del os.environ[LOCK_HELD]
        if outer is not None:
            os.environ[LOCK_HELD] = outer
