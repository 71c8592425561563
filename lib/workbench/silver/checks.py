"""What is held against the parameters before silver is published."""

from __future__ import annotations

import pyarrow.parquet as pq

from workbench.bronze import QUARANTINE, advice, quarantined
from workbench.errors import SourceError, TooManyBadDocuments
from workbench.proof import Manifest
from workbench.schema import drift
from workbench.silver.dump import TABLE, Dump


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
        dump.lake.publish(folder, "quarantine", TABLE, dump.ingestion_date, Manifest(rows=rows))
    return rows
