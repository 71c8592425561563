"""A first look at somebody's dump: which parameters would run the chain on it.

What is proposed is read from names, types, counts and values, and is for a person to look through.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.bronze import (
    LONE,
    Scan,
    column,
    distinct,
    may_be_keys,
    share_like,
    unique,
    unique_together,
    unwrap,
)
from workbench.gold import STATED_RATE
from workbench.propose.edges import proposed_edges
from workbench.propose.fields import (
    CREATED,
    NEARLY_ALL,
    NUMBERS,
    UPDATED,
    Fields,
    by_name,
    last,
    named,
)
from workbench.propose.shapes import Shape
from workbench.schema import AT, ITEM, Path, clean_key, show

KEYS = ("_id", "id", "uuid", "guid", "key", "uid", "code", "codigo", "number", "numero", "ref")
SCORES = ("score", "rating", "magnitude", "mag", "points", "limit", "amount", "balance", "price",
          "renda", "income", "valor", "total", "value", "count", "size", "quantity")  # fmt: skip
ENTITIES = ("object", "resource_type", "entity", "type", "kind")
NO_ENTITY = ("dump", "dumps", "data", "dados", "export", "json", "ndjson", "file", "test")
USERS = ("users", "user", "usuarios", "usuario", "usuários", "usuário")  # as charts say anyway
NO_MEASURE = re.compile(
    r"(^|_)(id|lat|latitude|lon|lng|long|longitude|x|y|year|ano|month|mes|day|dia|zip|version"
    r"|number|numero|code|codigo|index)$"
)
FIELDS = {
    "explode": "no array to make rows of was found: a row per document",
    "product_type": "no text of few values was found, and nothing is counted by type",
    "score": "no number to range was found, and no ranges are counted",
    "score_text": "no text that states a default rate was found",
    "created_at": "no date was found, and nothing is counted per day",
    "updated_at": "no date of changes was found: of one key, the last document stays",
}
STATES_RATE = re.compile(f".*{STATED_RATE}", re.DOTALL)
TRIED = 12  # columns that are looked at for a key, or a score, before giving up
TRIED_TOGETHER = 9  # of them beside times, of several fields that are a key together
MOST_ODD = 0.01  # share of documents that may lack a key or share it: more would fail a run
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


def propose(scan: Scan, name: str = "", shape: Shape | None = None) -> Proposal:
    """What to run the chain with on a dump that was read without a key; `name` is the user's.

    `shape` is how it was read otherwise than as it stands (`shapes.shaped`).

    Cost: one pass over at most 12 columns for the key, and 12 for the score, and the first 10,000
    documents for the others.
    """
    shape = shape or Shape(scan.schema)
    fields, made = Fields(scan, shape.left), Proposal()
    array = next(iter(fields.arrays), None)
    keys = add_key(made, fields)
    add_times(made, fields)
    add_maps(made, shape)
    add_personal(made, fields, keys, shape)
    if array:
        lone = f"; {scan.lone[array]:,} {LONE}" if scan.lone[array] else ""
        reason = f"the array that becomes rows{lone}"
        made.add("explode", show(array), reason, fields.arrays[1:])
    add_type(made, fields, array)
    add_score(made, fields, keys)
    add_score_text(made, fields)
    add_entity(made, fields, name)
    for missing, reason in FIELDS.items():
        if missing not in made.values:
            made.add(missing, "", reason)
    if scan.good == 1 and array and len(fields.sample((*array, ITEM))) >= ENVELOPE:
        made.notes.append(unwrap(array, len(fields.sample((*array, ITEM)))))
    return made


def add_maps(made: Proposal, shape: Shape) -> None:
    if shape.maps:
        said = "objects whose fields are named by ids; each field becomes an entry of an array"
        reason = f"{said}: {', '.join(map(str, shape.maps))}"
        made.add("as_map", [show(one.path) for one in shape.maps], reason)


def add_personal(made: Proposal, fields: Fields, keys: tuple[Path, ...], shape: Shape) -> None:
    """What is to be hashed, in the entries of maps too."""
    hashed = [one for path, one in fields.personal.items() if path not in keys]
    paths = {one.path: shape.before(one.path) for one in hashed}
    why = f": {', '.join(str(one) for one in hashed if paths[one.path])}" if hashed else ""
    reason = f"by names and values; each value is replaced by a keyed hash{why}"
    made.add("pii", [show(path) for path, found in paths.items() if found], reason)
    made.notes += [
        f"{show(path)} looks personal: names of fields, which are not hashed"
        for path, found in paths.items()
        if not found
    ]


def add_key(made: Proposal, fields: Fields) -> tuple[Path, ...]:
    """What tells the documents apart: a field, several together, or their position.

    The likeliest first: a field that is named like a key, also where a few documents lack it or
    share it; another text; fields together of which one is named so; any field; any together.
    None that looks personal, or that a person wrote: it would be kept as it is.
    """
    scan = fields.scan
    whole = [path for path in may_be_keys(scan) if path in fields.nodes]
    full = [path for path in whole if fields.may_tell(path)]
    ranked = by_name([path for path in full if path not in fields.times], KEYS)
    ranked = [path for path in ranked if likely(fields, path) or not named(path, SCORES)]
    ranked.sort(key=lambda path: (not named(path, KEYS), len(path)))
    found = unique(scan, ranked)
    sure = [path for path in found if likely(fields, path)]
    if not any(named(path, KEYS) for path in sure):
        nearly = nearly_unique(fields)
        if nearly:
            made.add("key", show(nearly[0]), f"{nearly[1]}; or: {AT}, which keeps them all")
            return (nearly[0],)
    several: tuple[Path, ...] = ()
    if not sure:
        times = [path for path in full if path in fields.times]
        several = unique_together(scan, [*ranked[:TRIED_TOGETHER], *times])
    if several and (not found or any(named(path, KEYS) for path in several)):
        made.add("key", [*map(show, several)], f"together they are never twice; or: {AT}", found)
        return several
    if found:
        made.add("key", show(found[0]), "in every document, never twice", found[1:])
        return (found[0],)
    passed = unique(scan, [path for path in whole if path not in full])
    why = "no field tells the documents apart: their place in the dump does"
    if passed:
        told = ", ".join(map(show, passed[:MOST_NAMED]))
        why = (
            f"their place in the dump; of {told}, never twice, each is personal or free text: "
            f"-p key={shlex.quote(show(passed[0]))} takes it all the same, hashed if it is in pii"
        )
    made.add("key", AT, why)
    return ()


def likely(fields: Fields, path: Path) -> bool:
    """Whether a field whose values differ is likely to be meant so: of a few numbers, all may."""
    return named(path, KEYS) or fields.outside[path].kind == "string"


def nearly_unique(fields: Fields) -> tuple[Path, str] | None:
    """A field named like a key that very few documents lack or share, and what becomes of these."""
    good = fields.scan.good
    for path, node in fields.outside.items():
        if node.kind not in ("string", "int") or not named(path, KEYS) or len(path) > 1:
            continue
        if not fields.may_tell(path):
            continue
        there = fields.scan.fingerprints[path].count
        lacking, twice = good - there, there - distinct(fields.scan, path)
        if lacking + twice <= MOST_ODD * good:
            parts = ((lacking, "without it go"), (twice, "with that of a later one go"))
            odd = " and ".join(f"{count} document(s) {what}" for count, what in parts if count)
            return path, f"all but a few documents have their own: {odd} to quarantine"
    return None


def add_times(made: Proposal, fields: Fields) -> None:
    times = [path for path in fields.times if path not in fields.personal]
    updated = by_name([p for p in times if named(p, UPDATED)], UPDATED)
    created = by_name([p for p in times if p not in updated] or updated, CREATED)
    if created:
        reason = "a date; documents are counted per day"
        made.add("created_at", show(created[0]), reason, created[1:])
    if updated:
        made.add("updated_at", show(updated[0]), "of one key, the greatest stays", updated[1:])


def add_type(made: Proposal, fields: Fields, array: Path | None) -> None:
    """A text by which the elements of the array, or else the documents, can be counted."""
    inside = fields.types_in(array) if array else []
    outside = fields.types_in(None)
    ranked = inside or outside
    if ranked:
        what = "elements" if inside else "documents"
        made.add("product_type", show(ranked[0]), f"{what} are counted by it", ranked[1:])


def add_score(made: Proposal, fields: Fields, keys: tuple[Path, ...]) -> None:
    """A number with enough different values, and edges that cut its documents alike."""
    numbers = [
        path
        for path, node in fields.outside.items()
        if node.kind in NUMBERS
        and path not in keys
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


def add_score_text(made: Proposal, fields: Fields) -> None:
    """A text of the documents that states a default rate, as the words of a score do."""
    for path, node in fields.outside.items():
        if node.kind == "string" and share_like(fields.sample(path), STATES_RATE) > NEARLY_ALL:
            made.add("score_text", show(path), "it states the expected default rate")
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
