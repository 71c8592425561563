"""Bronze to silver: a dump that was read whole becomes one typed row per document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from workbench.bronze.parsing.envelopes import advice
from workbench.bronze.personal import lake_key
from workbench.bronze.quarantine import QUARANTINE, quarantined
from workbench.bronze.results import POSITION, Scan
from workbench.bronze.scan import scan
from workbench.columns.frames import key_parts
from workbench.errors import EngineError, SourceError, TooManyBadDocuments
from workbench.flatten.types import CARRIED
from workbench.lake.lake import Lake
from workbench.proof.compare import compare
from workbench.proof.contents import as_they_are, of_folder, of_frame
from workbench.proof.fingerprint import Fingerprints, as_json, leaves, together
from workbench.schema import drift
from workbench.schema.contract import load_contract
from workbench.schema.drift import Change, as_rows, changes, earlier_schema
from workbench.schema.kinds import Node, to_json, walk
from workbench.schema.names import quote
from workbench.schema.paths import ITEM, parse_path, show
from workbench.storage import scratch

TABLE = "users"


@dataclass
class Dump:
    """A dump that was read into a lake's staging folder: every good document as a typed row."""

    scan: Scan
    lake: Lake
    ingestion_date: str
    staging: FilePath
    pii: tuple[str, ...]
    drifted: list[Change]
    since: str | None = None

    def files(self) -> pd.DataFrame:
        """Grain: one row per file of the source."""
        return pd.DataFrame(
            [
                {
                    "file": FilePath(s.path).name,
                    "layout": s.layout,
                    "compression": s.compression,
                    "bytes": s.bytes,
                }
                for s in self.scan.sources
            ]
        )

    def quarantine(self) -> pd.DataFrame:
        """Grain: one row per reason for which documents were not accepted."""
        rows = sorted(self.scan.reasons.items())
        return pd.DataFrame(rows, columns=["reason", "documents"])

    def schema(self) -> pd.DataFrame:
        """Grain: one row per leaf path, with its kind and its number of non-null values."""
        counts = {show(p): f.count for p, f in self.scan.fingerprints.items()}
        rows = [
            {"path": show(path), "kind": node.kind, "values": counts.get(show(path), 0)}
            for path, node in walk(self.scan.schema)
            if is_leaf(node)
        ]
        return pd.DataFrame(rows, columns=["path", "kind", "values"])

    def drift(self) -> pd.DataFrame:
        """Grain: one row per path that differs from the last earlier ingestion, if there is one."""
        columns = ["path", "change", "before", "after"]
        return pd.DataFrame(as_rows(self.drifted), columns=columns)

    def notes(self) -> list[str]:
        """What a reader should know of how the documents were read."""
        kinds = {show(p): n.kind for p, n in walk(self.scan.schema)}
        notes = self.scan.notes()
        notes += [
            f"{p}: a date that does not parse, so all keep their text"
            for p, k in kinds.items()
            if k == "datetext"
        ]
        return notes + [
            f"{p}: named in pii, but not in this dump" for p in self.pii if p not in kinds
        ]


def is_leaf(node: Node) -> bool:
    return node.kind != "list" and not (node.kind == "struct" and node.fields)


def read_dump(
    source: Sequence[str],
    lake: str,
    ingestion_date: str,
    *,
    key: str,
    pii: Sequence[str],
    contract: str = "",
) -> Dump:
    """Reads every document of the source and stages the typed rows.

    `contract` is a file that fixes types (see `workbench.schema.contract`), or empty.

    Cost: one parallel pass over the bytes, in bounded memory. Raises RequestError where the
    source is not there, SourceError where it is not JSON text or has no document.
    """
    place = Lake(lake)
    staging = place.staging()
    found = scan(
        list(source),
        staging,
        key=key,
        pii=pii,
        pii_key=lake_key(place.private) if pii else b"",
        contract=load_contract(contract) if contract else None,
    )
    earlier = earlier_schema(place, TABLE, ingestion_date)
    drifted = changes(earlier[1], found.schema) if earlier else []
    since = earlier[0] if earlier else None
    return Dump(found, place, ingestion_date, staging, tuple(pii), drifted, since)


def check_bad_share(dump: Dump, max_bad_share: float) -> None:
    """Publishes the quarantine and raises, where no document or too few are good."""
    read = dump.scan
    bad = read.documents - read.good
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(read.reasons.items()))
    if read.good and bad / read.documents <= max_bad_share:
        return
    if not read.documents:
        names = ", ".join(s.path for s in read.sources)
        raise SourceError(
            f"source: {names} holds no document, only an empty array. Check that the export "
            "finished, or name another source. Nothing was published."
        )
    publish_quarantine(dump, set())
    where = dump.lake.partition("quarantine", TABLE, dump.ingestion_date)
    row = next(quarantined(read, set())).slice(0, 1).to_pylist()[0]
    first = f"The first, number {row['position']} of {row['source_file']}: {row['detail']}. "
    if not read.good:
        raise SourceError(
            f"None of the {read.documents} documents is good ({reasons}). "
            f"{first}They are in {where}; nothing else was published. "
            f"Check the source{', `contract`' * ('contract' in read.reasons)} and `key`."
            f"{advice(read.documents, row, read.key)}"
        )
    raise TooManyBadDocuments(
        f"{bad} of {read.documents} documents are bad ({reasons}), a share of "
        f"{bad / read.documents:.4f}; max_bad_share is {max_bad_share}. {first}"
        f"They are in {where}; nothing else was published. Look at them, then mend the dump or "
        "raise max_bad_share."
    )


def check_drift(dump: Dump, on_drift: str) -> None:
    """Raises SchemaDrift, before anything is published, where paths drifted and that is a fault."""
    if dump.since:
        drift.check_drift(dump.drifted, dump.since, on_drift)


def publish_quarantine(dump: Dump, superseded: set[int]) -> int:
    """Writes the quarantine of the ingestion; returns how many documents it holds."""
    folder = dump.staging / "quarantine"
    folder.mkdir(mode=0o700)
    rows = 0
    with pq.ParquetWriter(folder / "part-00000.parquet", QUARANTINE, compression="zstd") as writer:
        for table in quarantined(dump.scan, superseded):
            writer.write_table(table)
            rows += table.num_rows
    with dump.lake.lock():
        dump.lake.publish(folder, "quarantine", TABLE, dump.ingestion_date, {"rows": rows})
    return rows


def read_staged(spark: SparkSession, dump: Dump) -> DataFrame:
    """The good documents, typed. Grain: one row per document, with its position.

    Raises EngineError where they are nested deeper than the engine can carry.
    """
    return read_scanned(spark, dump.scan)


def read_scanned(spark: SparkSession, scan: Scan) -> DataFrame:
    """The good documents of a scan; as `read_staged`."""
    staged = spark.read.parquet(str(scan.folder / "documents"))
    try:
        staged.schema  # noqa: B018
    except Exception as error:
        deepest = max((path for path, _ in walk(scan.schema)), key=len)
        if len(deepest) <= CARRIED:
            raise
        raise EngineError(
            f"The documents are nested {len(deepest)} levels deep (below {show(deepest[:3])}), and "
            f"this engine carries {CARRIED}. Run with --engine spark, which carries them all."
        ) from error
    return staged


def find_superseded(spark: SparkSession, dump: Dump, updated_at: str) -> set[int]:
    """The positions of the documents whose key comes again with a later `updated_at`.

    Of equal times the last in the dump stays. Starts one job per two million keys, and one more
    where some of them are repeated.
    """
    key = reference(dump.scan.key)
    path = parse_path(updated_at)
    there = ITEM not in path and any(p == path and is_leaf(n) for p, n in walk(dump.scan.schema))
    time = reference(updated_at) if there else F.lit(None).cast("timestamp")
    keys = read_staged(spark, dump).select(
        key.alias("key"), time.alias("time"), F.col(POSITION).alias("position")
    )
    parts = key_parts(keys, F.col("key"), dump.scan.good)
    return set().union(*map(superseded_among, parts))


def superseded_among(keys: DataFrame) -> set[int]:
    repeated = keys.groupBy("key").count().where("count > 1").select("key")
    if not repeated.limit(1).collect():
        return set()
    order = Window.partitionBy("key").orderBy(F.desc_nulls_last("time"), F.desc("position"))
    ranked = keys.join(repeated, "key", "left_semi").withColumn("rank", F.row_number().over(order))
    return {int(row[0]) for row in ranked.where("rank > 1").select("position").collect()}


def reference(path: str) -> Column:
    return F.col(".".join(quote(str(key)) for key in parse_path(path)))


def silver_users(spark: SparkSession, dump: Dump, superseded: set[int]) -> DataFrame:
    """silver.users. Grain: one row per key; columns: the fields of the documents, typed."""
    staged = read_staged(spark, dump)
    if superseded:
        staged = staged.join(superseded_rows(spark, dump, superseded), POSITION, "left_anti")
    return staged.select(*[F.col(quote(name)) for name in dump.scan.schema.fields])


def superseded_rows(spark: SparkSession, dump: Dump, superseded: set[int]) -> DataFrame:
    """The positions as a DataFrame, by way of a file: there may be many."""
    folder = dump.staging / "superseded"
    folder.mkdir(exist_ok=True)
    table = pa.table({POSITION: pa.array(sorted(superseded), pa.int64())})
    pq.write_table(table, folder / "positions.parquet")
    return F.broadcast(spark.read.parquet(str(folder)))


def superseded_leaves(spark: SparkSession, dump: Dump, superseded: set[int]) -> Fingerprints:
    """The fingerprints of the superseded documents; none, and no job, where there are none."""
    if not superseded:
        return {}
    rows = superseded_rows(spark, dump, superseded)
    taken = read_staged(spark, dump).join(rows, POSITION, "left_semi").drop(POSITION)
    return of_frame(taken, as_they_are)[0].leaves


def publish_silver(
    spark: SparkSession, silver: DataFrame, dump: Dump, superseded: set[int]
) -> dict[str, Any]:
    """Writes silver.users, proves it, and publishes it with its quarantine.

    Raises LeavesLost where the written table and the superseded documents together are not the
    documents of the source. Returns the counts and the proof, for the run's record.
    """
    lake, read = dump.lake, dump.scan
    folder = dump.staging / "silver"
    silver.write.parquet(str(folder), compression="zstd")
    written = of_folder(folder, as_they_are)[0].leaves
    beside = superseded_leaves(spark, dump, superseded)
    compare(read.fingerprints, together([written, beside]), "silver.users")
    record = {
        "table": "silver.users",
        "documents": read.documents,
        "rows": read.good - len(superseded),
        "quarantined": read.documents - read.good + len(superseded),
        "reasons": dict(sorted(read.reasons.items()))
        | ({"superseded": len(superseded)} if superseded else {}),
        "repeated_keys": read.repeated,
        "leaves": leaves(read.fingerprints),
        "leaves_in_table": leaves(written),
        "sources": [
            {
                "path": s.path,
                "bytes": s.bytes,
                "sha256": read.digests[s.path],
                "layout": s.layout,
                "compression": s.compression,
            }
            for s in read.sources
        ],
        "passed_over": read.passed_over,
        "schema": to_json(read.schema),
        "drift": {"since": dump.since, "changes": as_rows(dump.drifted)},
        "fingerprints": {"source": as_json(read.fingerprints), "table": as_json(written)},
        "notes": dump.notes(),
    }
    with lake.lock():
        publish_quarantine(dump, superseded)
        target = lake.publish(folder, "silver", TABLE, dump.ingestion_date, record)
    scratch.discard(dump.staging)
    return record | {"output": str(target)}
