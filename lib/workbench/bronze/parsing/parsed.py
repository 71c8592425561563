"""What parsing needs to know, and what it gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from workbench.bronze.reading import MOST_FIELDS
from workbench.schema import Node, Path, Rule, Selection

LEFT = ("text", "isotext")


@dataclass
class Bad:
    """A document that was not accepted. `at` is its index among those of the block."""

    at: int
    reason: str
    detail: str


@dataclass
class Parsed:
    """The accepted documents of a block: one struct per document, in order.

    `kept` holds their indexes; `repeated` counts keys that stood twice in one object. `lone` counts
    by path the objects that stood where arrays are expected; `lists` are the paths of those that
    arrays were found at. `cast` counts by path the values that are of another type than written,
    `expanded` the texts that have become the JSON that they held.
    """

    rows: pa.StructArray
    node: Node
    kept: list[int]
    bad: list[Bad] = field(default_factory=list)
    repeated: int = 0
    lone: Counter[Path] = field(default_factory=Counter)
    lists: set[Path] = field(default_factory=set)
    cast: Counter[Path] = field(default_factory=Counter)
    expanded: Counter[Path] = field(default_factory=Counter)
    left_out: Counter[Path] = field(default_factory=Counter)  # values that were not even typed
    infinite: int = 0  # NaN and infinities that are written as such


@dataclass(frozen=True)
class Rules:
    """How documents are read: the key's paths (`()`: none), paths kept as written, personal fields.

    Documents with more names of fields than `most_fields` are not read, but for those of which
    what is not `selected` goes first: `narrow`.
    `arrays`: the paths where arrays are expected, and a lone object is an array of one.
    `rows_of`: the arrays that rows are to be made of; `elements`: the form of nearly all elements
    of those that have others too.
    `types`: the types that values are read as, by path; `chosen`: those beside a contract.
    `expand`: the paths of texts that hold JSON. `selected`: what is read of the documents.
    `held`: what a contract says beside types. `lenient`: NaN and the infinities are read.
    `typed`: documents are in DynamoDB's typed JSON.
    `file_column`: the name of the column for the files of the documents; empty: there is none.
    `reserved`: names of columns that documents' fields are not to have.
    `beside`: the names of the fields for the texts of dates that are no times, and for those that
    are no JSON, by the paths where they stand.
    """

    keys: tuple[Path, ...]
    loose: dict[Path, str]
    personal: frozenset[Path]
    most_fields: int = MOST_FIELDS
    arrays: frozenset[Path] = frozenset()
    rows_of: frozenset[Path] = frozenset()
    elements: dict[Path, str] = field(default_factory=dict)
    beside: dict[Path, str] = field(default_factory=dict)
    types: dict[Path, Node] = field(default_factory=dict)
    chosen: frozenset[Path] = frozenset()
    expand: frozenset[Path] = frozenset()
    selected: Selection = field(default_factory=Selection)
    narrow: bool = False
    held: Sequence[Rule] = ()
    lenient: bool = False
    typed: bool = False
    file_column: str = ""
    reserved: frozenset[str] = frozenset()

    def may_be_time(self, path: Path) -> bool:
        """Whether a text is looked at for being a time: keys and personal values are not."""
        return (
            path not in self.keys and path not in self.personal and self.loose.get(path) not in LEFT
        )
