"""Bronze to silver: a dump that was read whole becomes one typed row per document."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from workbench.bronze import POSITION, read_staged
from workbench.engines import write_folder
from workbench.proof import (
    Drift,
    SilverManifest,
    as_json,
    leaves,
    told,
)
from workbench.schema import quote, to_json
from workbench.silver.checks import publish_quarantine
from workbench.silver.dump import TABLE, Dump
from workbench.silver.proving import prove_silver
from workbench.silver.restating import RESTATE, in_common, restate_others
from workbench.silver.superseded import superseded_rows
from workbench.storage import relay


def silver_users(spark: SparkSession, dump: Dump, superseded: set[int]) -> DataFrame:
    """silver.users. Grain: one row per key; columns: the fields of the documents, typed."""
    staged = read_staged(spark, dump.staged)
    if superseded:
        staged = staged.join(superseded_rows(spark, dump, superseded), POSITION, "left_anti")
    return staged.select(*[F.col(quote(name)) for name in dump.staged.schema.names])


def publish_silver(
    spark: SparkSession,
    silver: DataFrame,
    dump: Dump,
    superseded: set[int],
    on_drift: str = "report",
) -> SilverManifest:
    """Writes silver.users, proves it, and publishes it with its quarantine.

    Where `on_drift` is restate, the table has one schema in all ingestions afterwards: see
    `workbench.silver.restating`.

    Raises LeavesLost where the written table and the superseded documents together are not the
    documents of the source. Returns the manifest: counts and proof.
    """
    lake, read, staged = dump.lake, dump.scan, dump.staged
    folder = dump.staging / "silver"
    write_folder(silver, folder, read.size / max(read.good, 1))
    written = prove_silver(folder, staged, superseded)
    common = in_common(dump, folder, written) if on_drift == RESTATE else None
    manifest = SilverManifest(
        table="silver.users",
        documents=read.documents,
        rows=read.good - len(superseded),
        quarantined=read.documents - read.good + len(superseded),
        reasons=dict(sorted(read.reasons.items()))
        | ({"superseded": len(superseded)} if superseded else {}),
        repeated_keys=read.repeated,
        leaves=staged.leaves,
        leaves_in_table=leaves(common.leaves if common else written),
        sources=staged.source_files(),
        asked=staged.request.asked(),
        passed_over=read.passed_over,
        key_mark=dump.key_mark,
        schema=to_json(common.schema if common else staged.table),
        drift=Drift(since=dump.since, changes=dump.drifted),
        fingerprints={
            "source": as_json(staged.fingerprints),
            "table": as_json(common.leaves if common else written),
        },
        notes=[*dump.notes(), *(common.notes() if common else [])],
        restated=common.restated if common else None,
    )
    with lake.lock():
        publish_quarantine(dump, superseded)
        if common:
            folder = common.folder
            restate_others(common, lake, dump.staging)
        target = lake.publish(folder, "silver", TABLE, dump.ingestion_date, manifest)
    relay.end(dump.staging)
    shown = told(manifest.fingerprints or {})
    return replace(manifest, output=str(target), fingerprints=shown, asked=None)
