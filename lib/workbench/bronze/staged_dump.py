"""The one road from a dump to staged, typed rows: what is asked, and what comes of it.

The chain and `workbench flatten` both take it; what each needs is said in the request.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Self

from pyspark.sql import types as T

from workbench.bronze.maps import as_maps
from workbench.bronze.reading import MOST_FIELDS, MOST_KEYS, ROOT
from workbench.bronze.results import SEVERAL_KINDS, Scan
from workbench.bronze.scanning import scan
from workbench.bronze.spread import spread_staged
from workbench.errors import UnknownPath
from workbench.flatten import DOCUMENT
from workbench.proof import (
    Asked,
    Fingerprint,
    Fingerprints,
    Reading,
    SourceFile,
    compare,
    leaves,
)
from workbench.schema import (
    AT,
    ITEM,
    Node,
    Path,
    chosen_types,
    parse_path,
    read_contract,
    show,
    struct_type,
    walk,
)
from workbench.stored import stored_fields


@dataclass(frozen=True)
class DumpRequest:
    """What is to be read, and how.

    `key` is a path, several with commas between, or `position`, as where it is empty: then the
    place of a document in the dump tells it apart. `explode` are
    the arrays that rows are to be made of, `as_map` the objects whose fields are ids, `pii` the
    paths whose values are hashed; `contract` is a file that fixes types; `records` the path where
    the documents stand, in files that are one object around them (`.`: the object itself); `types`
    are the types that values are read as, by path; `expand` the paths of texts that hold JSON;
    `include` and `exclude` the paths that are read, or are not; `as_columns` the arrays whose
    elements become fields, one for each place. `lenient`: near-JSON is read too.
    `typed_json`: "dynamodb", where documents are in its typed JSON. `source_file`: rows
    have a column with the files of the documents. `reserved` are names of columns that no field
    of the documents keeps.
    """

    source: Sequence[str]
    key: str = ""
    explode: Sequence[str] = ()
    as_map: Sequence[str] = ()
    pii: Sequence[str] = ()
    contract: str = ""
    records: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    expand: Sequence[str] = ()
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    as_columns: Sequence[str] = ()
    lenient: bool = False
    typed_json: str = ""
    source_file: bool = False
    reserved: Sequence[str] = ()
    planned: bool = False  # only to be shown, with what looks like a map

    @classmethod
    def again(cls, source: Sequence[str], asked: Asked, reserved: Sequence[str]) -> Self:
        """What was asked once, of a source that may stand elsewhere by now."""
        told = {f.name: getattr(asked, f.name) for f in stored_fields(Asked)}
        return cls(source, reserved=reserved, **told)

    def reading(self) -> dict[str, Any]:
        """How the documents are read, as a manifest has it."""
        told = {f.name: getattr(self, f.name) for f in stored_fields(Reading)}
        return {name: [*v] if isinstance(v, list | tuple) else v for name, v in told.items()}

    def asked(self) -> Asked:
        """How the dump is read, for a manifest."""
        return Asked(
            key=self.key,
            explode=[*self.explode],
            contract=self.contract and os.path.abspath(self.contract),
            records=self.records,
            **self.reading(),
        )


@dataclass(frozen=True)
class StagedDump:
    """A dump that was read: its good documents as typed rows in files, and their fingerprints.

    `node` is what stands in the rows: the schema of the documents, its maps turned into arrays of
    entries; `fingerprints` are those of the rows.
    """

    request: DumpRequest
    scan: Scan
    node: Node
    fingerprints: Fingerprints

    @property
    def own(self) -> bool:
        """Whether the key is the document's position, and so no field of it."""
        return not self.scan.keys

    @cached_property
    def number(self) -> str:
        """The column for the documents' positions."""
        return number_column(self.node)

    @property
    def keys(self) -> tuple[Path, ...]:
        """The columns that tell rows apart."""
        return ((self.number,),) if self.own else self.scan.keys

    @property
    def table(self) -> Node:
        """What stands in the rows, their position too where that is the key."""
        own = {self.number: Node("int")} if self.own else {}
        return Node("struct", own | self.node.fields)

    @property
    def leaves(self) -> int:
        """The values of the source: the keys of entries, once names, and files are none."""
        made = {(*parse_path(path), ITEM, "key") for path in self.request.as_map}
        made.add((self.scan.file_column,))
        return leaves({p: one for p, one in self.fingerprints.items() if p not in made})

    @cached_property
    def schema(self) -> T.StructType:
        """What an engine sees of the documents."""
        return struct_type(self.table)

    @cached_property
    def mixed(self) -> list[Path]:
        """The paths whose values are of several kinds, and so JSON text."""
        return [path for path, inner in walk(self.node) if inner.kind == "text"]

    def source_files(self) -> list[SourceFile]:
        """The files that were read, with the digests of their bytes."""
        return [
            SourceFile(
                path=s.told,
                bytes=s.bytes,
                sha256=self.scan.digests[s.path],
                layout=s.layout,
                compression=s.compression,
            )
            for s in self.scan.sources
        ]

    def prove(self, found: Mapping[Path, Fingerprint], what: str, but: Iterable[Path] = ()) -> None:
        """Raises LeavesLost where what was found is not what was read of the source.

        `but`: paths whose values, and the objects around them, need not be among it.
        """
        missing = {path[:at] for path in but for at in range(len(path) + 1)} - found.keys()
        compare({p: f for p, f in self.fingerprints.items() if p not in missing}, found, what)

    def notes(self) -> list[str]:
        """What a reader should know of how the documents were read."""
        there = [*walk(self.scan.schema), *walk(self.node)]
        paths = {show(path) for path, _ in there} | {*self.scan.renamed}
        said = self.scan.notes()
        mixed = [path for path in self.mixed if path not in self.scan.exact]
        texts = [f"{show(path)}: {SEVERAL_KINDS}" for path in mixed]
        said += [text for text in texts if text not in said]
        said += [
            f"{path}: named in pii, but not in this dump"
            for path in self.request.pii
            if path not in paths and parse_path(path) not in self.scan.left_out
        ]
        said += [
            f"{path}: a field for each place of the longest array there, null where others end"
            for path in self.request.as_columns
        ]
        if self.own:
            why = "" if self.request.key else "no --key was given, so "
            said.append(
                f"{why}each document is told apart by its position: "
                f"{self.number}, the line or element of the source, counted from 1 over all files"
            )
            if self.request.key and AT in self.node.fields:
                said.append(f"to tell documents apart by the field {AT}, write it `{AT}`")
        return said


def number_column(node: Node) -> str:
    """What the column for the documents' positions is called beside their fields."""
    name = DOCUMENT
    while name in node.fields:
        name = f"_{name}"
    return name


def stage_dump(request: DumpRequest, folder: FilePath, pii_key: bytes = b"") -> StagedDump:
    """Reads every document of the source and stages the good ones, typed, in `folder`.

    Where none is good there is nothing staged: `workbench.bronze.check_good` says what is wrong.

    Cost: one parallel pass over the bytes, in bounded memory; one over the staged rows for each
    map. Raises RequestError where the source is not there or what is asked is not in it,
    SourceError where a file is not JSON text.
    """
    contract, held = read_contract(request.contract) if request.contract else (None, [])
    read = scan(
        list(request.source),
        folder,
        key=request.key or None,
        pii=request.pii,
        pii_key=pii_key,
        contract=contract,
        held=held,
        arrays=on_the_way(request.explode),
        maps=[parse_path(path) for path in request.as_map],
        records=records_path(request.records),
        types=chosen_types(request.types),
        expand=[parse_path(path) for path in request.expand],
        include=[parse_path(path) for path in request.include],
        exclude=[parse_path(path) for path in request.exclude],
        lenient=request.lenient,
        typed_json=request.typed_json,
        source_file=request.source_file,
        reserved=request.reserved,
        most_fields=MOST_KEYS if request.as_map or request.planned else MOST_FIELDS,
    )
    mapped = as_maps(read, request.as_map if read.good else ())
    node, found = mapped.schema, mapped.fingerprints
    for path in request.as_columns if read.good else ():
        node, found = spread_staged(read, node, parse_path(path.removesuffix("[]")), found)
    staged = StagedDump(request, read, node, found)
    check_mixed(staged)
    return staged


def records_path(text: str) -> Path | None:
    """The path of the records; None where none is named."""
    if not text:
        return None
    return () if text == ROOT else parse_path(text.removesuffix("[]"))


def on_the_way(texts: Sequence[str]) -> set[Path]:
    """The arrays to explode, and those that they stand in."""
    paths = [parse_path(text) for text in texts if text]
    inner = [path[:-1] if path[-1] is ITEM else path for path in paths]
    return {*inner, *(p[:at] for p in inner for at, key in enumerate(p) if key is ITEM)}


def check_mixed(staged: StagedDump) -> None:
    """Raises UnknownPath where what is to be exploded is not an array in each document."""
    for text in staged.request.explode:
        wanted = parse_path(text)
        for path in set(staged.mixed) & {wanted[:at] for at in range(1, len(wanted) + 1)}:
            raise UnknownPath(
                f"explode: {show(path)} holds values of several kinds, not an array in each "
                "document, so it stays one column of JSON text. Leave it out, or mend the source."
            )
