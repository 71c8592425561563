"""A first look at somebody's dump: which parameters would run the chain on it.

What is proposed is read from names, types and counts, and is for a person to look through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as arrow

from workbench.errors import RequestError
from workbench.ingest import Scan
from workbench.naming import clean_key
from workbench.schema import ITEM, Node, Path, show, walk

KEYS = ("_id", "id", "uuid", "guid", "key", "code")
CREATED = ("created", "creation", "criado", "registered", "signup", "joined", "since")
UPDATED = ("updated", "modified", "changed", "alterado")
TYPES = ("type", "tipo", "kind", "category", "categoria", "status", "tier", "class", "name")
SCORES = ("score", "rating", "points", "limit", "amount", "balance", "price", "total", "value")
# Words of Brazil's and Europe's law and of common dumps: what tells who somebody is, or where.
PERSONAL = re.compile(
    r"(^|_)(username|login|e_?mail|phone|telefone|celular|cpf|cnpj|rg|ssn|passport|address|endereco"
    r"|street\d*|zip_?code|zip|cep|ip|user_?agent|birth_?date|birthday|nascimento|surname|sobrenome)$"
    r"|^((first|last|middle|full|user|social|mother|father|customer|client|contact)_?)?(name|nome)$"
)
SCALAR = ("bool", "int", "double", "decimal", "string", "timestamp", "datetext")
NUMBERS = ("int", "double", "decimal")
RANGES = 5
TRIED = 12  # columns that are looked at for a key, or a score, before giving up


@dataclass
class Proposal:
    """Parameters for `workbench run`, each with why; `others` are what else might have been."""

    values: dict[str, object] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, value: object, reason: str, others: Iterable[Path] = ()) -> None:
        also = [show(path) for path in others][:5]
        self.values[name] = value
        self.reasons[name] = reason + (f"; or: {', '.join(also)}" if also else "")


def propose(scan: Scan) -> Proposal:
    """What to run the chain with on a dump that was read without a key.

    Cost: one pass over at most 12 columns for the key, and 12 for the score. Raises RequestError
    where no field tells the documents apart.
    """
    nodes = {path: node for path, node in walk(scan.schema) if path}
    outside = {p: n for p, n in nodes.items() if ITEM not in p and n.kind in SCALAR}
    made = Proposal()
    key = add_key(made, scan, outside)
    times = [p for p, n in outside.items() if n.kind in ("timestamp", "datetext")]
    add_times(made, times)
    add_personal(made, nodes, key)
    array = add_array(made, scan, nodes)
    add_type(made, nodes, array)
    add_score(made, scan, {p: n for p, n in outside.items() if p != key and n.kind in NUMBERS})
    return made


def add_key(made: Proposal, scan: Scan, outside: dict[Path, Node]) -> Path:
    """The first field, by name, that every document has, each with a value of its own."""
    full = [
        path
        for path, node in outside.items()
        if node.kind in ("string", "int") and scan.fingerprints[path].count == scan.good
    ]
    ranked = by_name(full, KEYS, shallow_first=True)
    unique = [p for p in ranked[:TRIED] if distinct(scan, p) == scan.good]
    if not unique:
        raise RequestError(
            "No field is there in every document with a value of its own, and the chain needs a "
            "key. `workbench flatten` needs none."
        )
    made.add("key", show(unique[0]), "in every document, never twice", unique[1:])
    return unique[0]


def add_times(made: Proposal, times: list[Path]) -> None:
    created = by_name(times, CREATED)
    if created:
        made.add("created_at", show(created[0]), "a date; users are counted per day", created[1:])
    updated = [p for p in times if named(p, UPDATED)]
    if updated:
        made.add("updated_at", show(updated[0]), "of one key, the greatest stays", updated[1:])


def add_personal(made: Proposal, nodes: dict[Path, Node], key: Path) -> None:
    found = [
        show(path)
        for path, node in nodes.items()
        if node.kind in SCALAR and path != key and PERSONAL.search(clean_key(last(path)))
    ]
    made.add("pii", found, "by their names; each value is replaced by a keyed hash")


def add_array(made: Proposal, scan: Scan, nodes: dict[Path, Node]) -> Path | None:
    """The array with the most values below it; arrays of objects before others."""
    arrays = [p for p, n in nodes.items() if n.kind == "list" and ITEM not in p]

    def worth(path: Path) -> tuple[bool, int]:
        below = (f.count for p, f in scan.fingerprints.items() if p[: len(path)] == path)
        return nodes[(*path, ITEM)].kind == "struct", sum(below)

    ranked = sorted((p for p in arrays if (*p, ITEM) in nodes), key=worth, reverse=True)
    if not ranked:
        return None
    made.add("explode", show(ranked[0]), "the array that becomes rows", ranked[1:])
    return ranked[0]


def add_type(made: Proposal, nodes: dict[Path, Node], array: Path | None) -> None:
    """A text inside the array by which its elements can be counted."""
    if array is None:
        return
    inside = (*array, ITEM)
    texts = [
        p
        for p, n in nodes.items()
        if p[: len(inside)] == inside and ITEM not in p[len(inside) :] and n.kind == "string"
    ]
    ranked = by_name(texts, TYPES)
    if ranked:
        made.add("product_type", show(ranked[0]), "elements are counted by it", ranked[1:])


def add_score(made: Proposal, scan: Scan, numbers: dict[Path, Node]) -> None:
    """A number with enough different values, and edges that cut its documents alike."""
    ranked = by_name(numbers, SCORES)
    ranked = [p for p in ranked if not re.search(r"(^|_)(id|lat|lon|lng)$", clean_key(last(p)))]
    for at, path in enumerate(ranked[:TRIED]):
        edges = even_edges(column(scan, path))
        if edges:
            made.add("score", show(path), "a number", ranked[at + 1 :])
            made.add("score_edges", edges, "about as many documents in each range")
            return


def by_name(
    paths: Iterable[Path], words: tuple[str, ...], shallow_first: bool = False
) -> list[Path]:
    """The paths, those first whose last key has one of the words, in the words' order."""

    def rank(path: Path) -> tuple[int, ...]:
        depth = len(path)
        places = [at for at, word in enumerate(words) if named(path, (word,))]
        place = places[0] if places else len(words)
        return (depth, place) if shallow_first else (place, depth)

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


def column(scan: Scan, path: Path) -> pa.ChunkedArray:
    """One column of the staged documents, null where a struct around it is."""
    made = arrow.field(*map(str, path))
    files = arrow.dataset(FilePath(scan.folder) / "documents", format="parquet")
    return files.to_table({"value": made})["value"]


def even_edges(numbers: pa.ChunkedArray) -> list[int]:
    """Whole upper edges, rounded to two digits, of ranges that hold about as many values each."""
    shares = [number / RANGES for number in range(1, RANGES)]
    found = pc.quantile(numbers.cast(pa.float64()), q=shares).to_pylist()
    rounded = {round_to_two_digits(number) for number in found if number is not None}
    return sorted(edge for edge in rounded if abs(edge) < 1 << 31)


def round_to_two_digits(number: float) -> int:
    whole = round(number)
    return round(whole, 2 - len(str(abs(whole)))) if abs(whole) >= 100 else whole
