"""The analyses that are written for a dump: they run on its tables, here and in DuckDB."""

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest

from support.chain import partition, write_dump
from support.orders import ORDERS, VALUES, lake_of
from workbench.bronze.scanning import scan
from workbench.cli import main
from workbench.propose.asking import (
    Columns,
    analyses,
    number_by_elements,
    per_category,
    per_day,
    per_range,
)
from workbench.propose.proposal import propose
from workbench.sql import run_sql


def test_each_runs_on_the_tables_and_says_the_same_in_duckdb(spark: Any, tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", ORDERS)
    lake = lake_of(spark, source, str(tmp_path / "lake"))
    made = analyses(scan([str(source)], tmp_path / "staged", key=None), VALUES, "x")
    duck = duckdb.connect()
    duck.sql("CREATE SCHEMA gold")
    for table in ("user_products", "user_scores"):
        files = f"{partition(Path(lake), f'gold.{table}').parent}/*/*.parquet"
        read = f"read_parquet('{files}', hive_types_autocast=false)"
        duck.sql(f"CREATE VIEW gold.{table} AS FROM {read}")
    found = {one.name: run_sql(one.text, lake, spark=spark) for one in made}
    assert list(found) == [
        "orders_per_day",
        "orders_per_type",
        "orders_per_amount_range",
        "orders_by_number_of_lines",
        "orders_quality",
    ]
    for one in made:
        here = [[str(v) for v in row] for row in found[one.name].astype(object).to_numpy()]
        there = [[str(v) for v in row] for row in duck.sql(one.text).fetchall()]
        assert here == there, one.name
    assert found["orders_per_day"]["orders"].tolist() == [6, 8, 8, 2]
    assert found["orders_per_type"].iloc[0].tolist() == ["a", 18, 0.75]
    assert dict(found["orders_quality"].to_numpy())["no date"] == 2


def test_a_key_is_called_like_a_column_of_the_query() -> None:
    own = ["day", "its_day", "category", "elements", "number"]
    said: dict[str, Any] = {"position": "lines_pos", "elements": "lines"}
    more: dict[str, Any] = {
        "category": "kind",
        "kind": "kind",
        "day": 'CAST("at" AS date)',
        "number": "total",
        "score": "total",
    }
    columns = Columns("orders", key=own, **said, **more)
    duck = duckdb.connect()
    duck.sql("CREATE SCHEMA gold")
    duck.sql(
        "CREATE TABLE gold.user_products AS SELECT 1 AS day, 2 AS its_day, 3 AS category, "
        "4 AS elements, unnest([5, 6]) AS number, 0 AS lines_pos, 'a' AS kind, "
        "DATE '2024-01-02' AS at, 7.5 AS total, '2024-01-02' AS ingestion_date"
    )
    ask = (per_day, per_category, number_by_elements)
    found = [duck.sql(one.text).fetchall() for make in ask for one in make(columns)]
    day = dt.date(2024, 1, 2)
    assert found == [[(day, 2)], [("a", 2, 1.0)], [(1, 2, 7.5, 7.5, 7.5)]]


def test_ranges_of_a_number_times_a_scale_say_so() -> None:
    (one,) = per_range(Columns("loans", key=["id"], number="prob", score="prob", scale=100))
    assert "each range of prob times 100?" in one.text and '"prob_times_100_range"' in one.text


def test_what_the_dump_has_not_is_not_asked(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", [{"a": 1}, {"a": 1}])
    read = scan([str(source)], tmp_path / "staged", key=None)
    assert analyses(read, propose(read).values, "things") == []


def test_new_writes_them_and_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_dump(tmp_path / "dump.json", ORDERS)
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "orders_per_day.sql").write_text("mine")
    assert main(["new", "orders", "--source", "dump.json"]) == 0
    assert "orders_per_day.sql is there already" in capsys.readouterr().out
    assert (tmp_path / "sql" / "orders_per_day.sql").read_text() == "mine"
    assert (tmp_path / "sql" / "orders_quality.sql").read_text().startswith("-- What is missing")
    assert main(["sql"]) == 0
    assert "orders_quality" in capsys.readouterr().out
