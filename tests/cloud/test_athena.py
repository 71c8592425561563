"""Every analysis on lakes on S3 as Athena sees them: Trino, over the catalog that steps register.

What `workbench sql --engine athena` answers is held against Sail here, and against plain readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.dataset as ds
import pytest
from pyarrow.fs import S3FileSystem

from support.athena import Athena, athena
from support.chain import ODD, publish_products, publish_scores, publish_silver, write_dump
from support.cloud import BUCKET, environment, make_bucket, object_store
from support.drifting import ingest
from support.orders import ORDERS, VALUES, lake_of
from support.trino import QueryFailed, Trino, trino
from workbench.bronze.scanning import scan
from workbench.catalog import VARIABLE
from workbench.cli import main
from workbench.cli.output import as_json
from workbench.errors import RequestError
from workbench.json_text import JsonText
from workbench.lake import KEY_VARIABLE, lake_at, read_arrow
from workbench.propose.asking import analyses
from workbench.sample import write_sample
from workbench.services import made_client
from workbench.sql import run_athena, run_sql, sql_files
from workbench.storage import s3, store_of

pytestmark = pytest.mark.cloud
EARLIER, LATER = "2022-01-11", "2022-01-18"
DAYS = {"earlier": EARLIER, "later": LATER}
NAMES = ("lake", "odd", "orders", "drifting")
LAKE, ODDITIES, OF_ORDERS, DRIFTING = (f"s3://{BUCKET}/{name}" for name in NAMES)
DATABASES = {LAKE: "{layer}"} | {f"s3://{BUCKET}/{n}": f"{n}_{{layer}}" for n in NAMES[1:]}
LOST = {("a.b", "c`d"), ("a.b", ""), ("",)}  # fields that Athena has no name for
FILES = {file.name: file.text for file in sql_files()}
FLAT = ("silver.users", "gold.user_products")
EVERYTHING = [(lake, table) for lake in (LAKE, ODDITIES) for table in (*FLAT, "gold.user_scores")]
EVERYTHING += [(DRIFTING, table) for table in FLAT]
ON_DATES = [(name, day) for name in FILES for day in ("", EARLIER)]


@dataclass
class World:
    """Two lakes that are registered, and who answers questions about them."""

    sail: Any
    trino: Trino
    athena: Athena
    aws: str


@pytest.fixture(scope="module")
def world(sail_session: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, object_store() as aws:
        for name, value in environment(aws).items():
            patch.setenv(name, value)
        patch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
        patch.setenv(KEY_VARIABLE, "the same on all engines")
        patch.setattr(type(sail_session), "_default_session", sail_session)
        made_client.cache_clear()
        s3.made_client.cache_clear()
        make_bucket(aws)
        make_lakes(sail_session, tmp_path_factory.mktemp("dumps"), patch)
        with trino(aws) as server, athena(lambda sql: answer(server, sql)) as bridge:
            patch.setenv("AWS_ENDPOINT_URL_ATHENA", bridge.address)
            yield World(sail_session, server, bridge, aws)
    made_client.cache_clear()
    s3.made_client.cache_clear()


def answer(server: Trino, sql: str) -> Any:
    try:
        return server.ask(sql)
    except QueryFailed as error:
        raise ValueError(str(error)) from error


def make_lakes(spark: Any, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """One of two ingestions that drift, one of odd documents, one of orders."""
    write_sample(folder / "earlier.json", 200)
    write_sample(folder / "later.json", 250, seed=1, flaws=True)
    with open(folder / "later.json", "a", encoding="utf-8") as dump:
        dump.write('\n{"_id": 99999999999, "score": {"score": 512.5, "new": {"deep": [1]}}}\n')
    # Of two objects whose names differ in case alone Trino reads nothing at all.
    odd = [{k: v for k, v in d.items() if k != "A.B"} for d in ODD if isinstance(d, dict)]
    make_lake(spark, LAKE, {d: folder / f"{n}.json" for n, d in DAYS.items()}, patch)
    make_lake(spark, ODDITIES, {LATER: write_dump(folder / "odd.json", odd)}, patch)
    make_lake(spark, OF_ORDERS, {}, patch)
    lake_of(spark, write_dump(folder / "orders.json", ORDERS), OF_ORDERS)
    make_lake(spark, DRIFTING, {}, patch)
    for day in ("2024-01-01", "2024-01-03", "2024-01-02", "2024-01-04"):
        ingest(spark, folder, day, lake=DRIFTING)
    patch.setenv(VARIABLE, "")


def make_lake(spark: Any, lake: str, dumps: dict[str, Path], patch: pytest.MonkeyPatch) -> None:
    patch.setenv(VARIABLE, DATABASES[lake])
    assert main(["aws", "catalog", "--lake", lake]) == 0  # which makes the databases
    place: Any = lake
    for day, dump in dumps.items():
        publish_silver(spark, dump, place, day)
        publish_products(spark, place, day=day)
        publish_scores(spark, place, day=day)


def close(here: Any, there: Any) -> bool:
    """The same rows, but for the last digits of what is computed."""
    if isinstance(here, dict):
        return here.keys() == there.keys() and all(close(v, there[k]) for k, v in here.items())
    if isinstance(here, list):
        return len(here) == len(there) and all(map(close, here, there))
    if isinstance(here, float) and isinstance(there, int | float):
        return bool(there == pytest.approx(here, rel=1e-12))
    return bool(here == there)


def records(table: pd.DataFrame) -> Any:
    return json.loads(as_json(table))


@pytest.mark.parametrize(("name", "day"), ON_DATES)
def test_each_analysis_answers_there_as_here(name: str, day: str, world: World) -> None:
    values = {"ingestion_date": day} if day else {}
    here = run_sql(name, LAKE, values, spark=world.sail)
    there = run_athena(FILES[name], values, workgroup="w")
    assert len(there) and close(records(here), records(there))
    if not values:
        assert world.athena.queries[-1].text == FILES[name]


def test_the_command_prints_the_same_there_and_here(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for more in (["--engine", "sail", "--lake", LAKE], ["--engine", "athena", "--workgroup", "w"]):
        for kind in ("table", "csv", "json"):
            assert main(["sql", "users_per_score_range", *more, "--format", kind]) == 0
            printed.append(capsys.readouterr().out)
    assert printed[:3] == printed[3:]


def plain(value: Any) -> Any:
    """A value as both sides can say it: names in lower case, nothing where null is, times to ms."""
    if isinstance(value, dict):
        return {k.lower(): plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}"
    if isinstance(value, date):
        return value.isoformat()
    return number(str(value)) if isinstance(value, Decimal) else value


def number(text: str) -> Any:
    """A number of which no digit is lost: the text where a double may not have them all."""
    return float(text) if len(Decimal(text).as_tuple().digits) <= 17 else text


def whole(table: str, databases: str) -> list[Any]:
    """All rows of a table in Athena."""
    found = run_athena(f"SELECT * FROM {table}", workgroup="w", databases=databases)
    return [
        plain(
            {
                n: json.loads(v, parse_float=number) if isinstance(v, JsonText) else v
                for n, v in row.items()
            }
        )
        for row in found.astype(object).where(found.notna(), None).to_dict("records")
    ]


def but(value: Any, lost: set[tuple[str, ...]]) -> Any:
    """A value without some fields."""
    if not isinstance(value, dict):
        return value
    return {
        name: but(v, {path[1:] for path in lost if path[0] == name and path[1:]})
        for name, v in value.items()
        if (name,) not in lost
    }


@pytest.mark.parametrize(("lake", "table"), EVERYTHING)
def test_every_value_is_there_at_every_depth(lake: str, table: str, world: World) -> None:
    there = whole(table, DATABASES[lake])
    here = [plain(but(row, LOST)) for row in read_arrow(lake, table).to_pylist()]
    assert len(there) == len(here)
    as_text = partial(json.dumps, sort_keys=True)
    assert sorted(map(as_text, there)) == sorted(map(as_text, here))


def test_nested_columns_of_silver_are_asked_by_their_fields(world: World) -> None:
    found = run_athena(
        "SELECT u._id, u.score.origin.utm_source AS source, p.productType AS kind "
        "FROM silver.users AS u CROSS JOIN UNNEST(u.alreadyHaveProducts) AS p "
        f"WHERE u.ingestion_date = '{EARLIER}'",
        workgroup="w",
    )
    users = read_arrow(LAKE, "silver.users", [EARLIER]).to_pylist()
    expected = [
        (user["_id"], ((user["score"] or {}).get("origin") or {}).get("utm_source"), kind)
        for user in users
        for kind in [product["productType"] for product in user["alreadyHaveProducts"] or []]
    ]
    rows = found.itertuples(index=False, name=None)
    assert len(expected) > 100 and sorted(map(repr, rows)) == sorted(map(repr, expected))


def test_analyses_that_are_written_for_a_dump_answer_too(world: World, tmp_path: Path) -> None:
    source = write_dump(tmp_path / "orders.json", ORDERS)
    made = analyses(scan([str(source)], tmp_path / "staged", key=None), VALUES, "x")
    assert len(made) == 5
    for one in made:
        here = run_sql(one.text, OF_ORDERS, spark=world.sail)
        there = run_athena(one.text, workgroup="w", databases=DATABASES[OF_ORDERS])
        assert len(here) and close(records(here), records(there)), one.name


def test_a_column_that_is_not_there_is_told_in_a_sentence(world: World) -> None:
    with pytest.raises(RequestError, match="Column 'nope' cannot be resolved"):
        run_athena("SELECT nope FROM gold.user_scores", workgroup="w")
    with pytest.raises(RequestError, match="`workbench aws catalog --check`"):
        run_athena("SELECT * FROM gold.nope", workgroup="w")


def test_plain_readers_see_the_files_that_are_published(world: World) -> None:
    host = world.aws.removeprefix("http://")
    store = S3FileSystem(scheme="http", endpoint_override=host, access_key="k", secret_key="s")
    for day in (EARLIER, LATER):
        files = lake_at(LAKE).files("gold", "user_products", day)
        plainly = ds.dataset([file.removeprefix("s3://") for file in files], filesystem=store)
        counting = "SELECT count(*), count(DISTINCT _id) FROM plainly"
        (counted,) = duckdb.connect().execute(counting).fetchall()
        asked = "SELECT count(*), count(DISTINCT _id) FROM gold.user_products"
        there = world.trino.rows(f"{asked} WHERE ingestion_date = '{day}'")
        assert there == [[*counted]]
        assert len(plainly.to_table().to_pandas()) == counted[0]


@pytest.mark.parametrize("table", FLAT)
def test_drifting_dates_that_were_restated_are_one_table_to_plain_readers(
    table: str, world: World, tmp_path: Path
) -> None:
    layer, name = table.split(".")
    for day in lake_at(DRIFTING).dates(layer, name):
        folder = tmp_path / f"ingestion_date={day}"
        folder.mkdir()
        for file in map(store_of, lake_at(DRIFTING).files(layer, name, day)):
            (folder / file.name).write_bytes(file.read())
    by_duckdb = duckdb.read_parquet(f"{tmp_path}/*/*.parquet", hive_partitioning=True)
    rows = by_duckdb.to_arrow_table().to_pylist()
    by_pandas = pd.read_parquet(tmp_path)
    there = whole(table, DATABASES[DRIFTING])
    for found in (rows, by_pandas.to_dict("records")):
        assert sorted(row["_id"] for row in found) == sorted(row["_id"] for row in there)
    as_text = partial(json.dumps, sort_keys=True, default=str)
    assert sorted(as_text(plain(row)) for row in rows) == sorted(map(as_text, there))
    numbers = [row["n"] for row in there if "n" in row]
    assert by_pandas["n"].dropna().sum() == sum(numbers)
