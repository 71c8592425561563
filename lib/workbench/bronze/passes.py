"""The passes over a dump: a next one where what was learned makes documents read otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from workbench.bronze.block import Task, breadth, field_names, read_block
from workbench.bronze.learning import texts_in_maps, with_learned
from workbench.bronze.outcomes import Outcomes
from workbench.bronze.parsing import Rules
from workbench.bronze.pool import Pool
from workbench.bronze.reading import Block, Source, blocks, check_letters, too_wide
from workbench.bronze.repeated import Twice, repeated
from workbench.engines import Told
from workbench.schema import Node, Path, merge, node_at, settled, walk
from workbench.storage import relay

if TYPE_CHECKING:
    from workbench.bronze.cluster_pool import ClusterPool


@dataclass
class Passes:
    """Every block of the sources read by the workers, as often as that teaches something.

    `expected` is what each document must fit: the contract, and types that were chosen beside it.
    `rules` are those of the last pass, `exact` the paths of numbers that no double holds, `times`
    those of texts that were read as times, `texts` those of others among which are times.
    """

    pool: Pool | ClusterPool
    found: list[Source]
    rules: Rules
    pii_key: bytes | FilePath | Told
    folder: FilePath
    block_size: int
    contract: Node
    expected: Node
    maps: Sequence[Path]
    exact: set[Path] = field(default_factory=set)
    times: list[Path] = field(default_factory=list)
    texts: dict[Path, Node] = field(default_factory=dict)

    def until_settled(self, noted: Callable[[Block], None]) -> tuple[Outcomes, Node]:
        """The outcomes of the last pass, and the schema of what it has staged.

        Each block is given to `noted` before it is read for the first time.
        """
        outcomes, schema = self.one(noted)
        wanted, twice = set(self.rules.rows_of), None
        while (
            learned := with_learned(self.rules, wanted, self.maps, outcomes, schema)
        ) != self.rules or (
            twice is None and (twice := repeated(self.folder, outcomes, schema, self.rules.held))
        ):
            new = learned.loose.items() - self.rules.loose.items()
            self.exact |= {path for path, kind in new if kind == "exact"}
            self.rules = learned
            self.texts |= texts_with_times(schema) | texts_in_maps(schema, self.maps)
            clear(self.folder)
            outcomes, schema = self.one(twice=twice)
        self.texts |= texts_with_times(schema)
        self.times = [path for path, node in walk(schema) if node.kind == "isotime"]
        return outcomes, settled(schema)

    def texts_left(self, schema: Node) -> dict[Path, Node]:
        """The texts among which are times, where the schema has texts in the end."""
        return {p: n for p, n in self.texts.items() if (node_at(schema, p) or n).kind == "string"}

    def one(
        self, noted: Callable[[Block], None] = lambda _: None, twice: Twice | None = None
    ) -> tuple[Outcomes, Node]:
        """Every block read once; the outcomes in order and the schema of contract and documents."""
        known, outcomes, rules = self.contract, Outcomes(self.folder), self.rules
        told = relay.as_told(self.folder)

        def tasks() -> Iterator[tuple[Task]]:
            for block in blocks(self.found, self.block_size):
                noted(block)
                block = self.pool.within_reach(block)
                at = (twice or {}).get(block.index, {})
                yield (Task(block, rules, self.pii_key, told, known, self.expected, at),)

        for outcome in self.pool.each(read_block, tasks()):
            outcomes.add(outcome)
            known = merge(known, outcome.node)
            path = self.found[outcome.file].path
            if breadth(known) > 2 * rules.most_fields:
                raise too_wide(path, rules.most_fields, "several of them")
            check_letters(field_names(known), path)
        schema = self.contract
        for outcome in outcomes:
            schema = merge(schema, outcome.node)
        return outcomes, schema


def texts_with_times(schema: Node) -> dict[Path, Node]:
    """The paths of texts among which are many times."""
    kinds = ("string", "isotext")
    return {p: n for p, n in walk(schema) if n.kind in kinds and n.likely_times}


def clear(folder: FilePath) -> None:
    """Removes what a pass has staged, for the next may find other documents bad."""
    for part in ("documents", "bad", "mended"):
        relay.clear(folder / part)
