"""A person out of the tables of `workbench flatten`: in a folder, or at an address of a store.

The tables of arrays have the key of their document on each row; so whose they are is told by the
root table, or the flat one, in which the person is looked for.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import RequestError
from workbench.forget.partitions import (
    Mask,
    count_in,
    either,
    mask_of_columns,
    mask_of_raw,
    rewritten,
    unknown_in_columns,
    unknown_in_raw,
)
from workbench.forget.person import Field, Person, person_at
from workbench.forget.telling import counted, without_value
from workbench.lake import KEY_VARIABLE, given_key
from workbench.proof import (
    MANIFEST,
    QUARANTINED,
    Contents,
    Fingerprints,
    TablesManifest,
    Written,
    as_json,
    as_they_are,
    compare,
    file_name,
    manifest_of,
    of_folder,
)
from workbench.record import stamp
from workbench.schema import key_paths, parse_path, show, spelled
from workbench.storage import told_as

FLAT = "flat"
PARENT, POSITION = "_parent", "_pos"  # of the rows of an array's table, behind the document's key
DOCUMENT = "_document"  # the key where there was none: a document's place in the dump
GONE = "(removed: forgotten)"


@dataclass(frozen=True)
class Asked:
    """Whom to forget, by the value at a path; `dry`: nothing is changed.

    `unkeyed`: quarantined documents of which nobody can tell whose they are go too.
    """

    key: str
    path: str | None
    dry: bool = False
    unkeyed: bool = False


@dataclass
class Done:
    """What was removed, in words, and what could not be told."""

    said: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def without_person(tables: FilePath, made: FilePath, asked: Asked) -> Done:
    """Writes tables without a person to a new folder `made`; says what is not in it any more.

    Raises RequestError where these are no tables, or none that tell whose a row is. Each table that
    is written is read back, and holds what was kept.
    """
    manifest = readable(tables)
    person, columns = looked_for(tables, manifest, asked)
    root = tables / file_name(manifest.tables[0].table)
    keys = key_columns(manifest, columns)
    fields = [
        Field((name,), f.key, f.written) for name, f in zip(columns, person.fields, strict=True)
    ]
    mask = mask_of_columns(fields)
    documents = values(root, mask, keys)
    done, held = Done(), dict[str, Contents]()
    made.mkdir()
    for folder, table in tables_in(tables, manifest).items():
        whose = mask if folder == root else mask_of_keys(folder, len(keys), documents)
        gone, held[table] = rewrite(folder, made / folder.name, whose)
        if gone:
            done.said.append(f"{table}: {counted(gone, 'row')} removed")
    if unknown := count_in(batches_of(root, columns), unknown_in_columns(fields)):
        done.left.append(without_value(manifest.tables[0].table, unknown, person.fields))
    bad = quarantine_without(tables, made, person, asked, by_place(manifest, person), done)
    named = {field.key for field in person.fields}
    if any(named <= {*map(str, parse_path(path))} for path in manifest.names if path):
        done.left.append(
            "a column or table that is named by the key, as an object whose fields are ids made "
            "it. Make the tables again, with --as-map, from a dump without the person"
        )
    names = {table: column_names(folder) for folder, table in tables_in(tables, manifest).items()}
    mended = mend(manifest, person, held, names, len(documents), bad)
    (made / MANIFEST).write_text(mended.text(), encoding="utf-8")
    if not done.said and not done.left and hashed(manifest, person):
        done.left.append(
            f"anything of that key: {spelled([f.path for f in person.fields])} is hashed here, and "
            f"no row has the hash that {KEY_VARIABLE} makes now. Give it its value of then, if "
            "that was another, and forget again"
        )
    return done


def readable(tables: FilePath) -> TablesManifest:
    """The manifest of tables in Parquet. Raises RequestError where these are none."""
    manifest = manifest_of(tables)
    if manifest is None or not manifest.tables:
        raise RequestError(
            f"--out: {told_as(tables)} holds no tables of `workbench flatten`. Name the folder, or "
            "the address, that they were written to."
        )
    if any(tables.glob("*.csv")):
        raise RequestError(
            f"--out: the tables in {told_as(tables)} are CSV, whose rows are not removed one by "
            "one. Make them again from a dump without the person, with --replace."
        )
    return manifest


def tables_in(tables: FilePath, manifest: TablesManifest) -> dict[FilePath, str]:
    """The folders of all tables, the root's first, with what each is called.

    The manifest of a dump that was added last does not tell of tables that only others have.
    """
    every = [table for one in (manifest, *manifest.earlier) for table in one.tables]
    named = {file_name(one.table): one.table for one in reversed(every)}
    root = file_name(manifest.tables[0].table)
    names = sorted((p.name for p in tables.iterdir() if p.is_dir()), key=lambda n: (n != root, n))
    return {tables / name: named.get(name, name) for name in names}


def looked_for(
    tables: FilePath, manifest: TablesManifest, asked: Asked
) -> tuple[Person, list[str]]:
    """The person, and the columns of the root table, or the flat one, that tell of them.

    Raises RequestError where it has no such columns.
    """
    root = manifest.tables[0].table
    there = column_names(tables / file_name(root))
    path = asked.path or (manifest.key if manifest.key != DOCUMENT else None)
    paths = key_paths(path or "")
    names = [manifest.names.get(show(path), "") for path in paths]
    if not paths or not {*names} <= {*there}:
        said = f"--key-path: {path} is no column of {root} in {told_as(tables)}."
        none = f"--key-path: the tables in {told_as(tables)} have no key that says who somebody is."
        raise RequestError(
            f"{said if path else none} A person is found by a field of theirs that is a column of "
            f"{root}; its columns are {', '.join(there[:8])}{', ...' if there[8:] else ''}."
        )
    return person_at(asked.key, paths, given_key() or None), names


def key_columns(manifest: TablesManifest, otherwise: Sequence[str]) -> list[str]:
    """The columns of the root table, or the flat one, that tell its documents apart.

    Where it has none, those by which the person is found.
    """
    names = [manifest.names.get(show(path)) for path in key_paths(manifest.key or "")]
    return [name for name in names if name] if names and all(names) else [*otherwise]


def by_place(manifest: TablesManifest, person: Person) -> bool:
    """Whether the person is told by a place in the dump, which no document says of itself."""
    return manifest.key == DOCUMENT and [f.path for f in person.fields] == [(DOCUMENT,)]


def hashed(manifest: TablesManifest, person: Person) -> bool:
    pii = [path for one in manifest.pii for path in key_paths(one)]
    return any(f.path[: len(path)] == path for f in person.fields for path in pii)


def parts(folder: FilePath) -> list[FilePath]:
    return sorted(folder.glob("*.parquet"))


def column_names(folder: FilePath) -> list[str]:
    return list(pq.read_schema(parts(folder)[0]).names)


def texts(batch: pa.RecordBatch, names: Sequence[str]) -> pa.Array:
    """Some columns as one text a row, the same for the same values."""
    columns = [pc.fill_null(batch[name].cast(pa.string()), "") for name in names]
    lengths = [pc.utf8_length(column).cast(pa.string()) for column in columns]
    return pc.binary_join_element_wise(*lengths, *columns, "/")


def values(root: FilePath, mask: Mask, keys: Sequence[str]) -> pa.Array:
    """The keys of the documents of the mask, each once."""
    wanted = list({*mask.columns, *keys})
    found = [texts(batch.filter(mask(batch)), keys) for batch in batches_of(root, wanted)]
    return pc.unique(pa.chunked_array(found, pa.string()))


def batches_of(folder: FilePath, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of the rows of a table."""
    for part in parts(folder):
        yield from pq.ParquetFile(part).iter_batches(columns=list(columns))


def mask_of_keys(folder: FilePath, keys: int, documents: pa.Array) -> Mask:
    """The rows of an array's table that are of some documents: their key stands first on each."""
    names = column_names(folder)[:keys]
    return Mask(frozenset(names), lambda batch: pc.is_in(texts(batch, names), documents))


def rewrite(source: FilePath, target: FilePath, mask: Mask) -> tuple[int, Contents]:
    """Writes a table without the rows of the mask; how many those were, and what is in it now."""
    target.mkdir()
    there, kept = 0, Contents()
    for part in parts(source):
        there += pq.read_metadata(part).num_rows
        for rest in rewritten(part, target / part.name, mask):
            kept += as_they_are(rest.to_struct_array())
    (held,) = of_folder(target, as_they_are)
    compare(kept.leaves, held.leaves, f"The table {source.name}")
    return there - held.rows[()], held


def quarantine_without(
    tables: FilePath, made: FilePath, person: Person, asked: Asked, placed: bool, done: Done
) -> Counter[str]:
    """Writes the quarantine without a person's documents; what is in it then, by reason."""
    source, target = tables / QUARANTINED, made / QUARANTINED
    if not source.exists():
        return Counter()
    mask = Mask(frozenset(), lambda batch: pa.array([False] * batch.num_rows))
    if not placed:
        mask, unknown = mask_of_raw(person), unknown_in_raw(person)
        mask = either(mask, unknown) if asked.unkeyed else mask
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600))
    before, reasons, silent = pq.read_metadata(source).num_rows, Counter[str](), 0
    for rest in rewritten(source, target, mask):
        reasons.update(rest["reason"].to_pylist())
        silent += 0 if placed else pc.sum(unknown(rest)).as_py() or 0
    if gone := before - reasons.total():
        done.said.append(f"{QUARANTINED}: {counted(gone, 'document')} removed")
    if silent:
        done.left.append(
            f"{QUARANTINED}: {counted(silent, 'document')} of which nobody can tell whose they "
            "are. --unkeyed removes all of those"
        )
    if not reasons:
        target.unlink()
    return reasons


def mend(
    manifest: TablesManifest,
    person: Person,
    held: dict[str, Contents],
    names: dict[str, list[str]],
    gone: int,
    bad: Counter[str],
) -> TablesManifest:
    """The manifest of what is there now; the dumps that it was made from keep their names."""
    every = [manifest, *manifest.earlier]
    good = sum(one.documents - sum(one.quarantined.values()) for one in every) - gone
    tables = [mended(table, names[table], of) for table, of in held.items()]
    found: Fingerprints = {
        (table, *path): print_ for table, of in held.items() for path, print_ in of.leaves.items()
    }
    return replace(
        manifest,
        documents=good + bad.total(),
        quarantined=dict(sorted(bad.items())),
        tables=tables,
        leaves=sum(one.leaves for one in tables),
        fingerprints=as_json(found),
        notes=[GONE if person.token.search(note) else note for note in manifest.notes],
        earlier=[
            replace(
                one, documents=0, quarantined={}, tables=[], leaves=0, fingerprints={}, notes=[]
            )
            for one in manifest.earlier
        ],
        forgotten=stamp(datetime.now(UTC)),
    )


def mended(table: str, names: list[str], held: Contents) -> Written:
    own = {*names[: names.index(POSITION) + 1]} if PARENT in names and POSITION in names else set()
    own |= {DOCUMENT}
    counts = (print_.count for path, print_ in held.leaves.items() if path and path[0] not in own)
    return Written(table, held.rows[()], len(names), sum(counts))
