"""One pass over a dump: check, type, fingerprint and stage every document.

Worker processes take blocks of documents; each writes its documents as typed Parquet and its bad
documents with their reasons, and reports the schema and the fingerprints. Memory is bounded by
the blocks under way, whatever the size of the dump. Where a conflict of types comes up that the
blocks before did not know of, the pass is made once more with what it has learned.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    ThreadPoolExecutor,
)
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.contract import enforce
from workbench.decoding import Bad
from workbench.documents import BLOCK, LARGEST_DOCUMENT, Block, Documents, blocks
from workbench.errors import RequestError, SourceError
from workbench.fingerprint import Fingerprint, Fingerprints, as_kind, together
from workbench.fingerprint_arrow import of_array
from workbench.parse import Rules, parse
from workbench.personal import protect
from workbench.personal_names import tells_a_person
from workbench.schema import (
    Node,
    Path,
    arrow_type,
    conform,
    loose_paths,
    merge,
    parse_path,
    show,
    walk,
)
from workbench.sources import Source, find, passed_over
from workbench.workers import Pool

POSITION = "__workbench_position"
BIT = 32  # a position is the block's index shifted by this, plus the place in the block
LISTED = 5  # names of files in a note
PASSED_OVER = "in the folder, but not read, for only names of JSON are; name it to read it"
WITHOUT_VALUE = "named in the contract, but without a value in this dump"
NAMED = "fields named by what looks personal (e-mail, IP, CPF, phone); names are not hashed"
WIDER = 4  # times the fields of a block itself that it is staged with, in hope that they are all
QUARANTINE = pa.schema(
    [
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("source_file", pa.string()),
        ("position", pa.int64()),
        ("raw", pa.string()),
        ("byte_offset", pa.int64()),  # in what the file holds, where it is compressed
    ]
)


@dataclass(frozen=True)
class Task:
    """What a worker needs to read one block."""

    block: Block
    rules: Rules
    pii_key: bytes
    folder: FilePath
    known: Node
    contract: Node


@dataclass
class Outcome:
    """What a worker reports of one block. `written` is the type of its staged file."""

    index: int
    file: int
    units: int
    documents: int
    node: Node
    written: Node
    fingerprints: Fingerprints
    reasons: Counter[str]
    repeated: int
    size: int = 0  # bytes


@dataclass
class Scan:
    """A dump that was read whole.

    documents = good + the sum of `reasons`. `schema` and `fingerprints` are of the good ones.
    `folder` holds their rows as Parquet, with the column POSITION that orders them.
    """

    sources: list[Source]
    digests: dict[str, str]
    schema: Node
    fingerprints: Fingerprints
    documents: int
    good: int
    reasons: Counter[str]
    repeated: int
    folder: FilePath
    key: str
    block_size: int
    passed_over: list[str] = field(default_factory=list)  # files of the folders, not read
    contract: Node = field(repr=False, default_factory=lambda: Node("struct"))
    bases: dict[int, tuple[int, int]] = field(repr=False, default_factory=dict)
    starts: dict[int, int] = field(repr=False, default_factory=dict)  # places before each block

    def notes(self) -> list[str]:
        """What a reader should know of how the documents were read."""
        said = [
            f"{show(path)}: values of several kinds, kept as JSON text"
            for path, node in walk(self.schema)
            if node.kind == "text"
        ]
        if self.repeated:
            said.append(f"{self.repeated} keys stood twice in one object; the last value won")
        if self.passed_over:
            names = ", ".join(os.path.basename(path) for path in self.passed_over[:LISTED])
            more = len(self.passed_over) - LISTED
            names += f" and {more} more" if more > 0 else ""
            said.append(f"{names}: {PASSED_OVER}")
        said += [
            f"{show(path)}: {WITHOUT_VALUE}"
            for path, node in walk(self.contract)
            if path and not node.fields and node.item is None
            if not self.fingerprints.get(path, Fingerprint()).count
        ]
        return said + [
            f"{show(path) or 'documents'}: {NAMED}"
            for path, node in walk(self.schema)
            if any(map(tells_a_person, node.fields))
        ]

    def position(self, encoded: int) -> tuple[str, int]:
        """File and line (or ordinal), from 1, of a staged row."""
        file, base = self.bases[encoded >> BIT]
        return self.sources[file].path, base + (encoded & ((1 << BIT) - 1)) + 1


def scan(
    sources: list[str],
    folder: FilePath,
    *,
    key: str | None = "_id",
    pii: Iterable[str] = (),
    pii_key: bytes = b"",
    contract: Node | None = None,
    block_size: int = BLOCK,
    workers: int | None = None,
) -> Scan:
    """Reads every document of the sources and stages the good ones in `folder`.

    With `key=None` a document needs none; its position tells it apart. `contract` fixes types: a
    document that does not fit is bad, with reason `contract`.

    Cost: one pass over the bytes, in parallel (two when types conflict); memory some ten times
    `block_size` per worker. Raises RequestError for a source that is not there, SourceError
    where a file is not JSON text or the key is not a single value.
    """
    found = find(sources)
    for part in ("documents", "bad", "mended"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    agreed = contract or Node("struct")
    personal = frozenset(parse_path(p) for p in pii)
    rules = Rules(parse_path(key or ""), loose_paths(agreed), personal)
    total = sum(s.bytes for s in found)
    compressed = any(s.compression != "none" for s in found)
    alone = total <= 2 * block_size and not compressed
    with ThreadPoolExecutor(1) as digester:
        digests = digester.submit(lambda: {s.path: sha256(s.path) for s in found})
        with Pool(0 if alone else workers or os.cpu_count() or 1) as pool:
            outcomes, schema = one_pass(pool, found, rules, pii_key, folder, block_size, agreed)
            loose = loose_paths(schema)
            if loose.keys() - rules.loose.keys():
                rules = Rules(rules.key, loose, rules.personal)
                outcomes, schema = one_pass(pool, found, rules, pii_key, folder, block_size, agreed)
            if key is not None:
                check_key(schema, rules.key)
            if schema.fields:
                for _ in pool.each(restage, regrouped(outcomes, schema, folder, block_size // 2)):
                    pass
        merged = together(o.fingerprints for o in outcomes)
        bases, starts, units = {}, {}, Counter[int]()
        for outcome in outcomes:
            bases[outcome.index] = (outcome.file, units[outcome.file])
            starts[outcome.index] = units.total()
            units[outcome.file] += outcome.units
        reasons = sum((o.reasons for o in outcomes), Counter[str]())
        documents = sum(o.documents for o in outcomes)
        return Scan(
            sources=found,
            digests=digests.result(),
            schema=schema,
            fingerprints=of_leaves(merged, schema),
            documents=documents,
            good=documents - sum(reasons.values()),
            reasons=reasons,
            repeated=sum(o.repeated for o in outcomes),
            folder=folder,
            key=key or "",
            block_size=block_size,
            passed_over=passed_over(sources, found),
            contract=agreed,
            bases=bases,
            starts=starts,
        )


def one_pass(
    pool: Pool,
    sources: list[Source],
    rules: Rules,
    pii_key: bytes,
    folder: FilePath,
    size: int,
    contract: Node,
) -> tuple[list[Outcome], Node]:
    """Every block read once; the outcomes in order and the schema of contract and documents."""
    known = contract
    outcomes: list[Outcome] = []

    def tasks() -> Iterator[tuple[Task]]:
        for block in blocks(sources, size):
            yield (Task(block, rules, pii_key, folder, known, contract),)

    for outcome in pool.each(read_block, tasks()):
        outcomes.append(outcome)
        known = merge(known, outcome.node)
    outcomes.sort(key=lambda o: o.index)
    schema = contract
    for outcome in outcomes:
        schema = merge(schema, outcome.node)
    return outcomes, schema


def read_block(task: Task) -> Outcome:
    """Reads, types and stages one block."""
    block = task.block
    if block.cut_off:
        detail = f"the {block.source.compression} data ends before its end"
        return refused(task, "cut off", f"{detail}; what comes after is missing")
    if block.too_large:
        limit = f"{block.too_large:,} bytes, and a document may have {LARGEST_DOCUMENT:,}"
        return refused(task, "too large", f"{limit}; only its beginning is kept here")
    documents = Documents(block)
    parsed = enforce(documents, parse(documents, task.rules), task.rules, task.contract)
    rows, node = parsed.rows, parsed.node
    written = Node("struct")
    if len(rows):
        if any(name == POSITION for name in node.fields):
            raise SourceError(
                f"{block.source.path} has a field {POSITION}, which is the workbench's own name. "
                "Rename the field in the dump."
            )
        rows, node = protect(rows, node, task.rules.personal, task.pii_key)
        wider = merge(task.known, node)
        agrees = loose_paths(wider).keys() <= task.rules.loose.keys()
        written = wider if agrees and breadth(wider) <= WIDER * breadth(node) else node
        stage(
            task.folder,
            block.index,
            conform(rows, node, written) if written.fields else rows,
            positions(documents, block.index, parsed.kept),
        )
    if documents.replaced:
        np.save(task.folder / "mended" / f"block-{block.index:06d}.npy", documents.extents)
    if parsed.bad:
        quarantine(task.folder, block, parsed.bad, documents)
    return Outcome(
        index=block.index,
        file=block.file,
        units=documents.units,
        documents=len(documents.places),
        node=node if len(rows) else Node("struct"),
        written=written,
        fingerprints=of_array(rows) if len(rows) else {},
        reasons=Counter(bad.reason for bad in parsed.bad),
        repeated=parsed.repeated,
        size=block.size,
    )


def breadth(node: Node) -> int:
    return sum(1 for _ in walk(node))


def refused(task: Task, reason: str, detail: str) -> Outcome:
    """A piece of a file that is not looked into stands in quarantine as one document."""
    block, none = task.block, Node("struct")
    text = (block.payload or b"").decode(errors="backslashreplace")
    row = [[reason], [detail], [block.source.path], [1], [text], [block.start]]
    write_quarantine(task.folder, block.index, pa.table(row, schema=QUARANTINE))
    return Outcome(block.index, block.file, 1, 1, none, none, {}, Counter([reason]), 0)


def positions(documents: Documents, index: int, kept: list[int]) -> np.ndarray[Any, Any]:
    """Where the kept documents stand in the whole dump."""
    return (index << BIT) + np.array(documents.places, dtype=np.int64)[kept]


def stage(folder: FilePath, index: int, rows: pa.StructArray, at: np.ndarray[Any, Any]) -> None:
    names = [f.name for f in rows.type]
    table = pa.table([*rows.flatten(), pa.array(at)], names=[*names, POSITION])
    # Read once and soon, whole: dictionaries and statistics would only cost time.
    pq.write_table(
        table,
        staged(folder, index),
        compression="lz4",
        use_dictionary=False,
        write_statistics=False,
    )


def staged(folder: FilePath, index: int) -> FilePath:
    return folder / "documents" / f"block-{index:06d}.parquet"


def regrouped(
    outcomes: list[Outcome], schema: Node, folder: FilePath, size: int
) -> Iterator[tuple[FilePath, dict[int, Node], Node]]:
    """What is to be staged again: blocks in another type, and small neighbours, as one file.

    A file costs what its columns cost, however few its rows: many small ones, each with fields
    of its own, would make their number times the columns of all.
    """
    want = arrow_type(schema)
    groups: list[list[Outcome]] = []
    room = 0
    for outcome in outcomes:
        if outcome.documents == outcome.reasons.total():
            continue
        room -= outcome.size
        if room < 0 or not groups:
            groups.append([])
            room = size - outcome.size
        groups[-1].append(outcome)
    for group in groups:
        if len(group) > 1 or arrow_type(group[0].written) != want:
            yield folder, {o.index: o.written for o in group}, schema


def restage(folder: FilePath, group: dict[int, Node], want: Node) -> None:
    """The staged files of neighbours, given with their types, as one in that of the whole dump."""
    kind = arrow_type(want)
    parts, at = [], []
    for index, have in group.items():
        table = pq.ParquetFile(staged(folder, index)).read()
        at.append(table[POSITION].to_numpy())
        rows = table.drop_columns([POSITION]).to_struct_array()
        rows = rows.combine_chunks() if isinstance(rows, pa.ChunkedArray) else rows
        parts.append(conform(rows, have, want, kind))
        staged(folder, index).unlink()
    stage(folder, min(group), pa.concat_arrays(parts), np.concatenate(at))


def quarantine(folder: FilePath, block: Block, bad: list[Bad], documents: Documents) -> None:
    """The bad documents of a block; positions count from the block's start until the end."""
    table = pa.table(
        [
            [b.reason for b in bad],
            [b.detail for b in bad],
            [block.source.path] * len(bad),
            [documents.positions[b.at] + 1 for b in bad],
            [documents.texts[b.at].decode(errors="backslashreplace") for b in bad],
            [documents.offsets[b.at] for b in bad],
        ],
        schema=QUARANTINE,
    )
    write_quarantine(folder, block.index, table)


def write_quarantine(folder: FilePath, index: int, table: pa.Table) -> None:
    pq.write_table(table, folder / "bad" / f"block-{index:06d}.parquet", compression="zstd")


def quarantined(scan: Scan, superseded: set[int]) -> Iterator[pa.Table]:
    """All quarantined documents in tables of one block each: the bad, then the superseded.

    Superseded rows are given by their staged positions; their text is fetched from the source.
    """
    for part in sorted((scan.folder / "bad").iterdir()):
        table = pq.read_table(part, partitioning=None)
        base = scan.bases[int(part.stem.removeprefix("block-"))][1]
        moved = pa.array([p + base for p in table["position"].to_pylist()], pa.int64())
        yield table.set_column(3, QUARANTINE.field(3), moved)
    if not superseded:
        return
    wanted: dict[int, set[int]] = {}
    for encoded in superseded:
        wanted.setdefault(encoded >> BIT, set()).add(encoded & ((1 << BIT) - 1))
    for block in blocks(scan.sources, scan.block_size):
        places = wanted.get(block.index)
        if not places:
            continue
        all_of = Documents(block)
        mended = scan.folder / "mended" / f"block-{block.index:06d}.npy"
        if mended.exists():
            all_of.replace(np.load(mended))
        rows = [i for i, place in enumerate(all_of.places) if place in places]
        base = scan.bases[block.index][1]
        yield pa.table(
            [
                ["superseded"] * len(rows),
                [f"a later document has the same {scan.key}"] * len(rows),
                [block.source.path] * len(rows),
                [base + all_of.positions[i] + 1 for i in rows],
                [all_of.texts[i].decode() for i in rows],
                [all_of.offsets[i] for i in rows],
            ],
            schema=QUARANTINE,
        )


def of_leaves(found: Fingerprints, schema: Node) -> Fingerprints:
    """One fingerprint per leaf of the whole dump, in its order.

    An object that was empty in some blocks, and has fields in others, is no leaf.
    """
    return {
        path: as_kind(found.get(path, Fingerprint()), node.kind)
        for path, node in walk(schema)
        if path and node.kind != "list" and not node.fields
    }


def check_key(schema: Node, key: Path) -> None:
    """Raises RequestError where the key is not one value."""
    node = schema
    for name in key:
        node = node.fields.get(str(name), Node())
    if node.kind in ("struct", "list"):
        raise RequestError(
            f"key: {show(key)} is {'an object' if node.kind == 'struct' else 'an array'} in this "
            "dump, and a key is one value per document. Name a field inside it, or another."
        )


def sha256(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
