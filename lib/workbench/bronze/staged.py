"""The rows of a dump that was staged: for an engine, by themselves, or some of their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path as FilePath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as arrow
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from workbench.bronze.results import BIT, POSITION, Scan
from workbench.bronze.staged_dump import StagedDump
from workbench.bronze.staging import as_staged, documents
from workbench.columns import CARRIED
from workbench.engines import read_folder
from workbench.errors import EngineError
from workbench.proof import Contents, Fingerprints, Look, of_array, of_each, of_files
from workbench.schema import ITEM, Path, names_of, show, walk
from workbench.storage import relay

SAMPLE = 10_000  # documents
SAMPLE_BYTES = 64 << 20
SAMPLE_VALUES = 1 << 20  # of a path: one document may have millions


def column(scan: Scan, path: Path) -> pa.ChunkedArray:
    """All values at a path outside arrays, null where a struct around it is."""
    return staged(scan).to_table({"value": arrow.field(*map(str, path))})["value"]


def table(scan: Scan, paths: Sequence[Path]) -> pa.Table:
    """Columns named 0, 1, ... of all values at paths outside arrays."""
    return staged(scan).to_table(numbered_fields(paths))


def numbered_fields(paths: Sequence[Path]) -> dict[str, arrow.Expression]:
    """The values at paths by their places 0, 1, ...: as names, paths could be ambiguous."""
    return {str(at): arrow.field(*map(str, path)) for at, path in enumerate(paths)}


def key_batches(scan: Scan) -> Iterator[pa.RecordBatch]:
    """The keys of all documents, a column for each of their fields, batch by batch."""
    found: Iterator[pa.RecordBatch] = staged(scan).to_batches(columns=numbered_fields(scan.keys))
    return found


def first_documents(scan: Scan) -> pa.Table:
    """The first documents, 10,000 at most and as many as take some 64 MB, but one at least."""
    found: list[pa.Table] = []
    rows = size = 0
    for file in relay.names(documents_of(scan), ".parquet"):
        found.append(pq.read_table(relay.bring(file), partitioning=None).slice(0, SAMPLE - rows))
        rows += len(found[-1])
        size += found[-1].nbytes
        if rows >= SAMPLE or size >= SAMPLE_BYTES:
            break
    return pa.concat_tables(found).combine_chunks()


def values_at(documents: pa.Table, path: Path) -> pa.Array:
    """The first million values at a path, those inside arrays too, without nulls."""
    found = documents[str(path[0])].chunk(0)  # read from files: below a null all is null
    for key in path[1:]:
        found = found.flatten() if key is ITEM else found.field(str(key))
    return found.drop_null().slice(0, SAMPLE_VALUES)


def different_values(values: pa.Array, most: int) -> Counter[str]:
    """The first different values, as texts, with how often each comes before there are more.

    So that shares are those of a beginning of the values, where rare ones weigh what they weigh.
    """
    coded = values.cast(pa.string()).dictionary_encode()
    places = coded.indices.to_numpy()
    beyond = np.flatnonzero(places >= most)
    times = np.bincount(places[: beyond[0]] if len(beyond) else places)
    return Counter(
        dict(zip(coded.dictionary.slice(0, most).to_pylist(), times.tolist(), strict=True))
    )


def staged(scan: Scan) -> arrow.Dataset:
    return arrow.dataset(documents(scan.folder), format="parquet")


def documents_of(scan: Scan) -> FilePath:
    """The folder of the staged rows."""
    return scan.folder / "documents"


def share_like(values: pa.Array, pattern: re.Pattern[str]) -> float:
    """The share of texts that match the pattern from their beginning; 0 of none."""
    texts = values.unique().to_pylist()[:1000]
    return sum(bool(pattern.match(text)) for text in texts) / len(texts) if texts else 0.0


def read_staged(spark: SparkSession, dump: StagedDump) -> DataFrame:
    """The good documents, typed. Grain: one row per document, with its position.

    Where that is the key, it stands in the column `dump.number` too, as a person counts. Raises
    EngineError where the documents are nested deeper than the engine can carry.
    """
    staged = read_folder(spark, documents_of(dump.scan))
    try:
        staged.schema  # noqa: B018
    except Exception as error:
        deepest = max((path for path, _ in walk(dump.node)), key=len)
        if len(deepest) <= CARRIED:
            raise
        raise EngineError(
            f"The documents are nested {len(deepest)} levels deep (below {show(deepest[:3])}), and "
            f"this engine carries {CARRIED}. Run with --engine spark, which carries them all."
        ) from error
    if not dump.own:
        return staged
    place = F.col(POSITION)
    starts = F.array(*[F.lit(n).cast("bigint") for n in dump.scan.starts.values()])
    inside = place.bitwiseAND(F.lit((1 << BIT) - 1).cast("bigint"))
    position = F.get(starts, F.shiftright(place, BIT).cast("int")) + inside + 1
    return staged.select(position.alias(dump.number), "*")


def in_staged(dump: StagedDump, *looks: Look, but: Collection[Path] = ()) -> list[Contents]:
    """What each function finds in the staged documents themselves, without the engine.

    Raises LeavesLost where they are not what was read of the source. `but`: paths that nobody asks
    for here, whose values are proved elsewhere; they are not read, where nothing else is by them.
    """
    starts = np.array(list(dump.scan.starts.values()), np.int64)

    def documents_in(look: Look, rows: pa.StructArray) -> Contents:
        columns = dict(zip(names_of(rows.type), rows.flatten(), strict=True))
        place = columns.pop(POSITION).to_numpy()
        if dump.own:
            columns[dump.number] = pa.array(starts[place >> BIT] + (place & ((1 << BIT) - 1)) + 1)
        return look(pa.StructArray.from_arrays(list(columns.values()), names=list(columns)))

    seen_as = [partial(as_staged, dump.scan.keys), *[partial(documents_in, k) for k in looks]]
    unread = columns_at(dump, but) if but else ()
    itself, *found = of_files(documents(dump.scan.folder), *seen_as, unread=unread)
    dump.prove(itself.leaves, "What was staged", but=but)
    return found


def columns_at(dump: StagedDump, paths: Collection[Path]) -> set[str]:
    """The columns at some paths in the staged files, as Parquet names them.

    Without those of keys, without one of each array, which tells its size, and without those whose
    name another has too: `a.b` may be the field `b` of `a`, or a field of that name.
    """
    there = [path for path, _ in walk(dump.node)]
    of_array = {
        path[:at]: path
        for path in reversed(there)
        for at, key in enumerate(path)
        if key is ITEM and path in paths
    }
    read = {*dump.scan.keys, *of_array.values(), *(p for p in there if p not in paths)}
    return {column_at(path) for path in paths} - {column_at(path) for path in read}


def column_at(path: Path) -> str:
    return ".".join("list.element" if key is ITEM else str(key) for key in path)


def numbered(dump: StagedDump, rows: pa.StructArray) -> Contents:
    """What rows hold that stand beside their documents' position; hashed as what was read is."""
    starts = np.array(list(dump.scan.starts.values()), np.int64)
    columns = dict(zip(names_of(rows.type), rows.flatten(), strict=True))
    place = columns.pop(dump.number).to_numpy() - 1
    block = np.searchsorted(starts, place, side="right") - 1
    at = pa.array((block << BIT) + place - starts[block])
    own = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
    return Contents(of_array(own, around=of_each(at)), Counter({(): len(rows)}))


def leaves_at(dump: StagedDump, positions: Collection[int]) -> Fingerprints:
    """The fingerprints of the staged documents at some positions."""
    wanted = pa.array(sorted(positions), pa.int64())

    def look(rows: pa.StructArray) -> Contents:
        return as_staged(dump.scan.keys, rows.filter(pc.is_in(rows.field(POSITION), wanted)))

    return of_files(documents(dump.scan.folder), look)[0].leaves
