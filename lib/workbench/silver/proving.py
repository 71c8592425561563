"""silver.users proved: against the pass that it was made from, or another over the same dump."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path as FilePath

import pyarrow.parquet as pq

from workbench.bronze import DumpRequest, StagedDump, leaves_at, numbered, stage_dump, staged_at
from workbench.errors import LakeError, LeavesLost
from workbench.lake import KEY_VARIABLE, Lake, key_mark
from workbench.proof import (
    Fingerprints,
    SilverManifest,
    SourceFile,
    differing,
    in_lines,
    keyed,
    of_folder,
    together,
)
from workbench.schema import Path, from_json
from workbench.silver.dump import RESERVED, TABLE
from workbench.storage import scratch


def prove_silver(folder: FilePath, staged: StagedDump, superseded: set[int]) -> Fingerprints:
    """What the written table holds. Raises LeavesLost unless it is, with the superseded documents,
    what was read of the source."""
    written, whole = held(folder, staged, superseded)
    staged.prove(whole, "silver.users")
    return written


def held(
    folder: FilePath, staged: StagedDump, superseded: set[int]
) -> tuple[Fingerprints, Fingerprints]:
    """What a written table holds, and what it does with the superseded documents."""
    look = partial(numbered, staged) if staged.own else partial(keyed, staged.scan.keys)
    (written,) = of_folder(folder, look)
    beside = leaves_at(staged, superseded) if superseded else {}
    return written.leaves, together([written.leaves, beside])


def prove_again(lake: Lake, ingestion_date: str, source: Sequence[str]) -> int:
    """Reads a dump once more, and holds silver.users of a date against it; returns the leaves.

    What is superseded is taken from the quarantine. Raises LeavesLost where the table is not what
    the dump says, or the dump not the one that was read; LakeError where that cannot be told.
    """
    what = f"silver.users of {ingestion_date}"
    folder = lake.proved("silver", TABLE, ingestion_date)
    manifest = lake.manifest("silver", TABLE, ingestion_date, SilverManifest)
    if manifest.forgotten:
        raise LakeError(
            f"{what} cannot be held against its dump: rows were removed from it on "
            f"{manifest.forgotten}. Leave --source out."
        )
    if manifest.restated:
        raise LakeError(
            f"{what} cannot be held against its dump: on {manifest.restated} it was written again "
            "in types that hold the values of other ingestions too, and proved then. Leave "
            "--source out."
        )
    if manifest.asked is None:
        raise LakeError(
            f"{what} cannot be held against its dump: its manifest is of a time before they told "
            "how it was read. Run the step that writes it again."
        )
    asked = manifest.asked
    key = lake.hash_key(ingestion_date) if asked.pii else b""
    if asked.pii and manifest.key_mark not in (None, key_mark(key)):
        raise LakeError(
            f"{what} was hashed with another key than the present one. Give {KEY_VARIABLE} its "
            "value of then."
        )
    kept = from_json(manifest.schema).fields  # of a time before names were reserved
    request = DumpRequest.again(source, asked, [name for name in RESERVED if name not in kept])
    with scratch.for_now(lake.staging()) as staging:
        staged = stage_dump(request, staging, key)
        names = same_files(manifest.sources, staged.source_files())
        superseded = superseded_in(lake, ingestion_date, staged, manifest, names)
        whole = held(folder, staged, superseded)[1]
        files = (staged.scan.file_column,)  # the same files may be called otherwise by now
        wrong = differing(without(staged.fingerprints, files), without(whole, files))
    if wrong:
        raise LeavesLost(
            f"{what} is not what the dump says. {len(wrong)} path(s) differ:\n{in_lines(wrong)}\n"
            "Run the step that writes it again."
        )
    return staged.leaves


def without(found: Fingerprints, path: Path) -> Fingerprints:
    return {p: one for p, one in found.items() if p != path}


def same_files(published: Sequence[SourceFile], now: Sequence[SourceFile]) -> dict[str, str]:
    """The names that files have now, by those that they had. LeavesLost where they are others."""
    paths: dict[str, list[str]] = {}
    for file in now:
        paths.setdefault(file.sha256, []).append(file.path)
    missing = [file.path for file in published if file.sha256 not in paths]
    more = {file.sha256 for file in now} - {file.sha256 for file in published}
    if missing or more:
        named = [*missing, *(paths[digest][0] for digest in more)]
        raise LeavesLost(
            f"The source is not the dump that was read: {', '.join(named)} (by SHA-256). Name the "
            "files that the run's report names."
        )
    return {file.path: paths[file.sha256][0] for file in published}


def superseded_in(
    lake: Lake,
    ingestion_date: str,
    staged: StagedDump,
    manifest: SilverManifest,
    names: dict[str, str],
) -> set[int]:
    """The staged positions of the documents that stand in quarantine as superseded.

    Raises LeavesLost where the quarantine has not as many documents, by reason, as were told.
    """
    found, places = Counter[str](), dict[str, set[int]]()
    if manifest.quarantined:
        folder = lake.proved("quarantine", TABLE, ingestion_date)
        for part in sorted(folder.glob("*.parquet")):
            for row in pq.read_table(
                part, columns=["reason", "source_file", "byte_offset"], partitioning=None
            ).to_pylist():
                found[row["reason"]] += 1
                if row["reason"] == "superseded":
                    path = names[row["source_file"]]
                    places.setdefault(path, set()).add(row["byte_offset"])
    if found != Counter(manifest.reasons):
        raise LeavesLost(
            f"The quarantine of {ingestion_date} has {dict(sorted(found.items()))}, and the "
            f"manifest of silver.users says {manifest.reasons}."
        )
    return staged_at(staged.scan, places) if places else set()
