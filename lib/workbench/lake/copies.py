"""A copy of a lake to work on, on this machine; nothing of it is published in the lake."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workbench.lake.hash_key import lake_key
from workbench.lake.lake import Lake
from workbench.lake.tables import LAYERS
from workbench.storage import AT_ONCE, scheme_of


def copy_of(lake: Lake, folder: Path, days: Collection[str], whole: Collection[str] = ()) -> Lake:
    """A lake of the same tables in a folder, on the file system of the lake's private folder.

    Of a lake on this machine it takes no room: its files are hard links, for files of a lake are
    replaced, never changed in place. Of one on a store it has the dates `days` and the tables
    `whole` (`layer.table`); of the rest it has what the manifests say.
    """
    copy = Lake(folder)
    copy.private.mkdir(parents=True)
    if scheme_of(str(lake.root)):
        bring(lake, copy, days, whole)
        return copy
    lake_key(lake.private)
    link(str(lake.private / "pii.key"), str(copy.private / "pii.key"))
    for layer in LAYERS:
        if (lake.folder / layer).is_dir():
            shutil.copytree(lake.folder / layer, copy.folder / layer, copy_function=link)
    return copy


def bring(lake: Lake, copy: Lake, days: Collection[str], whole: Collection[str]) -> None:
    def fetch(named: tuple[str, str, str]) -> None:
        layer, table, day = named
        all_of_it = day in days or f"{layer}.{table}" in whole
        fetched = lake.existing(*named) if all_of_it else lake.manifest_file(*named).parent
        target = copy.partition(*named)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.rename(fetched, target)

    named = [(x, t, day) for x in LAYERS for t in lake.tables(x) for day in lake.dates(x, t)]
    with ThreadPoolExecutor(AT_ONCE) as fetching:
        list(fetching.map(fetch, named))


def link(source: str, target: str) -> None:
    """A hard link; a copy where the file system or the file's owner allows none."""
    try:
        os.link(source, target)
    except OSError:
        if os.path.exists(source):
            shutil.copy2(source, target)
