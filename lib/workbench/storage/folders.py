"""Folders of this machine that change places at once, and are on disk before they do."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from os.path import lexists
from pathlib import Path

from workbench.errors import Taken
from workbench.storage.local import LocalPlace

ASIDE = ".old"  # ends the hidden name of a folder that another takes the place of
SHARED = "WORKBENCH_SHARED"  # 1: other users of the machine may read what is made
AT_FDCWD, RENAME_EXCHANGE = -100, 2
PATTERNS = "*?[]{}\\"  # engines read these in a path as a pattern of several paths


def of_files(error: OSError) -> bool:
    """Whether an error is one of files, not of a network."""
    return error.errno is not None and not isinstance(error, ConnectionError | TimeoutError)


def drop_leftovers(folder: Path) -> None:
    """An engine's own marks in what it wrote, which are no data."""
    for path in [*folder.glob("_SUCCESS"), *folder.glob(".*.crc"), *folder.glob("*#*")]:
        path.unlink()


def make_folder(folder: Path) -> None:
    """A folder that no user beyond its group enters, unless it is shared; those above as usual."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(0o777 if os.environ.get(SHARED) == "1" else 0o750, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(
            errno.ENOTDIR, os.strerror(errno.ENOTDIR), error.filename
        ) from error


@contextmanager
def undone(*folders: Path) -> Iterator[None]:
    """Folders that are made in here, and are empty still, go where this fails."""
    new = [one for folder in folders for one in (folder, *folder.parents) if not lexists(one)]
    try:
        yield
    except BaseException:
        for folder in sorted(new, key=lambda one: len(one.parts), reverse=True):
            with suppress(OSError):
                folder.rmdir()
        raise


def share(folder: Path, but: Collection[str] = ()) -> None:
    """Lets every user of the machine read a folder, but for some names in it."""
    for one in [folder, *(p for p in folder.glob("*") if p.name not in but)]:
        inside = [one] if one == folder else [one, *one.rglob("*")]
        for path in inside:
            if not path.is_symlink():
                os.chmod(path, path.stat().st_mode | (0o055 if path.is_dir() else 0o044))


def opened_as(folder: Path, before: Path, but: Collection[str] = ()) -> None:
    """Lets those enter a folder who enter the one that it takes the place of, if there is one.

    Every user may read it, but for some names in it, where that was asked for.
    """
    if before.is_dir():
        folder.chmod(stat.S_IMODE(before.stat().st_mode))
    if os.environ.get(SHARED) == "1":
        share(folder, but)


def is_closed(folder: Path) -> bool:
    """Whether only a folder's owner and group enter it, or one above it."""
    return any(one.stat().st_mode & 0o001 == 0 for one in (folder, *folder.parents))


def make_private(folder: Path) -> None:
    for path in folder.iterdir():
        os.chmod(path, 0o600)
    os.chmod(folder, 0o700)


def sync(folder: Path) -> None:
    """To disk before the rename, so that a power cut leaves the old or the new, never empty."""
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def swap(staged: Path, target: Path) -> None:
    """`staged` becomes `target` in one step; what was there stays in the staging folder.

    Linux exchanges two folders at once (renameat2). Where the file system cannot, the old one
    first stands beside its place, from where `restore` puts it back if this process dies.
    """
    if not target.exists():
        os.rename(staged, target)
        return
    if exchange(staged, target):
        return
    aside = target.with_name(f".{target.name}{ASIDE}")
    os.rename(target, aside)
    try:
        os.rename(staged, target)
    except OSError:
        os.rename(aside, target)
        raise
    os.rename(aside, staged)


def mark_of(folder: Path, name: str) -> str:
    """What is another when another folder, with a file of that name, has taken a folder's place."""
    file = LocalPlace(folder / name)
    return file.mark() if file.exists() else ""


def swap_if(staged: Path, target: Path, name: str, mark: str) -> None:
    """As `swap`, where the mark of what is there is as it was. Raises Taken where it is not."""
    if mark_of(target, name) == mark:
        swap(staged, target)
        if mark_of(staged, name) == mark:  # what has stood there is here now
            return
        swap(staged, target)  # another was first, in between
    raise Taken(
        f"{target} was changed by another command in the meantime, and stays as that has left it. "
        "Run again."
    )


def restore(parent: Path, name: str = "*") -> None:
    """Puts back what a process that died between two renames had moved aside, or removes it where
    the new folder is in its place. Nobody else may be at work there.
    """
    for aside in parent.glob(f".{name}{ASIDE}"):
        target = aside.with_name(aside.name[1 : -len(ASIDE)])
        if target.exists():
            shutil.rmtree(aside)
        else:
            os.rename(aside, target)


def exchange(left: Path, right: Path) -> bool:
    """Whether the two folders have changed places."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    done = renameat2(AT_FDCWD, bytes(left), AT_FDCWD, bytes(right), RENAME_EXCHANGE)
    if done == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(right))
