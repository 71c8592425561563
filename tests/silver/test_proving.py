"""A published table is held against its dump again, and what stands beside it is too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import DAY, partition, write_dump
from support.tampering import KIND, Row, as_document, changed, rows
from workbench import silver
from workbench.errors import LakeError, LeavesLost
from workbench.lake import Lake
from workbench.proof import SilverManifest
from workbench.silver.proving import prove_again


class Written:
    """A DataFrame of which only the writing is wanted."""

    def __init__(self, of: list[Row]) -> None:
        self.write, self.of = self, of

    def options(self, **_: Any) -> Written:
        return self

    def parquet(self, folder: str, **_: Any) -> None:
        Path(folder).mkdir()
        table = pa.Table.from_struct_array(pa.array(self.of, KIND))
        pq.write_table(table, Path(folder) / "a.parquet")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    older = as_document(rows()[-1]) | {"n": 5}
    return write_dump(tmp_path / "dump.json", [older, *map(as_document, rows()), "{"])


@pytest.fixture
def lake(source: Path, tmp_path: Path) -> Lake:
    dump = silver.read_dump([str(source)], str(tmp_path / "lake"), DAY, key="_id", pii=())
    silver.publish_silver(None, Written(rows()), dump, {0})  # type: ignore[arg-type]
    return dump.lake


def test_a_table_is_proved_by_its_dump_wherever_that_stands(lake: Lake, source: Path) -> None:
    moved = source.rename(source.with_name("elsewhere.json"))
    manifest = lake.manifest("silver", "users", DAY, SilverManifest)
    assert prove_again(lake, DAY, [str(moved)]) == manifest.leaves
    assert not list((lake.private / "staging").iterdir())


def test_a_table_that_was_changed_with_its_manifest_is_seen(lake: Lake, source: Path) -> None:
    staged = lake.staging() / "silver"
    Written(changed("two users' s swapped")).parquet(str(staged))
    lake.publish(staged, "silver", "users", DAY, manifest_of(lake))
    with pytest.raises(
        LeavesLost,
        match=r"not what the dump says(.|\n)*  s: the same 9 values, .*, but other values",
    ):
        prove_again(lake, DAY, [str(source)])


def manifest_of(lake: Lake) -> SilverManifest:
    return lake.manifest("silver", "users", DAY, SilverManifest)


def test_another_dump_is_named(lake: Lake, source: Path) -> None:
    source.write_text(source.read_text().replace("text 1", "text 7"))
    with pytest.raises(LeavesLost, match=r"not the dump that was read: .*dump\.json"):
        prove_again(lake, DAY, [str(source)])


def test_a_quarantine_that_has_lost_a_document_is_seen(lake: Lake, source: Path) -> None:
    place = partition(lake.root, "quarantine.users")
    staged = lake.staging() / "quarantine"
    staged.mkdir()
    pq.write_table(
        pq.read_table(place / "part-00000.parquet", partitioning=None).slice(1),
        staged / "part-00000.parquet",
    )
    kept = lake.manifest("quarantine", "users", DAY)
    lake.publish(staged, "quarantine", "users", DAY, kept)
    with pytest.raises(LeavesLost, match=r"The quarantine of .* has \{'superseded': 1\}"):
        prove_again(lake, DAY, [str(source)])


@pytest.mark.parametrize(
    ("told", "said"),
    [({"asked": None}, "before they told how it was read"), ({"forgotten": "2024-01-01"}, "rows")],
)
def test_what_cannot_be_told_is_said(
    lake: Lake, source: Path, told: dict[str, Any], said: str
) -> None:
    staged = lake.staging() / "silver"
    Written(rows()).parquet(str(staged))
    lake.publish(staged, "silver", "users", DAY, replace(manifest_of(lake), **told))
    with pytest.raises(LakeError, match=f"cannot be held against its dump: .*{said}"):
        prove_again(lake, DAY, [str(source)])
