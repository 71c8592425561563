"""What is known of a dump once it was read: of each block of it, and of the whole."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from workbench.bronze.personal_names import tells_a_person
from workbench.bronze.reading import Source
from workbench.proof import Fingerprint, Fingerprints
from workbench.schema import Node, show, walk

POSITION = "__workbench_position"
BIT = 32  # a position is the block's index shifted by this, plus the place in the block
LISTED = 5  # names of files in a note
SEVERAL_KINDS = "values of several kinds, kept as JSON text"
PASSED_OVER = "in the folder, but not read, for only names of JSON are; name it to read it"
WITHOUT_VALUE = "named in the contract, but without a value in this dump"
NAMED = "fields named by what looks personal (e-mail, IP, CPF, phone); names are not hashed"


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
            f"{show(path)}: {SEVERAL_KINDS}"
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
