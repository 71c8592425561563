"""Where the tables of `workbench flatten` are from which a person goes: a folder, or a store.

A folder is exchanged at once, a version is published by its pointer. What stood there before is
removed then; if the process is killed in between, the same request again does it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path as FilePath

from workbench.errors import LakeError, RequestError
from workbench.forget.tables import Asked, Done, without_person
from workbench.forget.telling import check_whole, counted, kept_by_bucket
from workbench.lake import Versions
from workbench.proof import MANIFEST
from workbench.storage import (
    mark_of,
    opened_as,
    restore,
    scheme_of,
    scratch,
    standing_for,
    store_of,
    swap_if,
    sync,
)


def forget_in_tables(out: str, asked: Asked) -> Iterator[str]:
    """Removes a person from tables of `workbench flatten --out`; says what it removed.

    Raises RequestError where there are no such tables, LakeError where the key is nowhere in them,
    NotWhole where something of the person is out of reach.
    """
    done = Done()
    yield from (in_version if scheme_of(out) else in_folder)(out, asked, done)
    if not done.said and not done.left:
        raise LakeError(
            f"The tables at {out} have nothing of that key. Check the key, or name its path with "
            "--key-path."
        )
    check_whole(done.left, asked.dry)


def in_folder(out: str, asked: Asked, done: Done) -> Iterator[str]:
    tables = FilePath(out)
    if not tables.is_dir():
        raise RequestError(f"--out: {out} is no folder. Name that of the tables.")
    if not asked.dry:
        restore(tables.absolute().parent, tables.name)
    before = mark_of(tables, MANIFEST)
    with scratch.for_now(scratch.temporary() if asked.dry else beside(tables)) as folder:
        made = folder / "tables"
        found = without_person(tables, made, asked)
        if found.said and not asked.dry:
            for each in [*(p for p in made.iterdir() if p.is_dir()), made]:
                sync(each)
            opened_as(made, tables)
            swap_if(made, tables, MANIFEST, before)
            erase(folder)
    done.said, done.left = found.said, found.left
    yield from done.said


def beside(tables: FilePath) -> FilePath:
    """A scratch folder on the file system of the tables."""
    parent = tables.absolute().parent
    try:
        return scratch.make(parent, f".{tables.name}.flatten-")
    except OSError as error:
        raise RequestError(f"--out: {parent} cannot be written: {error.strerror}.") from error


def erase(folder: FilePath) -> None:
    """Removes what stood there. Raises LakeError where it cannot be."""
    try:
        for each in folder.iterdir():
            shutil.rmtree(each)
    except OSError as error:
        raise LakeError(
            f"{folder} holds what was to be removed, and it cannot be: {error.strerror}. Remove "
            "that folder by hand."
        ) from error


def in_version(out: str, asked: Asked, done: Done) -> Iterator[str]:
    versions = Versions(store_of(out))
    with scratch.for_now(scratch.temporary()) as folder:
        before = versions.current()
        tables = versions.fetch(folder / "fetched")
        if tables is None:
            raise RequestError(f"--out: {out} holds no tables of `workbench flatten`.")
        with standing_for(versions.partition, tables):
            found = without_person(tables, folder / "made", asked)
        if found.said and not asked.dry:
            versions.publish(folder / "made", before)
        yield from found.said
    done.said, done.left = found.said, found.left
    others = len(versions.others()) if not asked.dry or not found.said else 0
    if not asked.dry:
        versions.abandon()
    if others:
        if not asked.dry:
            versions.remove_others()
        done.said.append(f"{counted(others, 'file')} of other versions removed")
        yield done.said[-1]
    states = versions.partition.earlier(asked.dry)
    done.left += kept_by_bucket(out, (one for one in states if one != str(versions.pointer)))
