"""A dump that was read for flattening: its documents as an engine sees them, and their leaves."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.bronze import (
    BIT,
    MISSING_KEY,
    MOST_FIELDS,
    MOST_KEYS,
    POSITION,
    WRAPPERS,
    Scan,
    advice,
    quarantined,
    read_scanned,
    scan,
)
from workbench.convert.maps import map_staged, mapped_fingerprints, mapped_node
from workbench.errors import SourceError, UnknownPath, WorkbenchError
from workbench.flatten.counts import Counts
from workbench.flatten.maps import find_struct
from workbench.flatten.outline import DOCUMENT, SAMPLE
from workbench.proof import Contents, Fingerprints, Look, of_folder
from workbench.schema import (
    ITEM,
    Node,
    Path,
    elements,
    parse_path,
    quote,
    show,
    sizes,
    struct_type,
    valid,
    walk,
)


@dataclass(frozen=True)
class Request:
    """What is to be flattened, and how. `key` is empty where documents have none."""

    source: Sequence[str]
    key: str = ""
    explode: Sequence[str] = ()
    as_map: Sequence[str] = ()
    names: str = "athena"
    format: str = "parquet"
    planned: bool = False  # only to be shown, with what looks like a map


@dataclass(frozen=True)
class Staged:
    """A dump that was read: its documents as an engine will see them, and their fingerprints.

    `key` is the column that tells rows apart, `own` whether it is the document's position. `mixed`
    are the paths whose values are of several kinds, and so JSON text.
    """

    scan: Scan
    schema: T.StructType
    key: str
    own: bool
    fingerprints: Fingerprints
    counted_only: set[Path] = field(default_factory=set)
    mixed: Sequence[Path] = ()


def stage(request: Request, folder: FilePath) -> Staged:
    """Reads every document, and says what an engine will see of them."""
    most = MOST_KEYS if request.as_map or request.planned else MOST_FIELDS
    read = scan(list(request.source), folder / "scan", key=request.key or None, most_fields=most)
    if not read.documents:
        raise SourceError(
            f"source: {', '.join(request.source)} holds no document, only an empty array. "
            "Check that the export finished, or name another source."
        )
    if not read.good:
        raise none_good(request, read)
    node, found = read.schema, read.fingerprints
    counted: set[Path] = set()
    for path in request.as_map:
        target = find_struct(struct_type(node), path)
        after = mapped_node(node, target, target)
        texts = map_staged(read.folder / "documents", node, target)
        found, widened = mapped_fingerprints(found, node, after, target, texts)
        counted |= widened
        node = after
    check_mixed(request, node)
    schema = struct_type(node)
    key, own = request.key, not request.key
    if own:
        key = DOCUMENT
        while key in schema.names:
            key = f"_{key}"
        schema = T.StructType([T.StructField(key, T.LongType()), *schema.fields])
    mixed = [path for path, inner in walk(node) if inner.kind == "text"]
    return Staged(read, schema, key, own, found, counted, mixed)


def none_good(request: Request, read: Scan) -> WorkbenchError:
    """Why nothing can be made: where each document lacks the key, it is the key that is wrong."""
    first = next(quarantined(read, set())).slice(0, 1).to_pylist()[0]
    if set(read.reasons) == {MISSING_KEY}:
        with suppress(ValueError):  # what was cut for its length
            there = [show(path) for path in scalars(json.loads(first["raw"]))]
            near = difflib.get_close_matches(request.key, there, 3, 0.4) or there[:5]
            return UnknownPath(
                f"key: none of the {read.documents} documents has {request.key}. "
                f"The first has: {', '.join(near) or 'no field'}. "
                "Name the field that tells the documents apart, or leave --key out."
                f"{advice(read.documents, first, request.key)}"
            )
    reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(read.reasons.items()))
    return SourceError(
        f"None of the {read.documents} documents is good ({reasons}); nothing was written. "
        f"The first, number {first['position']} of {first['source_file']}: {first['detail']}. "
        "Check the source"
        + (" and --key." if request.key else ".")
        + advice(read.documents, first, request.key)
    )


def scalars(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of a document that hold a single value."""
    if isinstance(value, dict) and not set(value) & WRAPPERS:
        for key, inner in value.items():
            yield from scalars(inner, (*path, key))
    elif not isinstance(value, list):
        yield path


def check_mixed(request: Request, node: Node) -> None:
    """Raises UnknownPath where what is to be exploded is not an array in each document."""
    mixed = {path for path, inner in walk(node) if inner.kind == "text"}
    for text in request.explode:
        wanted = parse_path(text)
        for path in mixed & {wanted[:at] for at in range(1, len(wanted) + 1)}:
            raise UnknownPath(
                f"explode: {show(path)} holds values of several kinds, not an array in each "
                "document, so it stays one column of JSON text. Leave it out, or mend the source."
            )


def documents(spark: SparkSession, staged: Staged) -> DataFrame:
    """Grain: one row per document; columns: the staged schema."""
    df, place = read_scanned(spark, staged.scan), F.col(POSITION)
    if staged.own:
        starts = F.array(*[F.lit(n).cast("bigint") for n in staged.scan.starts.values()])
        block = F.shiftright(place, BIT).cast("int")
        inside = place.bitwiseAND(F.lit((1 << BIT) - 1).cast("bigint"))
        position = F.get(starts, block) + inside + 1
        df = df.select(position.alias(staged.key), "*")
    return df.select(*[F.col(quote(name)) for name in staged.schema.names])


def in_staged(staged: Staged, *looks: Look) -> list[Contents]:
    """What each function finds in the staged documents themselves, without the engine."""
    starts = np.array(list(staged.scan.starts.values()), np.int64)

    def documents_in(look: Look, rows: pa.StructArray) -> Contents:
        columns = dict(zip(rows.type.names, rows.flatten(), strict=True))
        place = columns.pop(POSITION).to_numpy()
        if staged.own:
            columns[staged.key] = pa.array(starts[place >> BIT] + (place & ((1 << BIT) - 1)) + 1)
        return look(pa.StructArray.from_arrays(list(columns.values()), names=list(columns)))

    return of_folder(staged.scan.folder / "documents", *[partial(documents_in, k) for k in looks])


def sample_counts(staged: Staged) -> Counts:
    """What the first documents say of the schema."""
    counts = Counts(of=staged.scan.good)
    for part in sorted((staged.scan.folder / "documents").iterdir()):
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(SAMPLE):
                first = batch.slice(0, SAMPLE - counts.rows)
                counts.rows += first.num_rows
                count_in(pa.StructArray.from_arrays(first.columns, first.schema.names), (), counts)
                if counts.rows == SAMPLE:
                    return counts
    return counts


def count_in(array: pa.Array, path: Path, counts: Counts) -> None:
    """Adds the values at a path and below, column by column: documents may have thousands."""
    counts.present[path] += len(array) - array.null_count
    if pa.types.is_struct(array.type):
        for field_, child in zip(array.type, array.flatten(), strict=True):
            count_in(child, (*path, field_.name), counts)
    elif pa.types.is_list(array.type):
        counts.lengths.setdefault(path, []).extend(sizes(array)[valid(array)].tolist())
        count_in(elements(array), (*path, ITEM), counts)
