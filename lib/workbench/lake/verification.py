"""Published partitions held again against their manifests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow.parquet as pq

from workbench.errors import LakeError, LeavesLost
from workbench.lake.digests import check_files, data_files
from workbench.lake.lake import Lake
from workbench.lake.tables import LAYERS, loaded
from workbench.proof import MANIFEST, Manifest


@dataclass(frozen=True)
class Verdict:
    """What is true of a partition: `fault` says why it is not proved, None that it is."""

    table: str
    day: str
    files: int = 0
    rows: int = 0
    fault: str | None = None


def published(lake: Lake) -> Iterator[tuple[str, str]]:
    """The tables of a lake, `layer.table`, with the date of each of their partitions."""
    for layer in LAYERS:
        for name in lake.tables(layer):
            for day in lake.dates(layer, name):
                yield f"{layer}.{name}", day


def verify(lake: Lake, table: str, day: str) -> Verdict:
    """Reads every byte of a partition, and holds it against what was published."""
    layer, _, name = table.partition(".")
    try:
        folder = lake.existing(layer, name, day)
        manifest = loaded(folder / MANIFEST, f"{table} of {day}", Manifest)
        if manifest.files is None:
            return Verdict(
                table,
                day,
                fault="cannot be proved: its manifest is of a time before they told the digests "
                "of files. Run the step that writes it again.",
            )
        check_files(folder, manifest, "it", lake.where(layer, name, day))
    except (LakeError, LeavesLost) as error:
        return Verdict(table, day, fault=str(error))
    files = [path for path in data_files(folder).values() if path.suffix == ".parquet"]
    rows = sum(int(pq.read_metadata(path).num_rows) for path in files)
    if rows != manifest.rows:
        said = f"it has {rows} rows, and its manifest says {manifest.rows}."
        return Verdict(table, day, fault=said)
    return Verdict(table, day, len(files), rows)
