"""Several ingestions read as one table: the same rows on both engines, in pandas and in DuckDB."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import publish_products, publish_silver, write_dump
from workbench.errors import LakeError, RequestError
from workbench.lake import lake_at
from workbench.lake.ingestions import (
    Ingestion,
    marked,
    read_arrow,
    read_pandas,
    read_together,
    wanted,
)
from workbench.schema import Node, leaf_nodes
from workbench.session import session
from workbench.silver import prove_again, read_dump

FIRST, SECOND = "2022-01-17", "2022-01-18"
WHEN = {"$date": "2021-11-02T03:04:05.296Z"}
OLD = {
    "_id": "a",
    "same": "x",
    "gone": 1,
    "n": 1,
    "null": None,
    "big": 7,
    "s": {"x": 1, "deep": {"y": [1, 2]}},
    "l": [{"p": 1}, None],
    "o": {},
}
NEW = {
    "_id": "b",
    "new": {"z": True},
    "same": "y",
    "n": 2.5,
    "null": "text",
    "big": 12345678901234567890123,
    "s": {"deep": {"y": [1.5], "more": "t"}, "q.r": WHEN},
    "l": [{"p": 2.5, "q": WHEN}],
    "o": {"k": 1},
}
AT = datetime(2021, 11, 2, 3, 4, 5, 296000, UTC)
OLD_ROW = {
    "_id": "a",
    "same": "x",
    "gone": 1,
    "n": 1.0,
    "null": None,
    "big": Decimal(7),
    "s": {"x": 1, "deep": {"y": [1.0, 2.0], "more": None}, "q.r": None},
    "l": [{"p": 1.0, "q": None}, None],
    "o": {"k": None},
    "new": None,
    "ingestion_date": date(2022, 1, 17),
}
NEW_ROW = {
    "_id": "b",
    "same": "y",
    "gone": None,
    "n": 2.5,
    "null": "text",
    "big": Decimal(12345678901234567890123),
    "s": {"x": None, "deep": {"y": [1.5], "more": "t"}, "q.r": AT},
    "l": [{"p": 2.5, "q": AT}],
    "o": {"k": 1},
    "new": {"z": True},
    "ingestion_date": date(2022, 1, 18),
}


def two_dates(spark: Any, place: Path, old: list[Any], new: list[Any]) -> Path:
    for day, documents in ((FIRST, old), (SECOND, new)):
        publish_silver(spark, write_dump(place / f"{day}.json", documents), place / "lake", day)
    return place / "lake"


def test_no_digit_is_lost_between_two_dates(spark: Any, tmp_path: Path) -> None:
    old, new = {"_id": "a", "n": 2**53 + 1, "l": [1]}, {"_id": "b", "n": 0.5, "l": [2.5]}
    lake = two_dates(spark, tmp_path, [old], [new])
    read = read_arrow(lake, "silver.users").to_pylist()
    assert [row["n"] for row in read] == ["9007199254740993", "0.5"]
    assert [row["l"] for row in read] == [[1.0], [2.5]]
    assert [row["n"] for row in in_engine(spark, lake)] == ["9007199254740993", "0.5"]


def in_engine(spark: Any, lake: Path, table: str = "silver.users", **more: Any) -> list[Any]:
    frame = read_together(spark, lake, table, **more)
    rows = [plain(row.asDict(recursive=True)) for row in frame.collect()]
    return sorted(rows, key=lambda row: (row["ingestion_date"], repr(row)))


def plain(value: Any) -> Any:
    """Times with their zone, which PySpark leaves out."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def test_two_schemas_read_as_one_table_everywhere(spark: Any, tmp_path: Path) -> None:
    lake = two_dates(spark, tmp_path, [OLD], [NEW])
    assert in_engine(spark, lake) == [OLD_ROW, NEW_ROW]
    assert read_arrow(lake, "silver.users").to_pylist() == [OLD_ROW, NEW_ROW]
    frame = read_pandas(lake, "silver.users")
    assert list(frame["n"]) == [1.0, 2.5] and list(frame.columns) == list(OLD_ROW)
    assert list(frame["new"]) == [None, {"z": True}]


def test_duckdb_reads_the_files_as_one_table_as_they_are(spark: Any, tmp_path: Path) -> None:
    lake = two_dates(spark, tmp_path, [OLD], [NEW])
    files = f"read_parquet('{lake}/silver/users/*/*.parquet', union_by_name=true)"
    query = f"SELECT _id, gone, n, s, l, new FROM {files} ORDER BY ingestion_date"
    with duckdb.connect() as connection:
        found = connection.sql(query).to_arrow_table().to_pylist()
    names = ("_id", "gone", "n", "s", "l", "new")
    expected = [{name: row[name] for name in names} for row in (OLD_ROW, NEW_ROW)]
    assert [plain_moments(row) for row in found] == [plain_moments(row) for row in expected]


def plain_moments(value: Any) -> Any:
    """Times in UTC, whatever the zone of this machine."""
    if isinstance(value, dict):
        return {k: plain_moments(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain_moments(v) for v in value]
    return value.astimezone(UTC) if isinstance(value, datetime) else value


CONFLICTS = [
    (1, "x", ["1", '"x"']),
    (1.5, {"a": [1, None]}, ["1.5", '{"a":[1,null]}']),
    ({"p": 1e16, "q": None, "t": WHEN}, "é\n", None),
    ([1, 2.5], [{"x": 1}, None], [["1.0", "2.5"], ['{"x":1}', None]]),
    ([[True]], "x", ["[[true]]", '"x"']),
    ({"": {"x": 1}}, {"": {"x": "t"}}, [{"": {"x": "1"}}, {"": {"x": '"t"'}}]),
]


@pytest.mark.parametrize(("old", "new", "both"), CONFLICTS)
def test_a_conflict_reads_as_json_text_in_all(
    spark: Any, tmp_path: Path, old: Any, new: Any, both: Any
) -> None:
    lake = two_dates(spark, tmp_path, [{"_id": 1, "v": old}], [{"_id": 1, "v": new}])
    found = [row["v"] for row in in_engine(spark, lake)]
    expected = ['{"p":1e+16,"t":"2021-11-02T03:04:05.296000Z"}', '"é\\n"']
    assert found == (both or expected)
    assert read_arrow(lake, "silver.users")["v"].to_pylist() == found


def test_what_is_written_aside_where_the_engine_may_not_read_is_refused(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its executors may be another user's."""
    lake = two_dates(spark, tmp_path, [{"_id": 1, "v": {"p": 1}}], [{"_id": 1, "v": "t"}])
    monkeypatch.setattr(
        sys.modules[read_together.__module__], "may_read", lambda _, at: at.name != "aligned"
    )
    with pytest.raises(RequestError, match=r"aligned: the engine's machines .* \(on_drift=restate"):
        read_together(spark, lake, "silver.users")


def test_what_was_json_text_in_one_ingestion_is_not_quoted_again(
    spark: Any, tmp_path: Path
) -> None:
    mixed = [{"_id": 1, "v": "t"}, {"_id": 2, "v": {"a": 1}}]
    lake = two_dates(spark, tmp_path, mixed, [{"_id": 1, "v": "t"}])
    assert [row["v"] for row in in_engine(spark, lake)] == ['"t"', '{"a":1}', '"t"']


def test_dates_are_chosen_and_a_missing_one_is_an_error(spark: Any, tmp_path: Path) -> None:
    lake = two_dates(spark, tmp_path, [OLD], [NEW])
    (row,) = in_engine(spark, lake, dates=[SECOND])
    assert row["_id"] == "b" and "gone" not in row
    with pytest.raises(LakeError, match=r"no ingestion_date 2020-01-01 .*there: 2022-01-17, 2022"):
        read_together(spark, lake, "silver.users", ["2020-01-01"])
    with pytest.raises(LakeError, match=r"gold\.nothing has no ingestion"):
        read_arrow(lake, "gold.nothing")
    assert len(read_arrow(lake, "silver.users", SECOND)) == 1
    with pytest.raises(LakeError, match="'users' has no layer"):
        read_arrow(lake, "users")


def test_gold_reads_together_too_with_its_own_types(spark: Any, tmp_path: Path) -> None:
    old = {"_id": 1, "alreadyHaveProducts": [{"price": 1}], "v": 1}
    new = {"_id": 2, "alreadyHaveProducts": [{"price": 2.5}], "late": "t", "v": "text"}
    lake = two_dates(spark, tmp_path, [old], [new])
    for day in (FIRST, SECOND):
        publish_products(spark, lake, day=day)
    found = in_engine(spark, lake, "gold.user_products")
    names = ("_id", "already_have_products_pos", "already_have_products_price", "late", "v")
    rows = [tuple(row[name] for name in names) for row in found]
    assert rows == [(1, 0, 1.0, None, "1"), (2, 0, 2.5, "t", "text")]
    arrow = read_arrow(lake, "gold.user_products")
    assert arrow.schema.field("already_have_products_pos").type == pa.int32()
    assert arrow.to_pylist() == found


def test_a_field_named_as_the_date_is_carried_under_another_name(
    spark: Any, tmp_path: Path
) -> None:
    named = {"ingestion_date": "x", "alreadyHaveProducts": [], "ingestionDate": 7}
    lake = two_dates(spark, tmp_path, [{"_id": 1} | named], [{"_id": 2} | named])
    for day in (FIRST, SECOND):
        publish_products(spark, lake, day=day)
    for table, camel in (
        ("silver.users", "ingestionDate"),
        ("gold.user_products", "ingestion_date_2"),
    ):
        found = in_engine(spark, lake, table)
        assert [row["ingestion_date_of_the_dump"] for row in found] == ["x", "x"]
        assert [row[camel] for row in found] == [7, 7]
        assert {row["ingestion_date"] for row in found} == {date(2022, 1, 17), date(2022, 1, 18)}
    assert prove_again(lake_at(lake), FIRST, [str(tmp_path / f"{FIRST}.json")]) == 3
    with pytest.raises(RequestError, match="key: ingestion_date is what partitions are called"):
        read_dump(["x"], str(lake), FIRST, key=["_id", "ingestion_date"], pii=[])


def test_a_table_of_before_that_has_such_a_field_is_refused(tmp_path: Path) -> None:
    old = Ingestion(FIRST, tmp_path, {"ingestion_date": Node("int")}, {})
    with pytest.raises(LakeError, match="has a field ingestion_date of its own"):
        wanted([old], "silver.users")


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(
    ("rows", "wide"),
    [
        ([None], False),
        ([[]], False),
        ([[None, {"n": None}], None], False),
        ([[{"n": -(2**53)}], None], False),
        ([None, [{"n": 2**53 + 1}]], True),
    ],
)
def test_integers_are_no_doubles_by_their_values_and_not_by_what_is_missing(
    rows: list[Any], wide: bool, told: bool, tmp_path: Path
) -> None:
    made = pa.array(rows, pa.list_(pa.struct([("n", pa.int64())])))
    pq.write_table(pa.table({"a": made}), tmp_path / "a.parquet", write_statistics=told)
    (leaf,) = leaf_nodes(marked(FIRST, tmp_path, Node("struct")).nodes["a"])
    assert (leaf.kind, leaf.wide) == ("int", wide)


def test_arguments_of_another_kind_are_told_as_that(tmp_path: Path) -> None:
    odd: Any = 3
    with pytest.raises(RequestError, match=r"lake: 3 \(int\) is not what it may be: a folder"):
        read_arrow(odd, "silver.users")
    with pytest.raises(RequestError, match="spark: int is no session of Spark"):
        read_together(odd, str(tmp_path), "silver.users")
    with pytest.raises(RequestError, match=r"engine: 3 \(int\) is not what it may be"):
        session(odd)
