"""One schema for all ingestions of a table, so that readers that know but one read it as it stands.

What an ingestion has in other columns or types is written again in those that hold the values of
all, proved, and published in its place, one partition at a time. A kill in between leaves some of
them to the next time; each is the old one or the new one, whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as FilePath

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import LeavesLost
from workbench.lake.align import same
from workbench.lake.ingestions import Ingestion, Wanted, aligned, ingestion, marked, wanted
from workbench.lake.lake import Lake
from workbench.proof import Contents, Look, compare, of_folder
from workbench.schema import Node, from_json
from workbench.storage import stamped

ROWS = 8192  # of a batch that is written again


@dataclass(frozen=True)
class OneSchema:
    """The columns of all ingestions of a table; `others` are those that are published otherwise.

    `mine` is the ingestion that is about to be published.
    """

    columns: dict[str, Wanted]
    mine: Ingestion
    others: list[Ingestion]

    @property
    def node(self) -> Node:
        return Node("struct", {name: column.node for name, column in self.columns.items()})

    @property
    def as_it_is(self) -> bool:
        """Whether the ingestion that is about to be published has these columns already."""
        return fits(self.mine, self.columns)


def one_schema(
    lake: Lake, table: str, ingestion_date: str, folder: FilePath, schema: Node
) -> OneSchema:
    """What a staged ingestion and those of the other dates have in common, oldest first.

    Reads the manifests alone, unless one of them differs; then the files' footers too.
    """
    layer, _, name = table.partition(".")
    mine = marked(ingestion_date, folder, schema)
    days = [day for day in lake.dates(layer, name) if day != ingestion_date]
    told = [lake.manifest(layer, name, day).schema for day in days]
    if all(node and same(from_json(node), schema) for node in told):
        return OneSchema(wanted([mine], table), mine, [])
    found = [ingestion(lake, layer, name, day) for day in days]
    columns = wanted([*found, mine], table)
    return OneSchema(columns, mine, [one for one in found if not fits(one, columns)])


def fits(one: Ingestion, columns: dict[str, Wanted]) -> bool:
    """Whether a partition has these columns, in this order, with these types."""
    types = {name: column.type for name, column in columns.items()}
    return list(one.types.items()) == list(types.items()) and all(
        same(one.nodes[name], column.node) for name, column in columns.items()
    )


def restated(
    one: Ingestion, columns: dict[str, Wanted], target: FilePath, look: Look, what: str
) -> Contents:
    """Writes a partition again in these columns; returns what was read back of it, by `look`.

    In bounded memory. Raises LeavesLost where that is not what its rows are in the new types.
    """
    schema = pa.schema([(name, column.type) for name, column in columns.items()])
    expected = Contents()
    target.mkdir(parents=True)
    for file in one.files():
        with pq.ParquetWriter(
            target / f"{stamped()}.parquet", schema, compression="zstd"
        ) as writer:
            for rows in in_columns(file, one, columns, schema):
                writer.write_batch(rows)
                expected += look(rows.to_struct_array())
    (found,) = of_folder(target, look)
    compare(expected.leaves, found.leaves, what)
    if found.rows != expected.rows:
        raise LeavesLost(f"{what} has {found.rows[()]} rows, and had {expected.rows[()]}.")
    return found


def in_columns(
    file: FilePath, one: Ingestion, columns: dict[str, Wanted], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    for batch in pq.ParquetFile(file).iter_batches(ROWS):
        yield pa.record_batch(aligned(batch, one, columns), schema=schema)
