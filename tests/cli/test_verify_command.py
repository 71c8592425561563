"""`workbench verify` says of each partition whether it is what was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import DAY, partition
from workbench.cli import main
from workbench.lake import Lake
from workbench.proof import MANIFEST, Manifest

TABLE = pa.table({"a": [1, 2, 3]})


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    lake = Lake(tmp_path / "lake")
    for layer, day in (("silver", DAY), ("silver", "2022-01-19"), ("gold", DAY)):
        staged = lake.staging() / "staged"
        staged.mkdir()
        pq.write_table(TABLE, staged / "a.parquet")
        lake.publish(staged, layer, "users", day, Manifest(rows=3))
    return lake.root


def test_what_is_as_it_was_published_is_proved(lake: Path, capsys: Any) -> None:
    assert main(["verify", "--lake", str(lake)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "silver.users 2022-01-18: 3 rows in 1 file(s), as published",
        "silver.users 2022-01-19: 3 rows in 1 file(s), as published",
        "gold.users 2022-01-18: 3 rows in 1 file(s), as published",
    ]


def test_a_bit_that_was_turned_is_seen(lake: Path, capsys: Any) -> None:
    path = partition(lake, "gold.users") / "a.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert main(["verify", "--lake", str(lake), "--ingestion-date", DAY]) == 1
    said = capsys.readouterr()
    assert "gold.users 2022-01-18: it is not what was published: a.parquet was changed" in said.out
    assert said.err == "error: 1 of 2 partition(s) are not proved.\n"
    assert main(["verify", "--lake", str(lake), "--table", "silver.users"]) == 0


def test_what_was_published_without_digests_is_not_proved(
    lake: Path,
    capsys: Any,
) -> None:
    (partition(lake, "gold.users") / MANIFEST).write_text(Manifest(rows=3).text())
    assert main(["verify", "--lake", str(lake), "--table", "gold.users"]) == 1
    assert "cannot be proved: its manifest is of a time before" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--table", "gold.nothing"], "has no gold.nothing of any date. It has: gold.users"),
        (["--ingestion-date", "2030-01-01"], "has no table of 2030-01-01"),
        (["--ingestion-date", "soon"], "ingestion_date"),
        (["--source", "a.json"], "of one date, and 2 are asked for"),
        (["--source", "a.json", "--table", "gold.users"], "0 are asked for"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    lake: Path,
    capsys: Any,
    asked: list[str],
    said: str,
) -> None:
    assert main(["verify", "--lake", str(lake), *asked]) == 2
    assert said in capsys.readouterr().err
