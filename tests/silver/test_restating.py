"""All ingestions of a table in one schema, for readers that know but one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from support.chain import EXPLODE
from support.drifting import DAYS, WIDE, ingest
from workbench import silver
from workbench.errors import LakeError
from workbench.lake import Lake, lake_at, read_arrow, verify
from workbench.proof import SilverManifest

pytestmark = pytest.mark.engine
TABLES = ("silver/users", "gold/user_products")


def schemas(place: Path, table: str) -> set[str]:
    files = (place / "lake" / table).rglob("*.parquet")
    return {str(pq.read_schema(file).remove_metadata()) for file in files}


@pytest.fixture(scope="module")
def made() -> dict[str, Path]:
    """The lake that each engine has made, once."""
    return {}


@pytest.fixture
def place(
    spark: Any, engine: str, made: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Four dates whose schemas drift; two of them came before the table was restated."""
    if engine not in made:
        made[engine] = tmp_path_factory.mktemp("drifting")
        ingest(spark, made[engine], "2024-01-01", "report")
        ingest(spark, made[engine], "2024-01-03", "report")
        ingest(spark, made[engine], "2024-01-02")
        ingest(spark, made[engine], "2024-01-04")
    return made[engine]


@pytest.mark.parametrize("table", TABLES)
def test_every_file_has_the_same_schema(place: Path, table: str) -> None:
    assert len(schemas(place, table)) == 1


def test_values_are_those_of_the_dumps_in_types_that_hold_all(place: Path) -> None:
    found = {row["_id"]: row for row in read_arrow(place / "lake", "silver.users").to_pylist()}
    assert [found[key]["n"] for key in "abcde"] == [1.0, 2.0, 2.5, None, 7.0]
    assert [found[key]["w"] for key in "ac"] == [str(WIDE), "0.5"]
    assert [found[key]["t"] for key in "ac"] == ["5", '"text"']
    assert [json.loads(found[key]["o"]) for key in "acd"] == [
        {"p": 1, "q": "s"}, {"q": "s", "r": [1, 2]}, "was an object"
    ]  # fmt: skip
    first, second = found["a"][EXPLODE], found["c"][EXPLODE]
    assert first == [{"kind": "card", "limit": 5.0, "x": [1], "when": None}]
    assert second[0]["limit"] == 2.5 and second[0]["when"] and second[1] is None
    assert [found[key]["gone"] for key in "abcde"] == [True, None, None, None, None]
    assert found["a"]["new"] is None and found["c"]["new"] == {"deep": {"z": 1}}


@pytest.mark.parametrize("table", TABLES)
def test_other_tools_read_all_dates_with_their_defaults(
    spark: Any, place: Path, table: str
) -> None:
    folder = place / "lake" / table
    whole = read_arrow(place / "lake", table.replace("/", ".")).to_pandas()
    by_pandas = pd.read_parquet(folder)
    by_duckdb = duckdb.read_parquet(f"{folder}/*/*.parquet").df()
    by_engine = spark.read.parquet(str(folder)).toPandas()
    for found in (by_pandas, by_duckdb, by_engine):
        assert sorted(found["_id"]) == sorted(whole["_id"])
        assert set(found.columns) | {"ingestion_date"} == set(whole.columns)
        assert found["n"].sum() == whole["n"].sum()


def test_each_partition_is_proved_in_its_new_types(place: Path) -> None:
    lake = Lake(place / "lake")
    for day in DAYS:
        for table in ("silver.users", "gold.user_products"):
            assert verify(lake, table, day).fault is None
        manifest = lake.manifest("silver", "users", day, SilverManifest)
        assert manifest.restated and manifest.documents == len(DAYS[day])
    with pytest.raises(LakeError, match=r"cannot be held against its dump: on .* written again"):
        silver.prove_again(lake, "2024-01-01", [str(place / "2024-01-01.json")])


def test_what_already_fits_is_not_written_again(spark: Any, place: Path) -> None:
    lake = Lake(place / "lake")
    before = states(lake)
    assert "again" not in str(ingest(spark, place, "2024-01-04").notes)
    after = states(lake)
    assert {day for table, day in before if before[table, day] != after[table, day]} <= {
        "2024-01-04"
    }


def states(lake: Lake) -> dict[tuple[str, str], str | None]:
    names = [("silver", "users"), ("gold", "user_products")]
    return {(name, day): lake.state(layer, name, day) for layer, name in names for day in DAYS}


def test_a_restating_that_was_cut_off_is_finished_by_the_next(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(spark, tmp_path, "2024-01-01", "report")
    ingest(spark, tmp_path, "2024-01-03", "report")
    publish, published = Lake.publish, list[str]()

    def cut_off(lake: Lake, staged: Path, layer: str, table: str, day: str, told: Any) -> Path:
        if layer == "silver" and published:
            raise KeyboardInterrupt
        published.extend([day] if layer == "silver" else [])
        return publish(lake, staged, layer, table, day, told)

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "publish", cut_off)
        with pytest.raises(KeyboardInterrupt):
            ingest(spark, tmp_path, "2024-01-02")
    lake = lake_at(tmp_path / "lake")
    assert published == ["2024-01-01"] and lake.dates("silver", "users") == [
        "2024-01-01", "2024-01-03"
    ]  # fmt: skip
    assert read_arrow(lake.folder, "silver.users").num_rows == 3
    notes = ingest(spark, tmp_path, "2024-01-02").notes or []
    assert [note for note in notes if "again" in note] == [
        "2024-01-03: written again in the types of all ingestions"
    ]
    assert [len(schemas(tmp_path, table)) for table in TABLES] == [1, 1]
