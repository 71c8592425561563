"""Folders of this machine that stand for a place on a store, for as long as a process lives.

Notebooks, charts and pages are written by libraries that know files alone. They work in a folder;
what is to stay is kept at the place, and what is looked at is fetched from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from workbench.storage import scratch
from workbench.storage.address import scheme_of
from workbench.storage.atomic import write_whole
from workbench.storage.place import Store, store_of
from workbench.storage.several import AT_ONCE

_stores: dict[Path, Store] = {}


def stand_in(address: str | PathLike[str]) -> Path:
    """The folder that stands for an address; a path of this machine stands for itself."""
    if not scheme_of(address):
        return Path(address)
    store = store_of(str(address))
    folder = folder_of(_stores, str(store)) or scratch.temporary()
    _stores[folder] = store
    return folder


@contextmanager
def standing_for(store: Store, folder: Path) -> Iterator[None]:
    """A folder with what was fetched stands for its place, for the time of a block."""
    _stores[folder] = store
    try:
        yield
    finally:
        del _stores[folder]


def place_behind(path: Path) -> Store | None:
    """The place that a file or folder stands for; None for one that is just itself."""
    return place_in(_stores, path)


def place_in(stores: dict[Path, Store], path: Path) -> Store | None:
    """The place of a file or folder, by those of the folders around it; None where it has none."""
    for folder, store in list(stores.items()):  # as they are now: other threads change them
        if folder == path or folder in path.parents:
            return store.join(*path.relative_to(folder).parts)
    return None


def folder_of(stores: dict[Path, Store], address: str) -> Path | None:
    """The folder whose files stand at an address; None where there is none."""
    return next((f for f, store in list(stores.items()) if str(store) == address), None)


def told_as(path: str | PathLike[str]) -> str:
    """A path as people are told of it: the address that it stands for, or itself."""
    return str(place_behind(Path(path)) or path)


def keep(path: Path) -> None:
    """Puts a file, or all files of a folder, at the place that it stands for, if it does."""
    place = place_behind(path)
    if place and path.is_file():
        place.write(path.read_bytes())
    elif place:
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        with ThreadPoolExecutor(AT_ONCE) as sent:
            list(sent.map(keep, files))


def drop(path: Path) -> None:
    """Removes a file, here and at the place that it stands for, if it does."""
    place = place_behind(path)
    if place:
        place.remove([str(place)])
    path.unlink(missing_ok=True)


def fetch(path: Path) -> None:
    """Brings a file, or all files of a folder, from the place that it stands for, if it does."""
    place = place_behind(path)
    if place is None:
        return
    found = place.tagged()
    if found:
        write_whole(path, found[0])
        return
    start = len(str(place)) + 1
    files = [path / file.address[start:] for file in place.files()]
    with ThreadPoolExecutor(AT_ONCE) as brought:
        list(brought.map(fetch, files))
