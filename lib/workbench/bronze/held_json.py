"""Fields whose texts hold JSON, in which share: what `expand` would make fields of."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from workbench.bronze.personal_values import MOST_VALUES, parsed, share_of
from workbench.bronze.staged import different_values, first_documents, values_at
from workbench.bronze.staged_dump import StagedDump
from workbench.flatten import percent
from workbench.schema import Node, Path, show, walk

FEW = 0.5  # the share of different texts from which on they are likely to be meant


@dataclass(frozen=True)
class JsonField:
    """A field, and the share of its texts, the first ones, that hold an object or an array."""

    path: Path
    share: float

    def __str__(self) -> str:
        return f"{show(self.path)} holds JSON in {percent(self.share)} of its texts"


def json_fields(schema: Node, documents: pa.Table) -> list[JsonField]:
    """Such fields, by the documents handed over: 500 different texts of each are looked at."""
    found = []
    for path, node in walk(schema):
        if node.kind != "string":
            continue
        texts = values_at(documents, path)
        if not pc.any(pc.match_substring_regex(texts, r"^\s*[{\[]")).as_py():
            continue
        different = different_values(texts, MOST_VALUES)
        held = [text for text in different if parsed(text)]  # of [] there are no fields
        if len(held) / len(different) >= FEW:
            found.append(JsonField(path, share_of(held, different)))
    return found


def json_fields_of(dump: StagedDump) -> list[JsonField]:
    """The same of a dump that was staged."""
    return json_fields(dump.node, first_documents(dump.scan)) if dump.scan.good else []
