"""Where is forgotten: a lake, the folders of its runs; and what of that is out of reach."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from workbench.errors import StorageError
from workbench.forget.rows import TABLES
from workbench.forget.run_outputs import RunFolder, runs_of
from workbench.forget.telling import check_whole, counted, kept_by_bucket
from workbench.lake import Lake, published
from workbench.storage import Store, place_behind, scheme_of, stand_in, told_as


@dataclass
class Places:
    """Where it is forgotten: a lake, and the folders of runs; `dry`: nothing is changed.

    `unkeyed`: quarantined documents of which nobody can tell whose they are go too. `notebooks`
    are folders whose notebooks people carry out by hand. `left` is what could not be reached,
    `stores` are where runs were looked for.
    """

    lake: Lake
    runs: FilePath
    dry: bool = False
    unkeyed: bool = False
    notebooks: Sequence[FilePath] = ()
    left: list[str] = dataclasses.field(default_factory=list)
    stores: list[Store] = dataclasses.field(default_factory=list)

    def run_folders(self) -> list[RunFolder]:
        """The runs on the lake, in every folder that has taken some."""
        folders = {place_of_runs(self.runs): self.runs}
        for one in self.lake.runs_folders():
            folder = stand_in(one)
            if scheme_of(one) or folder.is_dir():
                folders.setdefault(place_of_runs(folder), folder)
            elif place_of_runs(folder) not in folders:
                self.left.append(
                    f"the runs that were in {one}, which is not there. Name the folder that they "
                    f"are in now with --runs, and if there is none, take that line out of "
                    f"{self.lake.runs_file}"
                )
        self.stores = [place for folder in folders.values() if (place := place_behind(folder))]
        found: list[RunFolder] = []
        for folder in folders.values():
            try:
                found += runs_of(folder, self.lake)
            except StorageError as error:
                if folder == self.runs:
                    raise
                self.left.append(f"the runs in {told_as(folder)}: {error}"[:-1])
        self.left += [
            f"the run {told_as(run.folder)}, which is under way on a copy of the lake. Forget "
            "again when it has ended; if it was killed on another machine, remove that folder"
            for run in found
            if run.under_way
        ]
        return found

    def staging(self) -> FilePath | None:
        return None if self.dry else self.lake.staging()

    def erase(self, staging: FilePath | None) -> None:
        if staging:
            self.lake.erase(staging)

    def older(self, days: Collection[str] | None = None) -> Iterator[str]:
        """Removes what stood in partitions before, of all dates or of some; says what it removed.

        On a store, that stays for a while for those who read it, here as long as their processes
        live; so may what a run has staged for executors, if it was killed.
        """
        staged = self.lake.left_staged()
        if staged:
            if not self.dry:
                self.lake.remove_staged()
            yield f"{counted(staged, 'file')} that runs have staged removed"
        if not self.dry:
            self.lake.let_go_replaced()
        for layer, table in TABLES:
            for day, files in list(self.lake.unnamed(layer, table)):
                if days is None or day in days:
                    if not self.dry:
                        self.lake.remove_unnamed(layer, table, day)
                    gone = counted(files, "file")
                    yield f"{layer}.{table} of {day}: {gone} of other versions removed"

    def kept_by_stores(self) -> None:
        """Names what buckets keep of files that were replaced or removed, in the lake and in runs.

        Whoever tries first is told what they would keep.
        """
        lake = str(self.lake.root)
        stores = {lake: self.lake.earlier(self.dry)} if scheme_of(lake) else {}
        stores |= {str(one): one.earlier(self.dry) for one in self.stores}
        for store, states in stores.items():
            self.left += kept_by_bucket(store, states)

    def check_whole(self) -> None:
        """Raises NotWhole, naming what could not be reached, if there is any such."""
        others = {name for name, _ in published(self.lake)} - {f"{a}.{b}" for a, b in TABLES}
        self.left += [
            f"{name}, a table that no step of the chain writes" for name in sorted(others)
        ]
        check_whole(self.left, self.dry)


def place_of_runs(folder: FilePath) -> str:
    """One name of a folder of runs, however it was given."""
    return str(place_behind(folder) or folder.resolve())
