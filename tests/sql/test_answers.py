"""Each file of sql/ on Sail, Spark and DuckDB, against a plain computation with pandas."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from support.chain import DAY, EXPLODE, partition, table
from workbench.lake.lake import Lake
from workbench.proof.manifest import ScoresManifest
from workbench.sql.files import sql_files
from workbench.sql.queries import run_sql
from workbench.sql.translation import parse, settle, tables, translate

EARLIER = "2022-01-11"
NAMES = [file.name for file in sql_files()]
EDGES = [(None, 200), (201, 400), (401, 600), (601, 800), (801, None)]


@pytest.fixture(scope="module")
def two_days(lakes: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of data/input, and an earlier ingestion of gold.user_scores with fewer users."""
    made = tmp_path_factory.mktemp("two days") / "lake"
    shutil.copytree(lakes["sail"]["input"], made)
    scores = table(partition(made, "gold.user_scores")).to_pandas()
    scores["users"] = scores["users"] // 2
    folder = made / "staged"
    folder.mkdir()
    schema = pq.read_schema(next(partition(made, "gold.user_scores").glob("*.parquet")))
    whole = scores.astype({"lower": "Int32", "upper": "Int32"})
    pq.write_table(duckdb.from_df(whole).arrow().read_all().cast(schema), folder / "part.parquet")
    lake = Lake(made)
    of_today = lake.manifest("gold", "user_scores", DAY, ScoresManifest)
    lake.publish(folder, "gold", "user_scores", EARLIER, of_today)
    return made


@pytest.fixture(scope="module")
def users(two_days: Path) -> Any:
    """One row per user: the fields as they are, products as a list."""
    found: Any = pd.DataFrame(table(partition(two_days, "silver.users")).to_pylist())
    found["value"] = [s["score"] if s else None for s in found["score"]]
    found["text"] = [s["scoreText"] if s else None for s in found["score"]]
    found["source"] = [((s or {}).get("origin") or {}).get("utm_source") for s in found["score"]]
    found["products"] = [p or [] for p in found[EXPLODE]]
    found["types"] = [
        {p["productType"] for p in products} or {None} for products in found["products"]
    ]
    found["rate"] = found["text"].str.extract(r"que (\d+) apresentem", expand=False).astype(float)
    found["range"] = [place(value) for value in found["value"]]
    return found


def place(score: float | None) -> int:
    """The range of a score, from 1; 6 is none."""
    if score is None or pd.isna(score):
        return 6
    return 1 + sum(score > edge for edge in (200, 400, 600, 800))


def bounds(order: int) -> tuple[int | None, int | None]:
    return EDGES[order - 1] if order <= len(EDGES) else (None, None)


# What each file should answer, in its order


def users_per_day(users: Any) -> list[Any]:
    return sorted(users.groupby(users["createdAt"].dt.date).size().items())


def owners(users: Any) -> Any:
    return users.assign(type=[sorted(t, key=str) for t in users["types"]]).explode("type")


def users_per_product_type(users: Any) -> list[Any]:
    counts = owners(users).groupby("type", dropna=False).size()
    rows = [(named(kind), n, n / len(users)) for kind, n in counts.items()]
    return sorted(rows, key=lambda row: (-row[1], row[0] is None))


def named(kind: Any) -> str | None:
    return None if pd.isna(kind) else kind


def users_and_product_types(users: Any) -> list[Any]:
    rows = []
    for user in users.sort_values("_id").itertuples():
        for kind in sorted(user.types - {None}):
            those = [p["createdAt"] for p in user.products if p["productType"] == kind]
            rows.append((user[1], kind, len(those), min(those)))
    return rows


def users_per_score_range(users: Any) -> list[Any]:
    rows = []
    for order in range(1, 7):
        of = users[users["range"] == order]
        label = ["ATE 200", "DE 201 A 400", "DE 401 A 600", "DE 601 A 800", "ACIMA DE 800"]
        name = [*label, "SEM SCORE"][order - 1]
        share = len(of) / len(users)
        rows.append((name, *bounds(order), len(of), share, rate(of)))
    return rows


def rate(users: Any) -> float | None:
    mean = users["rate"].mean() / 100
    return None if pd.isna(mean) else mean


def default_by_product_type_and_score_range(users: Any) -> list[Any]:
    labels = {order: row[0] for order, row in enumerate(users_per_score_range(users), 1)}
    rows = [
        (named(kind), labels[order], order, *bounds(order), len(of), rate(of))
        for (kind, order), of in owners(users).groupby(["type", "range"], dropna=False)
    ]
    return sorted(rows, key=lambda row: (row[0] is None, row[0], row[2]))


def score_by_number_of_products(users: Any) -> list[Any]:
    groups = users.groupby(users["products"].map(len))["value"]
    return [(n, len(v), v.mean(), v.min(), v.max(), int(v.isna().sum())) for n, v in sorted(groups)]


def funnel_by_utm_source(users: Any) -> list[Any]:
    rows = []
    for source, of in users.groupby("source", dropna=False):
        scored = of[of["value"].notna()]
        steps = [int((scored["products"].map(len) >= n).sum()) for n in (1, 2)]
        rows.append((named(source), len(of), len(scored), *steps, steps[0] / len(of)))
    return sorted(rows, key=lambda row: (-row[1], row[0] is None))


def new_and_returning_users(users: Any) -> list[Any]:
    start, end = dt.date(2021, 12, 20), dt.date(2022, 1, 18)
    counts = dict.fromkeys(("neither", "new", "returning"), 0)
    for user in users.itertuples():
        moments = [user.updatedAt, *(p["createdAt"] for p in user.products)]
        active = any(start <= moment.date() <= end for moment in moments if moment)
        created = user.createdAt.date()
        back = created < start and active
        counts["new" if start <= created <= end else "returning" if back else "neither"] += 1
    return [(kind, n, n / len(users)) for kind, n in counts.items()]


def change_between_ingestions(users: Any) -> list[Any]:
    return [
        (name, lower, upper, n // 2, n, n - n // 2, share, share)
        for name, lower, upper, n, share, _ in users_per_score_range(users)
    ]


def data_quality(users: Any) -> list[Any]:
    ids = [[p["productId"] for p in products] for products in users["products"]]
    firsts = [
        min((p["createdAt"] for p in products), default=None) for products in users["products"]
    ]
    values = users["value"]
    found = {
        "all users": len(users),
        "no score": values.isna().sum(),
        "score below 0 or above 1000": ((values < 0) | (values > 1000)).sum(),
        "score without its text": (values.notna() & users["text"].isna()).sum(),
        "no date of creation": users["createdAt"].isna().sum(),
        "updated before created": (users["updatedAt"] < users["createdAt"]).sum(),
        "no product": sum(not products for products in users["products"]),
        "a product without an id": sum(None in those for those in ids),
        "the same product more than once": sum(
            len({i for i in those if i}) < len([i for i in those if i]) for those in ids
        ),
        "a product older than the user": sum(
            first is not None and first < created
            for first, created in zip(firsts, users["createdAt"], strict=True)
        ),
    }
    return [(name, int(n), n / len(users)) for name, n in found.items()]


EXPECTED: dict[str, Callable[[pd.DataFrame], list[Any]]] = {
    function.__name__: function
    for function in (
        users_per_day,
        users_per_product_type,
        users_and_product_types,
        users_per_score_range,
        default_by_product_type_and_score_range,
        score_by_number_of_products,
        funnel_by_utm_source,
        new_and_returning_users,
        change_between_ingestions,
        data_quality,
    )
}


# The answers of the engines


def plain(value: Any) -> Any:
    """One kind of time, number and null, whichever reader a value came through."""
    if isinstance(value, dt.datetime) and value is not pd.NaT:
        return pd.Timestamp(value).tz_convert("UTC").isoformat()
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return pytest.approx(float(value)) if isinstance(value, int | float) else value


def assert_same(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected) > 0
    for have, want in zip(found, expected, strict=True):
        assert [plain(v) for v in want] == [v if v is None else raw(v) for v in have]


def raw(value: Any) -> Any:
    """A value of an answer, to be compared with `plain`."""
    made = plain(value)
    return float(value) if isinstance(value, int | float) and made is not None else made


def duckdb_rows(name: str, lake: Path) -> list[Any]:
    """What DuckDB answers to the same translation, reading the lake by itself."""
    place = Lake(lake)
    query = settle(parse(next(f.text for f in sql_files() if f.name == name)), place.dates)
    with duckdb.connect() as connection:
        with suppress(duckdb.Error):  # without its time zones DuckDB knows UTC alone
            connection.execute("SET TimeZone = 'UTC'")
        for one in tables(query):
            files = str(place.root / one.layer / one.name / "*" / "*.parquet")
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {one.layer}")
            connection.execute(
                f"CREATE VIEW {one.layer}.{one.name} AS SELECT * FROM "
                f"read_parquet('{files}', hive_partitioning=true, hive_types_autocast=false)"
            )
        text = translate(query, "duckdb", lambda layer, table: f"{layer}.{table}")
        return connection.execute(text).fetchall()


def test_every_file_has_an_expectation() -> None:
    assert sorted(EXPECTED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_engine_answers_as_pandas_does(
    name: str, spark: Any, two_days: Path, users: Any
) -> None:
    found = run_sql(name, str(two_days), spark=spark)
    assert_same([tuple(row) for row in found.itertuples(index=False)], EXPECTED[name](users))


@pytest.mark.parametrize("name", NAMES)
def test_duckdb_answers_as_pandas_does(name: str, two_days: Path, users: Any) -> None:
    assert_same(duckdb_rows(name, two_days), EXPECTED[name](users))
