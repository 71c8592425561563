"""A lake on a store registered in a catalog: what that has to say, and how it comes to say it.

The lake is right, the catalog follows. Whoever has published looks at the whole table, puts right
what differs, and looks again: so what a killed run has left is mended by the next, and of two that
write at once the last one sees what both have done.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import pyarrow.parquet as pq

from workbench.catalog import (
    KINDS,
    NONE,
    PLACE,
    REGISTERED,
    TABLES,
    VARIABLE,
    Catalog,
    Entry,
    check_pattern,
    comments,
    differences,
    kept_types,
    merged,
    of_files,
    partition_input,
    table_input,
)
from workbench.errors import LakeError, RequestError, ServiceError, StorageError, Taken
from workbench.lake.versions import Versions
from workbench.proof import Manifest
from workbench.storage import AT_ONCE, Store, store_of

NOTE = (".workbench", "catalog")  # the object of a lake that says which databases are its own
ROUNDS = 10  # in which what others do at the same time comes to rest
PAUSE = 0.05  # seconds, doubled from round to round, by chance shorter


class OfVersions(Protocol):
    """What is asked of a lake on a store."""

    root: Store

    def tables(self, layer: str) -> list[str]: ...
    def versions(self, layer: str, table: str, ingestion_date: str) -> Versions: ...
    def manifest(
        self, layer: str, table: str, ingestion_date: str, kind: type[Manifest]
    ) -> Manifest: ...


@dataclass
class Plan:
    """What the catalog says otherwise than the lake, in words, and what puts it right."""

    said: list[str] = field(default_factory=list)
    actions: list[Callable[[], None]] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, said: str, action: Callable[[], None]) -> None:
        self.said.append(said)
        self.actions.append(action)


def catalog_of(lake: OfVersions, *, remember: bool = True) -> Catalog | None:
    """The catalog that a lake is registered in: as asked, or as it was the last time; or None.

    With `remember` the lake keeps what is asked. Raises RequestError where that is another than it
    remembers.
    """
    asked = os.environ.get(VARIABLE, "")
    if asked == NONE:
        return None
    kept = kept_pattern(lake, check_pattern(asked) if asked and remember else "")
    if asked and kept not in (None, asked):
        raise RequestError(
            f"--catalog: the lake {lake.root} is registered as {kept!r}, and {asked!r} is asked "
            f"for. Leave it out; or, to have it in other databases from now on, remove "
            f"{lake.root.join(*NOTE)} first: those of before then stay as they are."
        )
    pattern = asked or kept
    return Catalog(pattern) if pattern else None


def kept_pattern(lake: OfVersions, new: str) -> str | None:
    """What a lake remembers; where there is nothing, what is `new`."""
    note = lake.root.join(*NOTE)
    if new:
        try:
            note.create(new.encode())
        except Taken:
            return note.read().decode()
        return new
    found = note.tagged()
    return found[0].decode() if found else None


def check_catalog(lake: OfVersions) -> None:
    """Raises ServiceError where the tables of a lake could not be registered, and why."""
    catalog = catalog_of(lake)
    if catalog is None:
        return
    for layer in REGISTERED:
        check_database(lake, catalog, layer)
        for name in (t.partition(".")[2] for t in TABLES if t.startswith(f"{layer}.")):
            check_own(catalog.table(layer, name), home(lake, layer, name), catalog)


def check_database(lake: OfVersions, catalog: Catalog, layer: str) -> None:
    if not catalog.has(layer):
        raise ServiceError(
            f"catalog: there is no database {catalog.database(layer)}. Terraform makes it "
            "(terraform/README.md), and so does `workbench aws catalog --lake "
            f"{lake.root} --catalog '{catalog.pattern}'`."
        )


def check_own(there: Mapping[str, Any] | None, place: str, catalog: Catalog) -> None:
    """Raises ServiceError where a table of the catalog is another's than this lake's."""
    if there is None:
        return
    location = (there.get("StorageDescriptor") or {}).get("Location", "")
    if there.get("Parameters", {}).get(PLACE, location).rstrip("/") != place.rstrip("/"):
        raise ServiceError(
            f"catalog: {there['DatabaseName']}.{there['Name']} is another's: it stands at "
            f"{location or 'no place'}, not at {place}. It stays as it is. Name other databases "
            "for this lake, with --catalog, or take that table away."
        )


def home(lake: OfVersions, layer: str, table: str) -> str:
    return f"{lake.root.join(layer, table)}/"


def register(lake: OfVersions, layer: str, table: str) -> None:
    """Has the catalog say of a table what the lake has, where that is in one.

    Raises LakeError, saying what is behind and how to mend it, where it cannot.
    """
    if layer not in REGISTERED:
        return
    try:
        catalog = catalog_of(lake)
        if catalog is not None:
            put_right(lake, catalog, layer, table, trusting=True)
    except (ServiceError, StorageError) as error:
        raise LakeError(
            f"{layer}.{table} is published, but the catalog does not say so, and Athena reads "
            f"what was there before. {error} When that is mended, `workbench aws catalog --lake "
            f"{lake.root}` puts the catalog right; so does the next run."
        ) from error


def put_right(
    lake: OfVersions, catalog: Catalog, layer: str, table: str, *, trusting: bool = False
) -> list[str]:
    """Has the catalog say of a table what the lake has; gives what it said otherwise before."""
    said: list[str] | None = None
    for turn in range(ROUNDS):
        try:
            plan = planned(lake, catalog, layer, table, trusting=trusting)
        except FileNotFoundError:  # a version that was replaced while it was looked at
            continue
        said = plan.said if said is None else said
        if not plan.actions:
            return said
        for action in plan.actions:
            action()
        time.sleep(random.uniform(0, PAUSE * 2**turn) if turn else 0)
    raise ServiceError(
        f"catalog: {catalog.database(layer)}.{table} is changed by others all the time. Run again."
    )


def tables_of(lake: OfVersions, catalog: Catalog) -> tuple[list[tuple[str, str]], list[str]]:
    """The tables to be in step, layer and name; and what else stands over the lake's files."""
    own, strays = [], []
    for layer in REGISTERED:
        there = lake.tables(layer)
        for table in catalog.tables(layer) if catalog.has(layer) else []:
            location = (table.get("StorageDescriptor") or {}).get("Location", "")
            mark = table.get("Parameters", {}).get(PLACE)
            if table["Name"] not in there and mark == home(lake, layer, table["Name"]):
                there.append(table["Name"])  # one whose last date was taken away
            elif table["Name"] not in there and f"{location}/".startswith(f"{lake.root}/"):
                strays.append(f"{table['DatabaseName']}.{table['Name']}")
        own += [(layer, name) for name in sorted(there)]
    return own, strays


def planned(
    lake: OfVersions, catalog: Catalog, layer: str, table: str, *, trusting: bool = False
) -> Plan:
    """What is to be put right of a table. With `trusting`, a partition that the catalog knows at
    its place is taken to have the types that were kept of it there; else its files are looked at.
    """
    place, plan = home(lake, layer, table), Plan()
    there = catalog.table(layer, table)
    if there is None:
        check_database(lake, catalog, layer)
    check_own(there, place, catalog)
    now = catalog.partitions(layer, table) if there else {}
    entries = entries_of(lake, layer, table, now if trusting else {})
    name = f"{catalog.database(layer)}.{table}"
    plan.left_out = list(dict.fromkeys(path for e in entries for path in e.columns.left_out))
    if entries:
        plan_table(lake, catalog, layer, table, there, entries, plan)
    types = merged([entry.columns.types for entry in entries]) if entries else {}
    for entry in entries:
        put = partition_input(entry, types)
        known = now.get(entry.day)
        told = differences(known, put) if known else ["it is not there"]
        if known and kept_types(known) != entry.columns and not told:
            told = ["what it keeps of its files' types is not what they have"]
        if told:
            act = partial(catalog.put_partition, layer, table, put, known is None)
            plan.add(f"{name} {entry.day}: {'; '.join(told)}", act)
    gone = sorted(now.keys() - {entry.day for entry in entries})
    if gone:
        values = [now[day]["Values"] for day in gone]
        act = partial(catalog.drop_partitions, layer, table, values)
        plan.add(f"{name} {', '.join(gone)}: there is no such partition in the lake", act)
    return plan


def plan_table(
    lake: OfVersions,
    catalog: Catalog,
    layer: str,
    table: str,
    there: dict[str, Any] | None,
    entries: list[Entry],
    plan: Plan,
) -> None:
    types = merged([entry.columns.types for entry in entries])
    full, place = f"{layer}.{table}", home(lake, layer, table)
    put = table_input(table, types, place, (TABLES.get(full, ""), {}), plan.left_out)
    told = differences(there, put) if there else ["it is not there"]
    if not told:
        return

    def act() -> None:
        words = TABLES.get(full, ""), words_of(lake, layer, table, entries[-1].day)
        catalog.put_table(layer, table_input(table, types, place, words, plan.left_out), there)

    plan.add(f"{catalog.database(layer)}.{table}: {'; '.join(told)}", act)


def words_of(lake: OfVersions, layer: str, table: str, day: str) -> dict[str, str]:
    """Comments by column; of a manifest that no run of ours has written, none."""
    full = f"{layer}.{table}"
    try:
        return comments(full, lake.manifest(layer, table, day, KINDS.get(full, Manifest)))
    except LakeError:
        return {}


def entries_of(
    lake: OfVersions, layer: str, table: str, known: Mapping[str, Mapping[str, Any]]
) -> list[Entry]:
    """What the catalog has to say of each partition, the oldest first."""
    start = "ingestion_date="
    names = lake.root.join(layer, table).folders()
    days = sorted(name.removeprefix(start) for name in names if name.startswith(start))
    with ThreadPoolExecutor(AT_ONCE) as asked:
        one = partial(entry_of, lake, layer, table, known)
        return [found for found in asked.map(one, days) if found]


def entry_of(
    lake: OfVersions, layer: str, table: str, known: Mapping[str, Mapping[str, Any]], day: str
) -> Entry | None:
    """One partition; None where none is published."""
    versions = lake.versions(layer, table, day)
    now = versions.current()
    if now is None:
        return None
    place = f"{versions.place(now.version)}/"
    there = known.get(day, {})
    if there.get("StorageDescriptor", {}).get("Location") == place:
        columns = kept_types(dict(there))
        if columns is not None:
            return Entry(day, place, columns)
    files = [f"{place}{name}" for name in sorted(now.files) if name.endswith(".parquet")]
    return Entry(day, place, of_files([footer(file) for file in files]))


def footer(file: str) -> pq.FileMetaData:
    """What the end of a Parquet file says of it; nothing else of it is read."""
    with store_of(file).open() as stream:
        return pq.read_metadata(stream)
