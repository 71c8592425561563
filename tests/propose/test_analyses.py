"""The analyses that are written for a dump: they run on its tables, here and in DuckDB."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from support.chain import DAY, partition, write_dump
from workbench import gold, silver
from workbench.bronze.scanning import scan
from workbench.cli import main
from workbench.propose.asking import analyses
from workbench.propose.proposal import propose
from workbench.sql import run_sql

ORDERS = [
    {
        "country": c,
        "no": n,
        "placed": {"$date": f"2024-01-0{n % 3 + 1}T10:00:00Z"} if n else None,
        "amount": n * 1.5,
        "lines": [{"type": "ab"[at % 2]} for at in range(n % 4)],
    }
    for c in ("BR", "AR")
    for n in range(12)
]
VALUES = {
    "key": ["country", "no"],
    "explode": "lines",
    "created_at": "placed",
    "product_type": "lines[].type",
    "score": "amount",
    "entity": "orders",
}


def lake_of(spark: Any, folder: Path, source: Path) -> str:
    lake, key = str(folder / "lake"), "country,no"
    dump = silver.read_dump([str(source)], lake, DAY, key=key, pii=[])
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    users = gold.read_users(spark, lake, DAY)
    products = gold.user_products(users, "lines")
    gold.publish_user_products(spark, products, users, lake, DAY, key=key, explode="lines")
    paths: dict[str, Any] = {"score": "amount", "score_text": "", "edges": [5, 10]}
    scores = gold.user_scores(users, paths["edges"], score="amount", score_text="")
    gold.publish_user_scores(spark, scores, lake, DAY, users=users, **paths)
    return lake


def test_each_runs_on_the_tables_and_says_the_same_in_duckdb(spark: Any, tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", ORDERS)
    lake = lake_of(spark, tmp_path, source)
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
