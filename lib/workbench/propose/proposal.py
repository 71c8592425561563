"""A first look at somebody's dump: which parameters would run the chain on it.

What is proposed is read from names, types, counts and values, and is for a person to look through.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.parsing.envelopes import unwrap
from workbench.bronze.personal_names import VALUES, is_personal_name
from workbench.bronze.results import Scan
from workbench.bronze.staged import column, first_documents, share_like, table, values_at
from workbench.errors import RequestError
from workbench.propose.edges import proposed_edges
from workbench.schema.kinds import Node, walk
from workbench.schema.names import clean_key
from workbench.schema.paths import ITEM, Path, show

KEYS = ("_id", "id", "uuid", "guid", "key", "uid", "code", "codigo", "number", "numero", "ref")
CREATED = ("created", "creation", "criado", "criacao", "registered", "signup", "joined", "since",
           "opened", "placed", "applied", "published", "date", "data", "time", "timestamp", "ts",
           "when", "at", "on")  # fmt: skip
UPDATED = ("updated", "modified", "changed", "alterado", "atualizado")
TYPES = ("type", "tipo", "kind", "category", "categoria", "status", "state", "tier", "class",
         "resource", "event", "lang", "language", "gender", "country", "brand", "name")  # fmt: skip
SCORES = ("score", "rating", "magnitude", "mag", "points", "limit", "amount", "balance", "price",
          "renda", "income", "valor", "total", "value", "count", "size", "quantity")  # fmt: skip
ENTITIES = ("object", "resource_type", "entity", "type", "kind")
NO_ENTITY = ("dump", "dumps", "data", "dados", "export", "json", "ndjson", "file", "test")
USERS = ("users", "user", "usuarios", "usuario", "usuários", "usuário")  # as charts say anyway
NO_MEASURE = re.compile(
    r"(^|_)(id|lat|latitude|lon|lng|long|longitude|x|y|year|ano|month|mes|day|dia|zip|version"
    r"|number|numero|code|codigo|index)$"
)
NO_TYPE = re.compile(r"(^|_)(id|ids|url|uri|href|link|sha|hash|token|etag|arn|text|message|body)$")
NO_ROWS = re.compile(r"^(coordinates|bbox|indices|loc|point)$")
SCALAR = ("bool", "int", "double", "decimal", "string", "timestamp", "datetext")
NUMBERS = ("int", "double", "decimal")
DAY = re.compile(r"^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])($|[T ])")
CHARTED = ("explode", "product_type", "score", "created_at")
NEARLY_ALL = 0.95
EPOCHS = ((5e8, 4.2e9), (5e11, 4.2e12))  # 1985 to 2103, in seconds and in milliseconds
TRIED = 12  # columns that are looked at for a key, or a score, before giving up
MOST_TYPES = 60
ENVELOPE = 10  # elements around which one document is likely to be no more than a frame
MOST_NAMED = 5  # of what else might have been


@dataclass
class Proposal:
    """Parameters for `workbench run`, each with why; `notes` are what else to know of the dump."""

    values: dict[str, object] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, value: object, reason: str, others: Iterable[Path] = ()) -> None:
        also = [show(path) for path in others][:MOST_NAMED]
        self.values[name] = value
        self.reasons[name] = reason + (f"; or: {', '.join(also)}" if also else "")


@dataclass(frozen=True)
class Fields:
    """The fields of a dump, and what some of them are."""

    scan: Scan

    @cached_property
    def documents(self) -> pa.Table:
        return first_documents(self.scan)

    def sample(self, path: Path) -> pa.Array:
        return values_at(self.documents, path)

    @cached_property
    def nodes(self) -> dict[Path, Node]:
        return {path: node for path, node in walk(self.scan.schema) if path}

    @cached_property
    def outside(self) -> dict[Path, Node]:
        return {p: n for p, n in self.nodes.items() if ITEM not in p and n.kind in SCALAR}

    @cached_property
    def personal(self) -> dict[Path, str]:
        """Paths inside and outside of arrays, and why they are personal."""
        found = {}
        for path, node in self.nodes.items():
            if node.kind not in SCALAR:
                continue
            if is_personal_name(path):
                found[path] = "name"
            elif node.kind == "string":
                values = self.sample(path)
                like = [w for w, p in VALUES.items() if share_like(values, p) > NEARLY_ALL]
                found |= {path: like[0]} if like else {}
        return found

    @cached_property
    def times(self) -> list[Path]:
        """Timestamps, texts that begin with a day, and numbers of seconds since 1970."""
        return [path for path, node in self.outside.items() if self.is_time(path, node)]

    def is_time(self, path: Path, node: Node) -> bool:
        if node.kind in ("timestamp", "datetext"):
            return True
        if node.kind == "string":
            return share_like(self.sample(path), DAY) > NEARLY_ALL
        if node.kind != "int" or not (named(path, CREATED) or named(path, UPDATED)):
            return False
        values = self.sample(path)
        least, most = pc.min_max(values)["min"].as_py(), pc.min_max(values)["max"].as_py()
        return any(low <= least and most <= high for low, high in EPOCHS) if len(values) else False

    @cached_property
    def types(self) -> list[Path]:
        """Texts of few values that come again, the likeliest first."""
        texts = [
            path
            for path, node in self.nodes.items()
            if node.kind == "string"
            and path not in self.personal
            and not NO_TYPE.search(clean_key(last(path)))
        ]
        return by_name([path for path in texts if is_type(self.sample(path))], TYPES)

    def types_in(self, array: Path | None) -> list[Path]:
        """The types that an array's elements have one of, or outside all arrays the documents."""
        inside = (*array, ITEM) if array else ()
        return [
            path
            for path in self.types
            if path[: len(inside)] == inside and ITEM not in path[len(inside) :]
        ]

    @cached_property
    def arrays(self) -> list[Path]:
        """Arrays outside of others: those first whose elements can be counted by a type, then those
        of objects, then those with most values below."""
        found = [
            path
            for path, node in self.nodes.items()
            if node.kind == "list"
            and ITEM not in path
            and (*path, ITEM) in self.nodes
            and not NO_ROWS.search(clean_key(last(path)))
        ]
        typed = {path[: path.index(ITEM)] for path in self.types if path.count(ITEM) == 1}
        below: Counter[Path] = Counter()
        for path, one in self.scan.fingerprints.items():
            if ITEM in path:
                below[path[: path.index(ITEM)]] += one.count

        def worth(path: Path) -> tuple[bool, bool, int]:
            return path in typed, self.nodes[(*path, ITEM)].kind == "struct", below[path]

        return sorted(found, key=worth, reverse=True)


def propose(scan: Scan, name: str = "") -> Proposal:
    """What to run the chain with on a dump that was read without a key; `name` is the user's.

    Cost: one pass over at most 12 columns for the key, and 12 for the score, and the first 10,000
    documents for the others. Raises RequestError where no field tells the documents apart.
    """
    fields, made = Fields(scan), Proposal()
    array = next(iter(fields.arrays), None)
    key = add_key(made, fields, array)
    add_times(made, fields)
    pii = [show(path) for path in fields.personal if path != key]
    made.add("pii", pii, "by names and values; each value is replaced by a keyed hash")
    if array:
        made.add("explode", show(array), "the array that becomes rows", fields.arrays[1:])
    add_type(made, fields, array)
    add_score(made, fields, key)
    add_entity(made, fields, name)
    if missing := [name for name in CHARTED if name not in made.values]:
        made.notes.append(
            f"nothing was found for {', '.join(missing)}; their charts stay away from the report. "
            "Name a field where there is one."
        )
    if scan.good == 1 and array and len(fields.sample((*array, ITEM))) >= ENVELOPE:
        made.notes.append(unwrap(array, len(fields.sample((*array, ITEM)))))
    return made


def add_key(made: Proposal, fields: Fields, array: Path | None) -> Path:
    """The first field, by name, that every document has, each with a value of its own."""
    scan = fields.scan
    full = [
        path
        for path, node in fields.outside.items()
        if node.kind in ("string", "int")
        and scan.fingerprints[path].count == scan.good
        and path not in fields.times
    ]
    ranked = by_name(full, KEYS)
    ranked.sort(key=lambda path: (path in fields.personal, not named(path, KEYS), len(path)))
    unique = [p for p in ranked[:TRIED] if distinct(scan, p) == scan.good]
    if not unique:
        raise RequestError(without_key(fields, ranked, array))
    personal = "; it names a person, and is kept as it is" if unique[0] in fields.personal else ""
    made.add("key", show(unique[0]), f"in every document, never twice{personal}", unique[1:])
    return unique[0]


def without_key(fields: Fields, ranked: list[Path], array: Path | None) -> str:
    """Why there is no key, and what to do: one of two fields, the elements of an array, flatten."""
    scan = fields.scan
    said = "No field is there in every document with a value of its own, and the chain needs a key."
    for one, other in combinations(ranked[:TRIED], 2):
        pairs = table(scan, (one, other)).group_by(["0", "1"]).aggregate([]).num_rows
        if pairs == scan.good:
            names = f"{show(one)} and {show(other)}"
            text = "-".join(rf"\(.{show(path)})" for path in (one, other))
            return (
                f"{said} {names} together are one: make a field of them, for example\n"
                f"  jq -c '.key = \"{text}\"' dump.json > with_key.json"
            )
    if scan.good == 1 and array:
        return f"{said} {unwrap(array, len(fields.sample((*array, ITEM))))}"
    return f"{said} Add one, or use `workbench flatten`, which needs none."


def add_times(made: Proposal, fields: Fields) -> None:
    times = [path for path in fields.times if path not in fields.personal]
    updated = by_name([p for p in times if named(p, UPDATED)], UPDATED)
    created = by_name([p for p in times if p not in updated] or updated, CREATED)
    if created:
        reason = "a date; documents are counted per day"
        made.add("created_at", show(created[0]), reason, created[1:])
    if updated:
        made.add("updated_at", show(updated[0]), "of one key, the greatest stays", updated[1:])


def is_type(values: pa.Array) -> bool:
    """Whether there are 2 to 60 different values, no day, and each comes twice in the mean."""
    different = len(values.unique())
    few = 2 <= different <= MOST_TYPES and different <= len(values) / 2
    return few and share_like(values, DAY) < NEARLY_ALL


def add_type(made: Proposal, fields: Fields, array: Path | None) -> None:
    """A text by which the elements of the array, or else the documents, can be counted."""
    inside = fields.types_in(array) if array else []
    outside = fields.types_in(None)
    ranked = inside or outside
    if ranked:
        what = "elements" if inside else "documents"
        made.add("product_type", show(ranked[0]), f"{what} are counted by it", ranked[1:])


def add_score(made: Proposal, fields: Fields, key: Path) -> None:
    """A number with enough different values, and edges that cut its documents alike."""
    numbers = [
        path
        for path, node in fields.outside.items()
        if node.kind in NUMBERS
        and path != key
        and path not in fields.times
        and path not in fields.personal
        and not NO_MEASURE.search(clean_key(last(path)))
    ]
    ranked = by_name(numbers, SCORES)
    for at, path in enumerate(ranked[:TRIED]):
        found = proposed_edges(column(fields.scan, path))
        if found:
            edges, scale = found
            made.add("score", show(path), "a number to range", ranked[at + 1 :])
            if scale > 1:
                made.add("score_scale", scale, f"the number times {scale} is what is ranged")
            made.add("score_edges", edges, "round, with a fair share of documents in each range")
            return


def add_entity(made: Proposal, fields: Fields, name: str) -> None:
    """What documents are called: by a text that all of them share, else as the user did."""
    for path in by_name([p for p in fields.outside if len(p) == 1], ENTITIES):
        if clean_key(last(path)) in ENTITIES and fields.outside[path].kind == "string":
            values = fields.sample(path).unique().to_pylist()
            if len(values) == 1 and re.fullmatch(r"[A-Za-z]{3,30}", values[0]):
                word = clean_key(values[0]).replace("_", " ")
                made.add("entity", word + "s", f"{show(path)} is {values[0]} in all documents")
                return
    words = " ".join(w for w in re.findall("[^\\W\\d_]+", name) if w.lower() not in NO_ENTITY)
    if words and words.lower() not in USERS:
        made.add("entity", words, "the name given; what the documents are, in the plural")


def by_name(paths: Iterable[Path], words: tuple[str, ...]) -> list[Path]:
    """The paths, those first whose last key has one of the words, in the words' order."""

    def rank(path: Path) -> tuple[int, int]:
        places = [at for at, word in enumerate(words) if named(path, (word,))]
        return places[0] if places else len(words), len(path)

    return sorted(paths, key=rank)


def named(path: Path, words: tuple[str, ...]) -> bool:
    name = clean_key(last(path))
    return any(name == word or word in name.split("_") for word in words) or any(
        word in name for word in words if len(word) > 4
    )


def last(path: Path) -> str:
    return next((str(key) for key in reversed(path) if key is not ITEM), "")


def distinct(scan: Scan, path: Path) -> int:
    return int(pc.count_distinct(column(scan, path)).as_py())
