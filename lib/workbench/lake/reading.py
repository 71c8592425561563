"""A partition as it is now, for who reads it while others publish: links, which take no room.

    <lake>/.workbench/reading/<process>/<layer>.<table>.<date>.<mark>/

A folder that changes places takes its files from under the hands of a reader, who has seen the
names of some and opens others. What is linked stays until the reader's process ends, or until
something is forgotten.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from workbench.storage import digest, scratch

READING = "reading"
_own: dict[tuple[Path, int], Path] = {}


def held(partition: Path, name: str, private: Path) -> Path:
    """A folder of this process with the files of a partition, all of one time.

    The partition itself where none can be made: to who may only read the lake, and where a file
    system has no links. Raises FileNotFoundError where there is no partition.
    """
    while os.access(private, os.W_OK):
        opened = os.open(partition, os.O_RDONLY | os.O_DIRECTORY)
        try:
            copy = linked(opened, own_folder(private), name)
            if os.path.samestat(os.fstat(opened), os.stat(partition)):
                return copy
        except FileNotFoundError:
            continue  # its files are going: another has taken its place, or it was removed
        except OSError:
            break
        finally:
            os.close(opened)
    return partition


def own_folder(private: Path) -> Path:
    """One for each process."""
    own = _own.get((private, os.getpid()))
    if own is None or not own.is_dir():
        (private / READING).mkdir(0o700, exist_ok=True)
        own = _own[private, os.getpid()] = scratch.make(private / READING)
    return own


def linked(opened: int, own: Path, name: str) -> Path:
    """The folder with the files of an open one, which are there once."""
    files = sorted(os.listdir(opened))
    marks = (f"{file} {os.stat(file, dir_fd=opened).st_ino}" for file in files)
    copy = own / f"{name}.{digest(marks)[:16]}"
    if not copy.is_dir():
        aside = own / secrets.token_hex(8)
        aside.mkdir()
        try:
            for file in files:
                os.link(file, aside / file, src_dir_fd=opened)
            with suppress(OSError):  # another thread was first
                os.rename(aside, copy)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return copy


def let_go_replaced(lake: Path, private: Path) -> None:
    """Removes what readers hold of partitions that are others now, or gone, whoever reads it."""
    for folder in (private / READING).glob("*/*.*.*.*"):
        layer, table, day, _ = folder.name.split(".")
        if inodes(folder) - inodes(lake / layer / table / f"ingestion_date={day}"):
            shutil.rmtree(folder, ignore_errors=True)


def inodes(folder: Path) -> set[int]:
    with suppress(FileNotFoundError):
        return {file.inode() for file in os.scandir(folder)}
    return set()
