"""What is held against the parameters before silver is published."""

from __future__ import annotations

from workbench.bronze import check_good, keep_quarantine, keys_told
from workbench.errors import KeyNotUnique
from workbench.proof import Manifest
from workbench.schema import refuse_drift, spelled
from workbench.silver.dump import TABLE, Dump


def check_bad_share(dump: Dump, max_bad_share: float) -> None:
    """Publishes the quarantine and raises, where no document or too few are good."""
    read = dump.scan
    few = read.good and (read.documents - read.good) / read.documents <= max_bad_share
    if few and read.schema.fields:
        return
    if read.good < read.documents:
        publish_quarantine(dump, set())
    where = dump.lake.where("quarantine", TABLE, dump.ingestion_date)
    check_good(read, f"They are in {where}; nothing else was published.", max_bad_share)


def check_superseded(dump: Dump, superseded: set[int], max_superseded_share: float) -> None:
    """Raises KeyNotUnique, before anything is published, where the key repeats too often.

    A field that many documents share (a country, a status) is no key: all but one of each would
    be taken for older versions.
    """
    good, key = dump.scan.good, spelled(dump.scan.keys)
    if len(superseded) / good <= max_superseded_share:
        return
    raise KeyNotUnique(
        f"key: {key} has {good - len(superseded):,} different values in {good:,} documents, so "
        f"{len(superseded):,} of them would be superseded, a share of {len(superseded) / good:.4f};"
        f" max_superseded_share is {max_superseded_share}. Nothing was published. "
        f"{keys_told(dump.scan)} Set key to what tells documents apart; where these are "
        "versions of the same ones, raise max_superseded_share."
    )


def check_drift(dump: Dump, on_drift: str) -> None:
    """Raises SchemaDrift, before anything is published, where paths drifted and that is a fault."""
    if dump.since:
        refuse_drift(dump.drifted, dump.since, on_drift)


def publish_quarantine(dump: Dump, superseded: set[int]) -> int:
    """Writes the quarantine of the ingestion; returns how many documents it holds."""
    folder = dump.staging / "quarantine"
    folder.mkdir(mode=0o700)
    rows = keep_quarantine(dump.scan, superseded, folder / "part-00000.parquet")
    with dump.lake.lock():
        dump.lake.publish(folder, "quarantine", TABLE, dump.ingestion_date, Manifest(rows=rows))
    return rows
