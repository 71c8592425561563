"""Documents whose values a contract calls unique, and that come after others with the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path as FilePath

import numpy as np
import pyarrow as pa
import pyarrow.dataset as arrow

from workbench.bronze.results import BIT, POSITION, Outcome
from workbench.bronze.staging import staged
from workbench.proof import of_each
from workbench.schema import Node, Numbers, Path, Rule, arrow_type, node_at, show
from workbench.storage import relay

Twice = dict[int, dict[int, str]]  # blocks, places in them, what is wrong there


def repeated(
    folder: FilePath, outcomes: Iterable[Outcome], schema: Node, rules: Sequence[Rule]
) -> Twice:
    """The places of documents whose value has come before, by block.

    Values are told apart by a hash of 64 bits: 16 bytes of memory for each document.
    """
    found: Twice = {}
    for rule in rules:
        node = node_at(schema, rule.path) if rule.unique else None
        if node is None or node.kind in ("null", "struct", "list"):
            continue
        hashes, places = [np.zeros(0, np.uint64)], [np.zeros(0, np.int64)]
        for outcome in outcomes:
            if (node_at(outcome.written, rule.path) or Node()).kind == "null":
                continue
            values, at = two_columns(relay.bring(staged(folder, outcome.index)), rule.path)
            there = np.asarray(values.is_valid())
            typed = values.cast(arrow_type(node), safe=node.kind != "double")
            hashes.append(of_each(typed)[there])
            places.append(at[there])
        all_places = np.concatenate(places)
        order = np.argsort(all_places, kind="stable")
        _, first = np.unique(np.concatenate(hashes)[order], return_index=True)
        for place in np.delete(all_places[order], first).tolist():
            block = found.setdefault(place >> BIT, {})
            block.setdefault(place & ((1 << BIT) - 1), f"{show(rule.path)}: not unique")
    return found


def two_columns(file: FilePath, path: Path) -> tuple[pa.Array, Numbers]:
    """The values at a path outside arrays, and the positions of their documents."""
    columns = {"value": arrow.field(*map(str, path)), "at": arrow.field(POSITION)}
    table = arrow.dataset(file, format="parquet").to_table(columns).combine_chunks()
    chunks = table["value"].chunks
    return chunks[0] if chunks else pa.nulls(0), table["at"].to_numpy()
