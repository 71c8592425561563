"""What is known of a dump once it was read: of each block of it, and of the whole."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from workbench.bronze.personal_names import tells_a_person
from workbench.bronze.reading import Extent, Source, is_json_name, shown
from workbench.proof import NOTHING, Fingerprint, Fingerprints, as_kind, leaves
from workbench.schema import Node, Path, key_paths, name_of, show, walk

POSITION = "__workbench_position"
OUR_NAME = "a name that the workbench needs itself"
RENAMED = "_of_the_dump"  # ends the names of fields that were called like a column of ours
BIT = 32  # a position is the block's index shifted by this, plus the place in the block
LISTED = 5  # names of files in a note
SEVERAL_KINDS = "values of several kinds, kept as JSON text"
EXACT = {
    "decimal": "numbers of more digits than a double holds, kept exact, as decimals",
    "text": "numbers of more digits than any type holds, or of several kinds, kept as JSON text",
}
TIMES = "ISO times in text, read as times; a contract may keep them a string"
NO_ROOM = (
    "ISO times in text, but not all of them, and an array or a map has no room beside for those "
    "that are none, so all stay texts"
)
DATE_TEXT = "a date that does not parse, so all keep their text"
APART = "null where the date is no time between the years 1 and 9999; its text is in"
PASSED_OVER = "in the folder, but not read, for only names of JSON are; name it to read it"
LINKED = "a link, or a file with holes, in an archive, so not read; unpack it to read it"
RECORDS = "the documents are what stands there; what stands beside it is not read"
OUTERMOST = "the documents are what stands in the outermost object of each file"
CAST = "values that were written as another type, read as"
EXPANDED = "texts that hold JSON, read as what they hold"
NOT_JSON = "named in expand, but no text there holds an object or an array"
TEXT_APART = "null where the text is no JSON; it stays in"
WHOLE = "texts that hold JSON, hashed whole; expand makes fields of them, to be hashed one by one"
LEFT_OUT = "left out, as asked, with"
MOST_LISTED = 20  # paths in a note
NOT_THERE = "named in types, but not in this dump"
LONE = "lone objects where others have an array, read as arrays of one"
EMPTIED = "empty arrays or texts where others have an object, read as null"
WITHOUT_VALUE = "named in the contract, but without a value in this dump"
FILE_COLUMN = "source_file"
FILES = "the files of the documents"
TYPED = "the values of DynamoDB's typed JSON are read as what they hold, as asked"
INFINITE = "NaN and infinite numbers"
LENIENT = "lenient: no JSON, but read as was asked"
NAMED = "fields named by what looks personal (e-mail, IP, CPF, phone); names are not hashed"


@dataclass
class Outcome:
    """What a worker reports of one block. `written` is the type of its staged file.

    `units` are its lines or elements, `places` the numbers that its documents have among them.
    """

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
    places: int = 0
    extent: Extent | None = None
    check: int | None = None  # of the bytes that were parsed
    lone: Counter[Path] = field(default_factory=Counter)
    lists: set[Path] = field(default_factory=set)
    elements: Counter[tuple[Path, str]] = field(default_factory=Counter)  # by array and form
    cast: Counter[Path] = field(default_factory=Counter)
    expanded: Counter[Path] = field(default_factory=Counter)
    whole: set[Path] = field(default_factory=set)
    left_out: Counter[Path] = field(default_factory=Counter)
    rewritten: Counter[str] = field(default_factory=Counter)  # what was no JSON
    taken: bool = False  # the name for the column of files is that of a field


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
    size: int = 0  # bytes of the documents, none of them compressed
    passed_over: list[str] = field(default_factory=list)  # files of the folders, not read
    exact: set[Path] = field(default_factory=set)  # paths of numbers that no double holds
    times: list[Path] = field(default_factory=list)  # of texts that were read as times
    texts: dict[Path, Node] = field(default_factory=dict)  # some of which are times
    beside: dict[Path, str] = field(default_factory=dict)  # dates' paths, fields of their texts
    contract: Node = field(repr=False, default_factory=lambda: Node("struct"))
    checks: dict[int, int | None] = field(repr=False, default_factory=dict)  # of each block's bytes
    bases: dict[int, tuple[int, int]] = field(repr=False, default_factory=dict)
    starts: dict[int, int] = field(repr=False, default_factory=dict)  # places before each block
    lone: Counter[Path] = field(default_factory=Counter)  # objects read as arrays of one
    cast: Counter[Path] = field(default_factory=Counter)  # values read as another type than written
    expanded: Counter[Path] = field(default_factory=Counter)  # texts read as the JSON they hold
    whole: set[Path] = field(default_factory=set)  # of texts with JSON that were hashed whole
    expand: list[Path] = field(default_factory=list)  # paths of texts to be read so
    left_out: Counter[Path] = field(default_factory=Counter)  # values that are not read, by path
    types: list[Path] = field(default_factory=list)  # whose type was chosen
    rewritten: Counter[str] = field(default_factory=Counter)  # what was no JSON, by what it was
    typed: bool = False  # read as typed JSON
    file_column: str = ""  # of the files of the documents
    reserved: Collection[str] = ()  # names that no field keeps

    @property
    def keys(self) -> tuple[Path, ...]:
        """The paths of the key; none where documents have none."""
        return key_paths(self.key)

    @property
    def renamed(self) -> list[str]:
        """The fields of the documents that have another name in the rows."""
        names = [n.removesuffix(RENAMED) for n in self.schema.fields if n.endswith(RENAMED)]
        return [name for name in names if like_ours(name, self.reserved)]

    @property
    def leaves(self) -> int:
        """The values of the documents; the names of their files are none."""
        return leaves({p: f for p, f in self.fingerprints.items() if p != (self.file_column,)})

    def notes(self) -> list[str]:
        """What a reader should know of how the documents were read."""
        return [
            *self._of_kinds(),
            *self._of_choices(),
            *self._of_names(),
            *self._of_numbers_and_times(),
            *self._of_what_was_no_json(),
            *self._of_files(),
            *self._of_contract(),
            *self._of_people(),
        ]

    def _of_kinds(self) -> Iterator[str]:
        for path, node in walk(self.schema):
            if node.kind == "text" and path not in self.exact:
                yield f"{show(path)}: {SEVERAL_KINDS}"
        for path, node in walk(self.schema):
            if node.kind == "struct" and node.hollow:
                yield f"{show(path)}: {node.hollow} {EMPTIED}"
        for path, count in sorted(self.lone.items()):
            yield f"{show(path)}: {count} {LONE}"
        for path, node in walk(self.schema):
            if self.cast[path]:
                yield f"{show(path)}: {self.cast[path]:,} {CAST} {name_of(node)}"

    def _of_choices(self) -> Iterator[str]:
        for path in self.expand:
            count = self.expanded[path]
            yield f"{show(path)}: {f'{count:,} {EXPANDED}' if count else NOT_JSON}"
        for path in sorted(self.whole, key=show):
            yield f"{show(path)}: {WHOLE}"
        if self.left_out:
            paths = sorted(show(path) for path in self.left_out)
            others = f" and {len(paths) - MOST_LISTED} more" if paths[MOST_LISTED:] else ""
            listed = f"{', '.join(paths[:MOST_LISTED])}{others}"
            yield f"{listed}: {LEFT_OUT} {self.left_out.total():,} values"
        there = {path for path, _ in walk(self.schema)}
        for path in self.types:
            if path not in there:
                yield f"{show(path)}: {NOT_THERE}"

    def _of_names(self) -> Iterator[str]:
        records = next((s.records for s in self.sources if s.records is not None), None)
        if records is not None:
            yield f"{shown(records)}: {RECORDS if records else OUTERMOST}"
        for name in self.renamed:
            yield f"{name}{RENAMED}: {name} in the dump, {OUR_NAME}"

    def _of_numbers_and_times(self) -> Iterator[str]:
        for path, node in walk(self.schema):
            if path in self.exact:
                yield f"{show(path)}: {EXACT[node.kind]}"
        yield from of_fields(self.times, TIMES)
        for path, node in self.texts.items():
            yield f"{show(path)}: {no_times(node)}"
        texts = [path for path, node in walk(self.schema) if node.kind == "datetext"]
        yield from of_fields(texts, DATE_TEXT)
        for path, name in self.beside.items():
            text = (*path[:-1], name)
            count = self.fingerprints.get(text, Fingerprint()).count
            if count:
                apart = TEXT_APART if path in self.expand else APART
                yield f"{show(path)}: {apart} {show(text)} ({count})"

    def _of_what_was_no_json(self) -> Iterator[str]:
        if self.typed:
            yield f"typed_json: {TYPED}"
        if self.file_column not in ("", FILE_COLUMN):
            yield f"{self.file_column}: {FILES}, for {FILE_COLUMN} is a field of the dump"
        if self.rewritten:
            odd = ", ".join(f"{count:,} {what}" for what, count in sorted(self.rewritten.items()))
            yield f"{LENIENT}: {odd}"
        if self.repeated:
            yield f"{self.repeated} keys stood twice in one object; the last value won"

    def _of_files(self) -> Iterator[str]:
        linked = [one for one in self.passed_over if is_json_name(one)]
        unnamed = [one for one in self.passed_over if not is_json_name(one)]
        if unnamed:
            yield f"{some_of(unnamed)}: {PASSED_OVER}"
        if linked:
            yield f"{some_of(linked)}: {LINKED}"

    def _of_contract(self) -> Iterator[str]:
        for path, node in walk(self.contract):
            leaf = path and not node.fields and node.item is None
            if leaf and not self.fingerprints.get(path, Fingerprint()).count:
                yield f"{show(path)}: {WITHOUT_VALUE}"

    def _of_people(self) -> Iterator[str]:
        for path, node in walk(self.schema):
            if any(map(tells_a_person, node.fields)):
                yield f"{show(path) or 'documents'}: {NAMED}"

    def position(self, encoded: int) -> tuple[str, int]:
        """File and line (or ordinal), from 1, of a staged row."""
        file, base = self.bases[encoded >> BIT]
        return self.sources[file].told, base + (encoded & ((1 << BIT) - 1)) + 1


def like_ours(name: str, reserved: Collection[str]) -> bool:
    """Whether a field is called like a column of ours, or as one is renamed that is.

    So the fields of each block get names that no other field of the dump has.
    """
    while name.endswith(RENAMED):
        name = name.removesuffix(RENAMED)
    return name == POSITION or name in reserved


def of_leaves(found: Fingerprints, schema: Node) -> Fingerprints:
    """One fingerprint per path of the whole dump, in its order.

    An object that was empty in some blocks, and has fields in others, is no leaf; of objects and
    arrays there is only the hash.
    """
    made: Fingerprints = {}
    for path, node in walk(schema):
        there = found.get(path, NOTHING)
        if path and node.kind != "list" and not node.fields:
            made[path] = as_kind(there, node.kind)
        elif there.hash:
            made[path] = Fingerprint(hash=there.hash)
    return made


def of_fields(paths: Sequence[Path], what: str) -> list[str]:
    """What is said of each of some fields, and of how many more it holds."""
    more = len(paths) - MOST_LISTED
    told = [f"{show(path)}: {what}" for path in paths[:MOST_LISTED]]
    return told + ([f"{more:,} more fields: {what}"] if more > 0 else [])


def no_times(node: Node) -> str:
    """Why texts of which some are times stay texts."""
    if node.has_times:
        return NO_ROOM
    several = node.times + node.others
    share = f"{node.others:,} of {several:,} texts ({node.others / several:.1%})"
    return f"{share} are no ISO times between the years 1 and 9999, so all stay texts"


def some_of(paths: list[str]) -> str:
    """The names of a few files, and how many more there are."""
    names = ", ".join(os.path.basename(path) for path in paths[:LISTED])
    more = len(paths) - LISTED
    return f"{names} and {more} more" if more > 0 else names
