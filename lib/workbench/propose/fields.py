"""The fields of a dump as a proposal looks at them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze import Personal, Scan, first_documents, personal_fields, share_like, values_at
from workbench.schema import ITEM, Node, Path, clean_key, walk

CREATED = ("created", "creation", "criado", "criacao", "registered", "signup", "joined", "since",
           "opened", "placed", "applied", "published", "date", "data", "time", "timestamp", "ts",
           "when", "at", "on")  # fmt: skip
UPDATED = ("updated", "modified", "changed", "alterado", "atualizado")
TYPES = ("type", "tipo", "kind", "category", "categoria", "status", "state", "tier", "class",
         "resource", "event", "lang", "language", "gender", "country", "brand", "name")  # fmt: skip
NO_TYPE = re.compile(r"(^|_)(id|ids|url|uri|href|link|sha|hash|token|etag|arn|text|message|body)$")
NO_ROWS = re.compile(r"^(coordinates|bbox|indices|loc|point)$")
SCALAR = ("bool", "int", "double", "decimal", "string", "timestamp", "date", "datetext")
NUMBERS = ("int", "double", "decimal")
DAY = re.compile(r"^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])($|[T ])")
PROSE = re.compile(r"\s*(\S+\s+){3}\S|.{200}", re.DOTALL)  # four words, or long
SOME_PROSE = 0.1
NEARLY_ALL = 0.95
EPOCHS = ((5e8, 4.2e9), (5e11, 4.2e12))  # 1985 to 2103, in seconds and in milliseconds
MOST_TYPES = 60


@dataclass(frozen=True)
class Fields:
    """The fields of a dump, and what some of them are; those of the maps that are `left` are none.

    Names of such fields are ids, which the next dump may not have.
    """

    scan: Scan
    left: Sequence[Path] = ()

    @cached_property
    def documents(self) -> pa.Table:
        return first_documents(self.scan)

    def sample(self, path: Path) -> pa.Array:
        return values_at(self.documents, path)

    @cached_property
    def nodes(self) -> dict[Path, Node]:
        return {path: n for path, n in walk(self.scan.schema) if path and not self.in_map(path)}

    def in_map(self, path: Path) -> bool:
        return any(path[: len(one)] == one for one in self.left)

    @cached_property
    def outside(self) -> dict[Path, Node]:
        return {p: n for p, n in self.nodes.items() if ITEM not in p and n.kind in SCALAR}

    @cached_property
    def personal(self) -> dict[Path, Personal]:
        """Paths inside and outside of arrays, and why they are personal."""
        return {one.path: one for one in personal_fields(self.scan.schema, self.documents)}

    def may_tell(self, path: Path) -> bool:
        """Whether a field may tell documents apart: it names nobody, and no person wrote it."""
        if path in self.personal or self.nodes[path].kind != "string":
            return path not in self.personal
        return share_like(self.sample(path), PROSE) < SOME_PROSE

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


def is_type(values: pa.Array) -> bool:
    """Whether there are 2 to 60 different values, no day, and each comes twice in the mean."""
    different = len(values.unique())
    few = 2 <= different <= MOST_TYPES and different <= len(values) / 2
    return few and share_like(values, DAY) < NEARLY_ALL


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
