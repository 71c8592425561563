"""The file beside the tables of `workbench flatten`: what they are made of, and their proof."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Self
from urllib.parse import quote as percent_encoded

from workbench.errors import RequestError
from workbench.proof.manifest import MANIFEST, Reading, SourceFile, Told
from workbench.storage import told_as
from workbench.stored import Document

LONGEST = 200  # bytes; file systems take 255 and endings
SAFE = " ()+,-._;@~$&!'"  # of the characters that are no letters or digits
QUARANTINED = "_quarantine.parquet"


@dataclass(frozen=True)
class Written:
    """One table that was written. `leaves` counts its values that are not null.

    `in_all` are its rows with those that they were added to; None where they were added to none.
    """

    table: str
    rows: int
    columns: int
    leaves: int
    in_all: int | None = None


@dataclass(kw_only=True)
class TablesManifest(Document, Reading):
    """What the tables are made from, what they are called and why, and their proof.

    `rule` is how names are made, `names` the name by path. `earlier` are the manifests of the
    dumps that stood here before one was added. `contract` is what it said of each path; None where
    nobody wrote that down. `forgotten` is when rows were last removed: then
    documents, leaves and fingerprints are those of the tables as they are.
    """

    sources: list[SourceFile]
    documents: int
    quarantined: dict[str, int]
    key: str | None
    explode: list[str]
    rule: str | None = None
    tables: list[Written]
    leaves: int
    names: dict[str, str]
    renames: dict[str, str]
    fingerprints: Told
    notes: list[str]
    earlier: list[TablesManifest] = field(default_factory=list)
    contract: dict[str, Any] | None = None
    forgotten: str | None = None

    def after(self, before: Self) -> None:
        """Takes up the manifest of the rows that these are added to."""
        self.names = before.names | self.names
        self.earlier = [*before.earlier, before]
        before.earlier = []


def manifest_of(out: FilePath) -> TablesManifest | None:
    """The manifest of the tables in a folder; None where there is none.

    Raises RequestError where it cannot be read.
    """
    path = out / MANIFEST
    try:
        return TablesManifest.load(path) if path.exists() else None
    except (OSError, ValueError) as error:
        raise RequestError(
            f"--out: {told_as(path)} cannot be read: {error}. Name another folder, or remove "
            "this one."
        ) from error


def file_name(table: str) -> str:
    """The name of a table as the name of a folder: odd characters as %XX."""
    plain = percent_encoded(table, safe=SAFE)
    if plain.startswith(("_", ".")):  # readers of folders take these for no data
        plain = f"%{ord(plain[0]):02X}{plain[1:]}"
    digest = hashlib.sha256(table.encode()).hexdigest()[:8]
    return plain if len(plain) <= LONGEST else f"{plain[:LONGEST]}_{digest}"
