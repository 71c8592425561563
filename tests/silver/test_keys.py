"""The chain with a key of several fields, and with the documents' position as the key."""

from pathlib import Path
from typing import Any

import pytest

from support.chain import DAY, partition, rows, table, write_dump
from workbench import gold, silver
from workbench.errors import KeyNotUnique, LeavesLost, RequestError
from workbench.forget.places import Places
from workbench.forget.requests import forget_key, key_path
from workbench.lake.lake import Lake
from workbench.proof.manifest import ProductsManifest
from workbench.silver.proving import prove_again

ITEMS = [{"t": "x"}, {"t": "y"}]
DOCUMENTS = [
    {"country": c, "id": n, "at": n, "items": ITEMS[:n]} for c in ("BR", "AR") for n in (1, 2)
]
ODD = [{"country": "BR", "id": 1, "at": 0}, {"country": "BR", "at": 5}, "{no json"]


def made(spark: Any, folder: Path, documents: list[Any], key: Any) -> ProductsManifest:
    source, lake = write_dump(folder / "dump.json", documents), str(folder / "lake")
    dump = silver.read_dump(
        [str(source)], lake, DAY, key=key, pii=["country"] * (key != "position")
    )
    superseded = silver.find_superseded(spark, dump, "at")
    users = silver.silver_users(spark, dump, superseded)
    silver.publish_silver(spark, users, dump, superseded)
    users = gold.read_users(spark, lake, DAY)
    products = gold.user_products(users, "items")
    return gold.publish_user_products(spark, products, users, lake, DAY, key=key, explode="items")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_PII_KEY", "one key of tests")


def test_several_fields_tell_documents_apart(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, [*DOCUMENTS, *ODD], ["country", "id"])
    lake = tmp_path / "lake"
    assert table(partition(lake, "silver.users")).num_rows == 4
    quarantine = rows(partition(lake, "quarantine.users"))
    assert sorted((q["reason"], q["position"]) for q in quarantine) == [
        ("missing key", 6),
        ("superseded", 5),
        ("truncated", 7),
    ]
    assert table(partition(lake, "gold.user_products")).num_rows == 6
    assert prove_again(Lake(lake), DAY, [str(tmp_path / "dump.json")]) == 21
    columns = gold.key_columns(str(lake), DAY, ["country", "id"])
    owners = gold.users_per_type_and_range(
        gold.read_products(spark, str(lake), DAY),
        key=columns,
        product_type="items_t",
        score=None,
        edges=[1],
    )
    assert dict(owners[owners["users"] > 0][["product_type", "users"]].to_numpy()) == {
        "x": 4,
        "y": 2,
    }
    first = gold.first_products(spark, str(lake), DAY, key="country,id", explode="items")
    assert list(first.index.names) == ["country", "id"] and len(first) == 6


def test_one_of_several_fields_that_is_not_enough_is_refused_with_what_is(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "dump.json", DOCUMENTS)
    dump = silver.read_dump([str(source)], str(tmp_path / "lake"), DAY, key="id", pii=[])
    with pytest.raises(KeyNotUnique, match="Together unique are: country,id"):
        silver.check_superseded(dump, {1, 2}, 0.1)


def test_the_position_tells_documents_apart(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, ["{no json", *DOCUMENTS, *ODD[:2]], "position")
    lake = tmp_path / "lake"
    users = rows(partition(lake, "silver.users"))
    assert sorted((u["_document"], u["country"], u["id"]) for u in users) == [
        (2, "BR", 1), (3, "BR", 2), (4, "AR", 1), (5, "AR", 2), (6, "BR", 1), (7, "BR", None),
    ]  # fmt: skip
    products = rows(partition(lake, "gold.user_products"))
    assert sorted({p["_document"] for p in products}) == [2, 3, 4, 5, 6, 7]
    assert gold.key_columns(str(lake), DAY, "position") == ["_document"]
    assert prove_again(Lake(lake), DAY, [str(tmp_path / "dump.json")]) == 23


def test_a_row_beside_the_number_of_another_is_seen(spark: Any, tmp_path: Path) -> None:
    source, lake = write_dump(tmp_path / "dump.json", DOCUMENTS), str(tmp_path / "lake")
    dump = silver.read_dump([str(source)], lake, DAY, key="position", pii=[])
    swapped = silver.silver_users(spark, dump, set()).selectExpr(
        "5 - _document AS _document", "country", "id", "at", "items"
    )
    with pytest.raises(LeavesLost, match="does not hold what"):
        silver.publish_silver(spark, swapped, dump, set())


def test_the_position_is_no_key_of_a_table_made_with_another(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, DOCUMENTS, "country,id")
    with pytest.raises(RequestError, match="was made with country,id"):
        gold.key_columns(str(tmp_path / "lake"), DAY, "position")


def test_a_person_is_forgotten_by_all_fields_of_the_key(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, [*DOCUMENTS, ODD[0]], "country,id")
    lake = Lake(tmp_path / "lake")
    path = key_path(lake, None, None)
    assert path == "country,id"
    said = list(forget_key(Places(lake, tmp_path / "runs"), "BR,1", path, lambda: spark))
    assert said == [
        f"quarantine.users of {DAY}: 1 document removed",
        f"silver.users of {DAY}: 1 row removed",
        f"gold.user_products of {DAY}: 1 row removed",
    ]
    assert sorted(u["id"] for u in rows(partition(lake.folder, "silver.users"))) == [1, 2, 2]


def test_a_document_is_forgotten_by_its_position_in_a_date(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, [*DOCUMENTS, "{no json"], "position")
    lake = Lake(tmp_path / "lake")
    with pytest.raises(RequestError, match="Name its date beside --key"):
        key_path(lake, None, None)
    path = key_path(lake, None, DAY)
    said = list(forget_key(Places(lake, tmp_path / "runs"), "3", path, lambda: spark, DAY))
    assert said == [
        f"silver.users of {DAY}: 1 row removed",
        f"gold.user_products of {DAY}: 1 row removed",
    ]
    assert [u["_document"] for u in rows(partition(lake.folder, "silver.users"))] == [1, 2, 4]
