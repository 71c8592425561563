"""A lake on an object store: versions and pointers in the place of folders that change places.

Engines of this machine read a copy of the published version, which is fetched once and goes with
the process; what they write is staged and proved here, uploaded, and read back.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from workbench.engines import on_a_cluster
from workbench.errors import LakeError, RequestError, StorageError, Taken
from workbench.lake.digests import data_files, write_manifest
from workbench.lake.hash_key import KEY_VARIABLE, given_key
from workbench.lake.lake import Lake
from workbench.lake.lease import LEASE, check_held, lease
from workbench.lake.lock import LOCK_HELD, holding
from workbench.lake.registered import check_catalog, register
from workbench.lake.tables import LAYERS, STAGED_FOR
from workbench.lake.versions import ALL, GRACE, POINTER, Versions, with_others
from workbench.proof import MANIFEST, Manifest
from workbench.storage import (
    AT_ONCE,
    LONGEST_RUN,
    Store,
    digest,
    drop_leftovers,
    known_digest,
    made_at,
    relay,
    scratch,
    stamped,
    store_of,
)

WAITS = "WORKBENCH_LOCK_WAIT"  # seconds: steps that are jobs of their own publish side by side
STAGING = (".workbench", "staging")
RUNS = (".workbench", "runs")  # which folders have taken runs on the lake, a line each


class ObjectLake(Lake):
    """The tables below an address of a store, partitioned by ingestion date."""

    root: Store  # type: ignore[assignment]  # of both kinds, others take the text alone

    def __init__(self, root: str | Path) -> None:
        self.root = store_of(str(root))

    @property
    def private(self) -> Path:
        """A folder of this machine for what is staged and fetched, one for a whole process."""
        return own_folder(os.getpid())

    def hash_key(self, ingestion_date: str) -> bytes:
        if not given_key():
            raise RequestError(
                f"pii: a lake on a store keeps no key of the hashes beside its tables. Set "
                f"{KEY_VARIABLE}, always to the same value, or give pii=[]."
            )
        return super().hash_key(ingestion_date)

    def staging(self) -> Path:
        """On a cluster what is staged stands on the store too, for executors share no folder."""
        folder = super().staging()
        if on_a_cluster() is not None:
            name = "-".join(filter(None, [stamped(), os.environ.get(STAGED_FOR)]))
            relay.pass_on(folder, self.root.join(*STAGING, name), ours=True)
        return folder

    def check_shared(self) -> None:
        """They need not share any."""

    def versions(self, layer: str, table: str, ingestion_date: str) -> Versions:
        return Versions(self.root.join(layer, table, f"ingestion_date={ingestion_date}"))

    def tables(self, layer: str) -> list[str]:
        return [n for n in self.root.join(layer).folders() if self.dates(layer, n)]

    def where(self, layer: str, table: str, ingestion_date: str) -> str:
        return str(self.versions(layer, table, ingestion_date).partition)

    def state(self, layer: str, table: str, ingestion_date: str) -> str | None:
        versions = self.versions(layer, table, ingestion_date)
        copy = versions.fetch(self.copies(ingestion_date), MANIFEST)
        if copy is None:
            return None
        told = known_digest(copy / MANIFEST)
        files = (Manifest.load(copy / MANIFEST).files or {}) | {MANIFEST: told}
        return digest(f"{name} {files[name]}" for name in sorted(files))  # as a lake here says it

    def files(self, layer: str, table: str, ingestion_date: str) -> list[str]:
        now = self.versions(layer, table, ingestion_date).files()
        if not now:
            raise self.not_there(layer, table, ingestion_date)
        return now

    def dates(self, layer: str, table: str) -> list[str]:
        days = self.partition_names(layer, table)
        with ThreadPoolExecutor(AT_ONCE) as asked:
            there = asked.map(lambda day: self.has(layer, table, day), days)
            return [day for day, has in zip(days, there, strict=True) if has]

    def partition_names(self, layer: str, table: str) -> list[str]:
        """The dates of which there are files, published or not."""
        start = "ingestion_date="
        names = self.root.join(layer, table).folders()
        return sorted(name.removeprefix(start) for name in names if name.startswith(start))

    def has(self, layer: str, table: str, ingestion_date: str) -> bool:
        return self.versions(layer, table, ingestion_date).pointer.exists()

    def manifest_file(self, layer: str, table: str, ingestion_date: str) -> Path:
        return self.fetched(layer, table, ingestion_date, MANIFEST) / MANIFEST

    def existing(self, layer: str, table: str, ingestion_date: str) -> Path:
        return self.fetched(layer, table, ingestion_date)

    def fetched(self, layer: str, table: str, ingestion_date: str, only: str = "") -> Path:
        """A copy of a partition, or of one file of it."""
        found = self.versions(layer, table, ingestion_date)
        copy = found.fetch(self.copies(ingestion_date), only)
        if copy is None:
            raise self.not_there(layer, table, ingestion_date)
        return copy

    def let_go(self, ingestion_date: str) -> None:
        shutil.rmtree(self.copies(ingestion_date), ignore_errors=True)

    def let_go_replaced(self) -> None:
        """Parts of files that were never whole; copies stay with those who have fetched them."""
        self.root.abandon(ALL)

    def copies(self, ingestion_date: str) -> Path:
        return self.private / "fetched" / ingestion_date

    def publish(  # type: ignore[override]
        self, staged: Path, layer: str, table: str, ingestion_date: str, manifest: Manifest
    ) -> Store:
        drop_leftovers(staged)
        write_manifest(staged, manifest)
        target = self.versions(layer, table, ingestion_date)
        before = target.current()

        def check() -> None:
            check_held(self.root)

        check()  # whoever has taken over since, `before` tells
        published = target.publish(staged, before, check=check)
        register(self, layer, table)
        return published

    def check_catalog(self) -> None:
        check_catalog(self)

    def shared(self) -> bool:
        """Also where a run on another machine has the lease, and this works for it."""
        if LOCK_HELD not in os.environ and LEASE in os.environ:
            check_held(self.root)
            return True
        return super().shared()

    def remove(self, layer: str, table: str, ingestion_date: str, staging: Path) -> None:
        check_held(self.root)
        self.versions(layer, table, ingestion_date).remove()
        register(self, layer, table)

    def replace_manifest(
        self, layer: str, table: str, ingestion_date: str, manifest: Manifest, staging: Path
    ) -> None:
        """A version of the same files with another manifest."""
        copy = self.proved(layer, table, ingestion_date)
        staged = staging / f"{layer}.{table}.{ingestion_date}.{secrets.token_hex(4)}"
        staged.mkdir()
        for name, file in data_files(copy).items():
            os.link(file, staged / name)
        self.publish(staged, layer, table, ingestion_date, manifest)

    def sweep(self, over: str = "") -> None:
        """Versions that nothing names, too, and uploads that ended, where these are hours old."""
        super().sweep()
        scratch.sweep_temporary()  # copies of tables that kernels had, which are killed as they end
        with suppress(StorageError, LakeError):  # a later one does it
            self.sweep_staging(over)
            for layer in LAYERS:
                for partition in with_others(self.root.join(layer)):
                    Versions(store_of(partition)).sweep()
            self.root.abandon(GRACE)

    def sweep_staging(self, over: str = "") -> None:
        """Removes what was staged for executors, for a run that is over or so long ago."""
        place = self.root.join(*STAGING)
        start, old = len(str(place)) + 1, []
        for found in place.files():
            name = found.address[start:].partition("/")[0]
            ended = bool(over) and name.endswith(f"-{over}")
            if ended or time.time() - made_at(name) > LONGEST_RUN:
                old.append(found.address)
        place.remove(old)

    def left_staged(self) -> int:
        return sum(1 for _ in self.root.join(*STAGING).files())

    def remove_staged(self) -> None:
        check_held(self.root)
        place = self.root.join(*STAGING)
        place.remove([found.address for found in place.files()])

    def unnamed(self, layer: str, table: str) -> Iterator[tuple[str, int]]:
        days = self.partition_names(layer, table)
        with ThreadPoolExecutor(AT_ONCE) as asked:
            others = asked.map(lambda day: self.versions(layer, table, day).others(), days)
            for day, files in zip(days, others, strict=True):
                if files:
                    yield day, len(files)

    def remove_unnamed(self, layer: str, table: str, ingestion_date: str) -> None:
        check_held(self.root)
        register(self, layer, table)  # which may say so of one of these still
        self.versions(layer, table, ingestion_date).remove_others()

    def earlier(self, still: bool = False) -> Iterator[str]:
        every = (one for layer in LAYERS for one in self.root.join(layer).earlier(still))
        return (one for one in every if not one.endswith(f"/{POINTER}"))

    @property
    def runs_file(self) -> str:
        return str(self.root.join(*RUNS))

    def remember_runs(self, runs: str) -> None:
        place = self.root.join(*RUNS)
        while runs not in self.runs_folders():
            found = place.tagged()
            text = (found[0] if found else b"") + f"{runs}\n".encode()
            with suppress(Taken):  # another run has put its own there
                place.replace(text, found[1]) if found else place.create(text)

    def runs_folders(self) -> list[str]:
        found = self.root.join(*RUNS).tagged()
        return found[0].decode().splitlines() if found else []

    @contextmanager
    def lock(self, wait_seconds: float = 0) -> Iterator[None]:
        if self.shared():
            yield
            return
        waits = max(wait_seconds, float(os.environ.get(WAITS, 0)))
        with lease(self.root, waits), holding(str(self.root)):
            yield


@cache
def own_folder(process: int) -> Path:
    return scratch.temporary()
