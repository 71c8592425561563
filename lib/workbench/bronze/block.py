"""One block of a dump: read, typed, checked, hashed, fingerprinted, staged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import numpy as np
import pyarrow as pa

from workbench.bronze.parsing import TOO_LARGE, Rules, elements_of, enforce, parse
from workbench.bronze.personal import json_at, protect
from workbench.bronze.quarantine import quarantine, refused
from workbench.bronze.reading import (
    LARGEST_DOCUMENT,
    Block,
    Documents,
    check_breadth,
    check_letters,
    named,
)
from workbench.bronze.results import INFINITE, RENAMED, Outcome, like_ours
from workbench.bronze.selecting import pruned, pruned_array
from workbench.bronze.staging import positions, stage, staged, whose
from workbench.engines import Told
from workbench.proof import Fingerprints, of_array
from workbench.schema import (
    Node,
    Path,
    conform,
    loose_paths,
    merge,
    names_of,
    walk,
    wider_types,
)
from workbench.storage import aside, relay

OF_FILE = Node("string")
WIDER = 4  # times the fields of a block itself that it is staged with, in hope that they are all


@dataclass(frozen=True)
class Task:
    """What a worker needs to read one block."""

    block: Block
    rules: Rules
    pii_key: bytes | FilePath | Told  # it is elsewhere, where a task travels
    staged_at: str  # the folder, or the address that its files are handed over to
    known: Node
    contract: Node
    twice: Mapping[int, str] = field(default_factory=dict)

    @property
    def folder(self) -> FilePath:
        """Where its documents are staged."""
        return relay.worked_in(self.staged_at)

    @property
    def key(self) -> bytes:
        """The key of the hashes."""
        return self.pii_key if isinstance(self.pii_key, bytes) else self.pii_key.read_bytes()

    @property
    def weight(self) -> int:
        """The bytes of the dump that travel with it."""
        return len(self.block.payload or b"")


def read_block(task: Task) -> Outcome:
    """Reads, types and stages one block."""
    block = task.block
    if block.cut_off:
        form = "BSON" if block.source.bson else block.source.compression
        detail = f"the {form} data ends before its end"
        return refused(task.folder, block, "cut off", f"{detail}; what comes after is missing")
    if block.too_large:
        limit = f"{block.too_large:,} bytes, and a document may have {LARGEST_DOCUMENT:,}"
        return refused(task.folder, block, TOO_LARGE, f"{limit}; only its beginning is kept here")
    documents = Documents(block)
    check_breadth(documents.as_text, block.source.path, task.rules.most_fields)
    with named(block.source.told):
        found = parse(documents, task.rules)
    parsed = enforce(documents, found, task.rules, task.contract, task.twice)
    rows, node = parsed.rows, parsed.node
    written = Node("struct")
    fingerprints: Fingerprints = {}
    left_out, taken = Counter[Path](), False
    if task.rules.selected and len(rows):
        kept = pruned(node, task.rules.selected)
        rows, node = pruned_array(rows, node, kept, left_out), kept
    check_letters(field_names(node), block.source.path)
    elements = elements_of(rows, node, task.rules.rows_of) if len(rows) else Counter()
    whole = json_at(rows, node, task.rules.personal)
    if len(rows):
        later = task.rules.expand - task.rules.beside.keys()
        rows, node = protect(rows, node, task.rules.personal, task.key, later=later)
        rows, node = without_our_names(rows, node, task.rules.reserved)
        name = task.rules.file_column
        if name and name not in node.fields:
            rows, node = with_file(rows, node, name, block.source.label)
        taken = bool(name) and node.fields[name] is not OF_FILE
        wider = merge(task.known, node)
        agrees = loose_paths(wider).keys() <= task.rules.loose.keys()
        written = wider if agrees and breadth(wider) <= WIDER * breadth(node) else node
        at = positions(documents, block.index, parsed.kept)
        types = wider_types(node, written)
        around = whose(rows, task.rules.keys, pa.array(at), types)
        fingerprints = of_array(rows, (), None, around, types)
        stage(
            staged(task.folder, block.index),
            conform(rows, node, written) if written.fields else rows,
            at,
        )
    if documents.replaced:
        mended = task.folder / "mended" / f"block-{block.index:06d}.npy"
        with aside(mended) as part, open(part, "wb") as file:
            np.save(file, documents.extents)
        relay.hand_over(mended)
    if parsed.bad:
        quarantine(task.folder, block, parsed.bad, documents)
    return Outcome(
        index=block.index,
        file=block.file,
        units=documents.units,
        places=places_of(documents),
        lone=parsed.lone,
        lists=parsed.lists,
        elements=elements,
        cast=parsed.cast,
        expanded=parsed.expanded,
        whole=whole,
        left_out=left_out,
        documents=len(documents.places),
        node=node if len(rows) else Node("struct"),
        written=written,
        fingerprints=fingerprints,
        reasons=Counter(bad.reason for bad in parsed.bad),
        repeated=parsed.repeated,
        size=block.size,
        extent=block.extent,
        check=documents.check,
        taken=taken,
        rewritten=documents.rewritten + Counter({INFINITE: parsed.infinite}),
    )


def with_file(
    rows: pa.StructArray, node: Node, name: str, label: str
) -> tuple[pa.StructArray, Node]:
    """The same with the name of their file in a column of its own, the first."""
    columns = [pa.array([label]).take(pa.array(np.zeros(len(rows), np.int32)))]
    columns += [rows.field(at) for at in range(rows.type.num_fields)]
    made = pa.StructArray.from_arrays(columns, names=[name, *names_of(rows.type)])
    return made, Node("struct", {name: OF_FILE, **node.fields})


def without_our_names(
    rows: pa.StructArray, node: Node, reserved: Collection[str]
) -> tuple[pa.StructArray, Node]:
    """The same with other names for fields that are called like columns of ours.

    RENAMED says so in the notes.
    """
    ours = {name for name in node.fields if like_ours(name, reserved)}
    if not ours:
        return rows, node
    names = {name: f"{name}{RENAMED}" if name in ours else name for name in node.fields}
    columns = [rows.field(at) for at in range(rows.type.num_fields)]
    made = pa.StructArray.from_arrays(columns, names=list(names.values()))
    return made, Node("struct", {names[name]: child for name, child in node.fields.items()})


def places_of(documents: Documents) -> int:
    """How many numbers the documents take: a last line may have no end, a line several of them."""
    last = documents.places[-1] + 1 if documents.places else 0
    return max(documents.units, last)


def field_names(node: Node) -> Iterator[str]:
    """The names of all fields."""
    return (name for path, _ in walk(node) for name in path[-1:] if isinstance(name, str))


def breadth(node: Node) -> int:
    return sum(1 for _ in walk(node))
