"""Folders of this machine whose files stand on a store too, for workers who share no disk with it.

Whoever writes a file there hands it over; whoever needs one that another has written brings it.
Where a folder is passed on to nowhere, both do nothing, and the folder is all that there is.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from workbench.errors import StorageError
from workbench.storage import scratch
from workbench.storage.address import scheme_of
from workbench.storage.atomic import aside
from workbench.storage.downloads import download
from workbench.storage.place import Store, store_of
from workbench.storage.several import AT_ONCE
from workbench.storage.stand_ins import folder_of, place_in

_stores: dict[Path, Store] = {}
_whole: set[Path] = set()


def pass_on(folder: Path, store: Store, *, ours: bool = False, whole: bool = False) -> None:
    """From now on the files of a folder stand at a place too.

    What is `ours` goes with `end`, at the latest with this process. A folder that is `whole` has
    all that stands there, and there nothing ever changes.
    """
    _stores[folder] = store
    if whole:
        _whole.add(folder)
    if ours:
        atexit.register(end, folder)


def passed_on(path: Path) -> Store | None:
    """The place of a file or folder on the store; None where it has none."""
    return place_in(_stores, path)


def is_whole(folder: Path) -> bool:
    """Whether a folder has all that stands at its place, where nothing ever changes."""
    return folder in _whole


def as_told(folder: Path) -> str:
    """What a worker elsewhere is told of a folder: its address, or its path where both see it."""
    return str(passed_on(folder) or folder)


def worked_in(told: str) -> Path:
    """On a worker: the folder that was told of, or one of its own in the place of an address."""
    if not scheme_of(told):
        return Path(told)
    folder = folder_of(_stores, told) or scratch.temporary()
    _stores[folder] = store_of(told)
    return folder


def emptied() -> None:
    """On a worker: its folders have nothing more; what they had was handed over."""
    for folder in _stores:
        for one in folder.iterdir():
            shutil.rmtree(one, ignore_errors=True)


def hand_over(file: Path) -> None:
    """Puts a file where others find it: whole, in the place of an earlier one."""
    place = passed_on(file)
    if place:
        place.write(file.read_bytes())


def bring(file: Path) -> Path:
    """A file, here now if it stands anywhere."""
    place = None if file.exists() else passed_on(file)
    if place:
        with suppress(FileNotFoundError), aside(file) as coming:
            download(place, coming)
    return file


def names(folder: Path, ending: str) -> list[Path]:
    """The files of a folder with that ending, sorted; those too that stand on the store alone."""
    place = passed_on(folder)
    if place is None:
        return sorted(folder.glob(f"*{ending}"))
    start = len(str(place)) + 1
    found = (folder / file.address[start:] for file in place.files())
    return sorted(path for path in found if path.parent == folder and path.name.endswith(ending))


def brought(folder: Path, ending: str = "") -> list[Path]:
    """The same, all of them here."""
    with ThreadPoolExecutor(AT_ONCE) as bringing:
        return list(bringing.map(bring, names(folder, ending)))


def take_away(folder: Path, files: Sequence[Path]) -> None:
    """Removes files of a folder, wherever they stand."""
    place = passed_on(folder)
    if place:
        place.remove([str(place.join(file.name)) for file in files])
    for file in files:
        file.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Removes all files of a folder, wherever they stand."""
    for file in folder.iterdir():
        file.unlink()
    remove_there(folder)


def end(folder: Path) -> None:
    """Removes a folder of this process, wherever it stands."""
    with suppress(StorageError):  # else a later run sweeps it
        remove_there(folder)
    _stores.pop(folder, None)
    scratch.discard(folder)


def remove_there(folder: Path) -> None:
    place = passed_on(folder)
    if place:
        place.remove([file.address for file in place.files()])
