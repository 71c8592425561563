"""What is published in a lake: where partitions stand, and their manifests.

<lake>/silver/<table>/ingestion_date=YYYY-MM-DD/   Parquet, and _manifest.json (its proof)
<lake>/gold/<table>/ingestion_date=YYYY-MM-DD/
<lake>/quarantine/<table>/ingestion_date=YYYY-MM-DD/   readable by its owner only
<lake>/.workbench/   lock, staging, key of the hashes, where its runs are
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar, overload

from workbench.errors import LakeError
from workbench.lake.digests import check_files
from workbench.lake.lock import held_for
from workbench.lake.reading import held
from workbench.proof import MANIFEST, Manifest
from workbench.storage import PATTERNS, digest, known_digest, local_path

LAYERS = ("silver", "gold", "quarantine")
STAGED_FOR = "WORKBENCH_STAGED_FOR"  # a mark of the run whose kernels stage: it removes the rest
Kind = TypeVar("Kind", bound=Manifest)


class Published:
    """A folder of tables, partitioned by ingestion date.

    Raises LakeError where engines would take the folder's path for a pattern.
    """

    root: Path

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
    def private(self) -> Path:
        return self.folder / ".workbench"

    @property
    def folder(self) -> Path:
        """The lake's folder. Raises RequestError where it is not on this machine."""
        return local_path(str(self.root), "lake")

    def shared(self) -> bool:
        """Whether this process works for a run that has the lock. LakeError if that has ended."""
        return held_for(str(self.root))

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
        if not (self.partition(layer, table, ingestion_date) / MANIFEST).is_file():
            return None
        folder = self.existing(layer, table, ingestion_date)
        files = sorted(p for p in folder.iterdir() if p.is_file())
        return digest(f"{p.name} {known_digest(p)}" for p in files)

    def partition(self, layer: str, table: str, ingestion_date: str) -> Path:
        return self.folder / layer / table / f"ingestion_date={ingestion_date}"

    def dates(self, layer: str, table: str) -> list[str]:
        """The ingestion dates of a table that are published, oldest first."""
        found = (self.folder / layer / table).glob("ingestion_date=*")
        return sorted(p.name.removeprefix("ingestion_date=") for p in found if p.is_dir())

    def proved(self, layer: str, table: str, ingestion_date: str) -> Path:
        """The folder of a partition, its files held against the digests that its manifest has.

        Raises LakeError where it was not published, LeavesLost where they are not those files.
        """
        folder = self.existing(layer, table, ingestion_date)
        what = f"{layer}.{table} of {ingestion_date}"
        # Its own: another version may have been published since.
        told = loaded(folder / MANIFEST, what, Manifest)
        check_files(folder, told, what, self.where(layer, table, ingestion_date))
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
        return loaded(path, f"{layer}.{table} of {ingestion_date}", kind)

    def existing(self, layer: str, table: str, ingestion_date: str) -> Path:
        """A folder with the files of a partition, which stay as they are while they are read.

        Raises LakeError, naming what is there, where there is none.
        """
        path = self.standing(layer, table, ingestion_date)
        if self.shared():  # nobody else publishes
            return path
        try:
            return held(path, f"{layer}.{table}.{ingestion_date}", self.private)
        except FileNotFoundError as error:
            raise self.not_there(layer, table, ingestion_date) from error

    def standing(self, layer: str, table: str, ingestion_date: str) -> Path:
        """The folder of a partition. Raises LakeError, naming what is there, where it is not."""
        path = self.partition(layer, table, ingestion_date)
        if not path.is_dir():
            raise self.not_there(layer, table, ingestion_date)
        return path

    def manifest_file(self, layer: str, table: str, ingestion_date: str) -> Path:
        return self.standing(layer, table, ingestion_date) / MANIFEST

    def files(self, layer: str, table: str, ingestion_date: str) -> list[str]:
        """The Parquet files of a partition, for tools that take paths or addresses."""
        names = sorted(
            p.name for p in self.existing(layer, table, ingestion_date).glob("*.parquet")
        )
        return [str(self.partition(layer, table, ingestion_date) / name) for name in names]

    def not_there(self, layer: str, table: str, ingestion_date: str) -> LakeError:
        there = ", ".join(self.dates(layer, table)) or "none"
        return LakeError(
            f"{layer}.{table} has no ingestion_date {ingestion_date} in the lake {self.root} "
            f"(there: {there}). Run the step that writes it, or choose one of these dates."
        )

    def has(self, layer: str, table: str, ingestion_date: str) -> bool:
        return self.partition(layer, table, ingestion_date).is_dir()


def loaded(path: Path, what: str, kind: type[Kind]) -> Kind:
    """A manifest of a file. Raises LakeError, naming `what` it tells of, where it is none."""
    try:
        return kind.load(path)
    except (OSError, ValueError) as error:
        raise LakeError(
            f"{path} cannot be read ({error}), so {what} was not published by a run. Run the step "
            "that writes it again."
        ) from error
