"""What was changed in a flat table between an engine's write and the reading back is seen."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql.pandas.types import from_arrow_schema

from support.chain import DAY
from support.tampering import FLAT, IN_FLAT, KIND, Row, changed, exploded, rows
from workbench import gold
from workbench.errors import BoundExceeded, LeavesLost
from workbench.flatten import plan_flat
from workbench.gold.products import expected_products, prove_products
from workbench.lake import Lake
from workbench.proof import Manifest

SILVER = pa.Table.from_struct_array(pa.array(rows(), KIND))


def prove(folder: Path, of: list[Row]) -> int:
    """The proof of a table of these users, exploded, held against silver as it is."""
    for name in ("silver", "gold"):
        (folder / name).mkdir()
    pq.write_table(SILVER, folder / "silver" / "a.parquet", row_group_size=3)
    made = pa.Table.from_pylist(exploded(of), FLAT)
    pq.write_table(made, folder / "gold" / "a.parquet", row_group_size=5)
    planned = plan_flat(from_arrow_schema(SILVER.schema), ["l"])
    expected = expected_products(folder / "silver", planned, [("_id",)])
    return prove_products(folder / "gold", expected, planned, [("_id",)]).rows[()]


def test_the_table_as_it_was_written_is_proved(tmp_path: Path) -> None:
    assert prove(tmp_path, rows()[::-1]) == 22


def test_a_silver_file_that_has_lost_rows_is_not_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    staged = lake.staging() / "silver"
    staged.mkdir()
    pq.write_table(SILVER, staged / "a.parquet")
    target = lake.publish(staged, "silver", "users", DAY, Manifest(rows=len(SILVER)))
    pq.write_table(SILVER.slice(2), target / "a.parquet")
    with pytest.raises(LeavesLost, match=r"silver\.users of .*: a\.parquet was changed"):
        gold.read_users(mock.Mock(), str(lake.root), DAY)


def test_what_rows_would_repeat_is_refused_before_an_engine_makes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.flatten.repeated.MOST", 10)
    with pytest.raises(BoundExceeded, match=r"explode: .* rows are made of one document"):
        prove(tmp_path, rows())


@pytest.mark.parametrize("name", IN_FLAT)
def test_a_change_is_seen(tmp_path: Path, name: str) -> None:
    with pytest.raises(LeavesLost, match=r"gold\.user_products does not hold what it was made"):
        prove(tmp_path, changed(name))
