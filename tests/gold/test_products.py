"""Gold: one row per user and product; proved, and alike on every engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from support.chain import (
    DAY,
    EXPLODE,
    bytes_of,
    partition,
    publish_products,
    publish_silver,
    rows,
    swap,
    table,
    write_dump,
)
from workbench import gold
from workbench.errors import LakeError, LeavesLost, RequestError
from workbench.gold.products import row_size

PRODUCTS = "gold.user_products"
POS = "already_have_products_pos"


def products_of(
    spark: Any, tmp_path: Path, documents: list[Any], explode: str = EXPLODE
) -> list[dict[str, Any]]:
    lake = tmp_path / "lake"
    publish_silver(spark, write_dump(tmp_path / "a.json", documents), lake)
    publish_products(spark, lake, explode)
    return rows(partition(lake, PRODUCTS))


# the project's own dump, and an odd one
def test_no_user_and_no_product_is_lost(lake: Path) -> None:
    users, found = rows(partition(lake, "silver.users")), rows(partition(lake, PRODUCTS))
    owned = {user["_id"]: user[EXPLODE] or [None] for user in users}
    assert len(found) == sum(map(len, owned.values())) > 1500
    expected = [
        (key, at if owned[key] != [None] else None, (product or {}).get("productType"))
        for key, products in owned.items()
        for at, product in enumerate(products)
    ]
    kind = "already_have_products_product_type"
    assert sorted(map(repr, ((r["_id"], r[POS], r[kind]) for r in found))) == sorted(
        map(repr, expected)
    )


def test_users_without_products_have_one_row_with_a_null_position(lake: Path) -> None:
    found = [row for row in rows(partition(lake, PRODUCTS)) if row[POS] is None]
    without = [u["_id"] for u in rows(partition(lake, "silver.users")) if not u[EXPLODE]]
    assert sorted(row["_id"] for row in found) == sorted(without)
    assert without and not any(row["already_have_products_product_type"] for row in found)


@pytest.mark.parametrize("name", ["input", "odd"])
def test_every_engine_writes_the_same_rows(
    lakes: dict[str, dict[str, Path]], other_engine: str, name: str
) -> None:
    engines = ("sail", other_engine)
    sail, spark = (table(partition(lakes[engine][name], PRODUCTS)) for engine in engines)
    assert [(f.name, f.type) for f in sail.schema] == [(f.name, f.type) for f in spark.schema]
    assert sorted(map(repr, sail.to_pylist())) == sorted(map(repr, spark.to_pylist()))


def test_an_odd_product_keeps_every_leaf(lakes: dict[str, dict[str, Path]]) -> None:
    found = rows(partition(lakes["spark"]["odd"], PRODUCTS))
    first = next(row for row in found if row["_id"] == "a" and row[POS] == 0)
    inside = {
        name.removeprefix("already_have_products_"): value
        for name, value in first.items()
        if name.startswith("already_have_products_")
    }
    assert str(inside.pop("when")) == "2021-11-02 03:04:05.296000+00:00"
    assert inside == {
        "pos": 0,
        "price": 1e10,
        "tags": '["x",null,"\\u001b\\u000b\\\\u001B é\u2028"]',
        "grid": "[[1,null],[],null]",
        "log": '[{"at":"2021-11-02T03:04:05.123456Z","d":1e+20},null,{}]',
        "sum": "[12345678901234567890123456789.10]",
        "late": None,
    }
    assert first["a_b__empty__empty"] == '[{"":0.1}]'
    assert sorted(row[POS] for row in found if row["_id"] == "a") == [0, 1, 2]


# the grain
def test_nobody_has_products(spark: Any, tmp_path: Path) -> None:
    found = products_of(spark, tmp_path, [{"_id": "a", "x": {"y": 1}}, {"_id": "b"}])
    assert found == [{"_id": "a", "x_y": 1, POS: None}, {"_id": "b", "x_y": None, POS: None}]


def test_without_an_array_there_is_a_row_per_user(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": n, "a": {"b": n}, EXPLODE: [1, 2]} for n in range(3)]
    found = products_of(spark, tmp_path, documents, explode="")
    assert [(row["_id"], row["a_b"]) for row in found] == [(0, 0), (1, 1), (2, 2)]
    assert POS not in found[0]
    place = str(tmp_path / "lake")
    assert gold.read_products(spark, place, DAY).count() == 3
    first = gold.first_products(spark, place, DAY, key="_id", explode="")
    assert list(first["a_b"]) == [0, 1, 2]
    users = gold.users_per_score(gold.read_products(spark, place, DAY), explode="", score="a_b")
    assert sorted(users["score"]) == [0, 1, 2]


def test_the_position_takes_no_name_that_a_field_has(spark: Any, tmp_path: Path) -> None:
    found = products_of(spark, tmp_path, [{"_id": "a", POS: "mine"}])
    assert found == [{"_id": "a", POS: "mine", f"{POS}_2": None}]


def test_arrays_on_the_way_become_rows_too(spark: Any, tmp_path: Path) -> None:
    documents = [
        {"_id": "a", "n": 1, "o": {"b": [{"c": [{"x": 1.5}, None], "y": 7}, {"y": 8}, None]}},
        {"_id": "b", "n": 2, "o": {"b": []}},
        {"_id": "c", "n": 3},
    ]
    found = products_of(spark, tmp_path, documents, "o.b[].c")
    assert [tuple(row.values()) for row in found] == [
        ("a", 1, 0, 0, 1.5, 7),
        ("a", 1, 0, 1, None, 7),
        ("a", 1, 1, None, None, 8),
        ("a", 1, 2, None, None, None),
        ("b", 2, None, None, None, None),
        ("c", 3, None, None, None, None),
    ]


def test_a_key_that_had_to_be_renamed_is_still_the_key(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    source = write_dump(tmp_path / "a.json", [{"_id": 1, "ID": 1, "id": 5}, {"_id": 2, "ID": 2}])
    publish_silver(spark, source, lake)
    users = gold.read_users(spark, str(lake), DAY)
    record = gold.publish_user_products(
        spark, gold.user_products(users, "p"), users, str(lake), DAY, key="ID", explode="p"
    )
    assert record.rows == 2
    assert record.renames == {"ID": "id_2"}


def test_a_later_field_renames_no_earlier_one(spark: Any, tmp_path: Path) -> None:
    lake, first = tmp_path / "lake", {"_id": 1, "aB": 1, "p": [{"x": 1}]}
    later = first | {"a_b": 2, "A b": 3, "p": []}
    for day, document in (("2022-01-18", first), ("2022-01-19", later)):
        source = write_dump(tmp_path / "a.json", [document])
        publish_silver(spark, source, lake, day)
        publish_products(spark, lake, "p", day)
    assert rows(partition(lake, PRODUCTS, "2022-01-19")) == [
        {"_id": 1, "a_b": 1, "p": None, "p_pos": None, "a_b_2": 2, "a_b_3": 3}
    ]


def test_a_key_that_is_not_there_is_refused(spark: Any, lake: Path) -> None:
    users = gold.read_users(spark, str(lake), DAY)
    with pytest.raises(RequestError, match="key: id is no column"):
        gold.publish_user_products(spark, users, users, str(lake), DAY, key="id", explode=EXPLODE)


def test_silver_that_is_not_there_lists_the_dates(spark: Any, lake: Path) -> None:
    with pytest.raises(LakeError, match=r"silver.users has no ingestion_date 1999.*there: 2022"):
        gold.read_users(spark, str(lake), "1999-01-01")


BREAKS: list[tuple[str, Callable[[Any], Any]]] = [
    ("  n: ", lambda df: df.withColumn("n", F.when(F.col("_id") != "a", F.col("n")))),
    ("  n: ", lambda df: df.withColumn("n", F.when(F.col("n") > 2**31, F.col("n") - 2**32))),
    ("  _id: ", lambda df: df.union(df.where("_id = 'a'"))),
    ("  p_x: ", lambda df: df.where("p_pos = 0")),
    ("  p_x: ", swap("n", "p_x")),
    ("  p_l: ", lambda df: df.withColumn("p_l", F.lit("[]"))),
    ("  p_x: ", lambda df: df.drop("p_x")),
]


def test_broken_products_are_not_published(spark: Any, published: Path) -> None:
    publish_products(spark, published, "p")
    before = bytes_of(partition(published, PRODUCTS))
    users = gold.read_users(spark, str(published), DAY)
    good = gold.user_products(users, "p")
    for named, broken in BREAKS:
        with pytest.raises(LeavesLost, match=r"gold.user_products does not hold") as error:
            gold.publish_user_products(
                spark, broken(good), users, str(published), DAY, key="_id", explode="p"
            )
        error.match(named)
    assert bytes_of(partition(published, PRODUCTS)) == before


def test_of_long_texts_the_beginning_is_shown(spark: Any, tmp_path: Path) -> None:
    products_of(spark, tmp_path, [{"_id": "a", EXPLODE: [{"note": "é" * 300}, {"note": "short"}]}])
    first = gold.first_products(spark, str(tmp_path / "lake"), DAY, key="_id", explode=EXPLODE)
    (notes,) = (first[name] for name in first if str(name).endswith("note"))
    assert list(notes) == ["é" * 200 + "…", "short"]


def test_a_row_is_as_large_as_its_values_however_small_they_are_stored(tmp_path: Path) -> None:
    """Else millions of equal numbers of a user are nothing, and all users are written at once."""
    for name, fields in (("only arrays", {}), ("more", {"a": 1})):
        (tmp_path / name).mkdir()
        users = [{"_id": n, "p": [{"curve": [0.5] * 50_000} | fields] * 2} for n in range(4)]
        pq.write_table(pa.Table.from_pylist(users), tmp_path / name / "a.parquet")
    assert 8 * 100_000 <= row_size(tmp_path / "only arrays", "p") < 8 * 100_100
    assert 8 * 50_000 <= row_size(tmp_path / "more", "p") < 8 * 50_100
    assert row_size(tmp_path / "more", None) > 8 * 100_000
