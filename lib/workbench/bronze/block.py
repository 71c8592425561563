"""One block of a dump: read, typed, checked, hashed, fingerprinted, staged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.bronze.parsing import INVALID, TOO_LARGE, Rules, elements_of, enforce, parse
from workbench.bronze.personal import json_at, protect
from workbench.bronze.quarantine import quarantine, refused
from workbench.bronze.reading import (
    LARGEST_DOCUMENT,
    Block,
    Documents,
    check_letters,
    is_wide,
    named,
    too_wide,
    widest,
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


@dataclass(frozen=True)
class Accepted:
    """The good documents of a block as they will be staged, and what was seen of them on the way.

    `taken`: whether the name for the column of files is that of a field.
    """

    rows: pa.StructArray
    node: Node = field(default_factory=lambda: Node("struct"))
    elements: Counter[tuple[Path, str]] = field(default_factory=Counter)
    whole: set[Path] = field(default_factory=set)
    left_out: Counter[Path] = field(default_factory=Counter)
    taken: bool = False


def read_block(task: Task) -> Outcome:
    """Reads, types and stages one block."""
    block = task.block
    if block.cut_off or block.too_large:
        return unread(task)
    documents = Documents(block)
    rules = narrow_where_wide(documents, task.rules)
    with named(block.source.told):
        found = parse(documents, rules)
    parsed = enforce(documents, found, rules, task.contract, task.twice)
    accepted = accept(task, parsed.rows, parsed.node, parsed.left_out)
    at = positions(documents, block.index, parsed.kept)
    written, fingerprints = stage_rows(task, accepted, at)
    if documents.replaced:
        keep_places(task, documents)
    if parsed.bad:
        quarantine(task.folder, block, parsed.bad, documents)
    return Outcome(
        index=block.index,
        file=block.file,
        units=documents.units,
        places=places_of(documents),
        lone=parsed.lone,
        lists=parsed.lists,
        elements=accepted.elements,
        cast=parsed.cast,
        expanded=parsed.expanded,
        whole=accepted.whole,
        left_out=accepted.left_out,
        documents=len(documents.places),
        node=accepted.node,
        written=written,
        fingerprints=fingerprints,
        reasons=Counter(bad.reason for bad in parsed.bad),
        repeated=parsed.repeated,
        size=block.size,
        extent=block.extent,
        check=documents.check,
        taken=accepted.taken,
        rewritten=documents.rewritten + Counter({INFINITE: parsed.infinite}),
    )


def unread(task: Task) -> Outcome:
    """A block of the rest of damaged data, or of the beginning of a document that is too large."""
    block = task.block
    if block.cut_off:
        form = "BSON" if block.source.bson else block.source.compression
        detail = f"the {form} data ends before its end"
        return refused(task.folder, block, "cut off", f"{detail}; what comes after is missing")
    reason, why = TOO_LARGE, f"and a document may have {LARGEST_DOCUMENT:,}"
    if block.too_large <= LARGEST_DOCUMENT:  # its end was looked for in as many
        reason, why = INVALID, "to where the next document was found behind it"
    detail = f"{block.too_large:,} bytes, {why}; only its beginning is kept here"
    return refused(task.folder, block, reason, detail)


def narrow_where_wide(documents: Documents, rules: Rules) -> Rules:
    """The rules for documents of many fields: what is not selected goes before they are typed.

    And with it goes what is to hold of it. Raises BoundExceeded where all is selected.
    """
    if not is_wide(documents.as_text, rules.most_fields):
        return rules
    if not rules.selected:
        raise too_wide(documents.path, rules.most_fields, widest(documents.texts))
    held = [rule for rule in rules.held if rules.selected.keeps(rule.path)]
    return replace(rules, narrow=True, held=held)


def accept(task: Task, rows: pa.StructArray, node: Node, left_out: Counter[Path]) -> Accepted:
    """What is left of documents that hold, after what is excluded; personal values are hashed."""
    if not len(rows):
        return Accepted(rows)
    block, rules = task.block, task.rules
    if rules.selected:
        kept = pruned(node, rules.selected)
        rows, node = pruned_array(rows, node, kept, left_out), kept
    check_letters(field_names(node), block.source.path)
    elements = elements_of(rows, node, rules.rows_of)
    whole = json_at(rows, node, rules.personal)
    later = rules.expand - rules.beside.keys()
    rows, node = protect(rows, node, rules.personal, task.key, later=later)
    rows, node = without_our_names(rows, node, rules.reserved)
    name = rules.file_column
    if name and name not in node.fields:
        rows, node = with_file(rows, node, name, block.source.label)
    taken = bool(name) and node.fields[name] is not OF_FILE
    return Accepted(rows, node, elements, whole, left_out, taken)


def stage_rows(
    task: Task, accepted: Accepted, at: np.ndarray[Any, Any]
) -> tuple[Node, Fingerprints]:
    """The schema in which rows were staged, and the fingerprints of what they hold in it.

    It is that of the blocks before too, where they agree: then nothing is staged twice.
    """
    rows, node = accepted.rows, accepted.node
    if not len(rows):
        return Node("struct"), {}
    wider = merge(task.known, node)
    agrees = loose_paths(wider).keys() <= task.rules.loose.keys()
    written = wider if agrees and breadth(wider) <= WIDER * breadth(node) else node
    types = wider_types(node, written)
    around = whose(rows, task.rules.keys, pa.array(at), types)
    fingerprints = of_array(rows, (), None, around, types)
    rows = conform(rows, node, written) if written.fields else rows
    stage(staged(task.folder, task.block.index), rows, at)
    return written, fingerprints


def keep_places(task: Task, documents: Documents) -> None:
    """Where the documents of a block stand in its file, which its text no longer tells."""
    mended = task.folder / "mended" / f"block-{task.block.index:06d}.npy"
    with aside(mended) as part, open(part, "wb") as file:
        np.save(file, documents.extents)
    relay.hand_over(mended)


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
