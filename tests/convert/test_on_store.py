"""`workbench flatten --out s3://...`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.convert import Request, flatten_to_store, show_plan_on_store
from workbench.errors import LakeError, RequestError
from workbench.lake import Versions
from workbench.storage import store_of

pytestmark = pytest.mark.cloud
NESTED = [{"_id": n, "a": [{"b": n}, {"b": None}]} for n in range(3)]


def values(there: str, table: str, column: str) -> list[Any]:
    """What a reader of the published files finds."""
    files = [f for f in Versions(store_of(there)).files() if f"/{table}/" in f]
    fetched = [pq.read_table(opened(f))[column].to_pylist() for f in files]
    return sorted(value for of in fetched for value in of)


def opened(address: str) -> io.BytesIO:
    return io.BytesIO(store_of(address).read())


def test_the_tables_are_a_version_and_are_replaced_at_once(
    bucket: str, spark: Any, tmp_path: Path
) -> None:
    dump, there = write_dump(tmp_path / "dump.json", [*NESTED, "{"]), f"{bucket}/tables"
    request = Request(source=[str(dump)], key="_id")
    made = flatten_to_store(request, there, lambda: spark)
    assert made.place.startswith(f"{there}/version-") and made.quarantined == {"truncated": 1}
    names = {found.address.removeprefix(f"{made.place}/") for found in store_of(made.place).files()}
    assert {"_manifest.json", "_quarantine.parquet"} < names
    assert values(there, "root", "_id") == [0, 1, 2]
    write_dump(dump, NESTED[:1])
    flatten_to_store(request, there, lambda: spark)
    assert values(there, "root", "_id") == [0]
    another = write_dump(tmp_path / "another.json", NESTED[1:])
    with pytest.raises(RequestError, match=rf"--out: {there} holds the tables of another dump"):
        flatten_to_store(Request(source=[str(another)], key="_id"), there, lambda: spark)
    appended = Request(source=[str(another)], key="_id", into="append")
    flatten_to_store(appended, there, lambda: spark)
    assert values(there, "root", "_id") == [0, 1, 2]
    with pytest.raises(RequestError, match="is a whole bucket; name a prefix"):
        flatten_to_store(request, bucket, lambda: spark)
    assert "root" in str(show_plan_on_store(Request(source=[str(dump)], key="_id"), there))


def test_who_comes_between_is_not_overwritten(bucket: str, spark: Any, tmp_path: Path) -> None:
    dump, there = write_dump(tmp_path / "dump.json", NESTED), f"{bucket}/tables"
    request = Request(source=[str(dump)])

    def engine() -> Any:
        (tmp_path / "other").mkdir()
        write_dump(tmp_path / "other" / "x", [{}])
        Versions(store_of(there)).publish(tmp_path / "other", None)
        return spark

    with pytest.raises(LakeError, match="was published by another run in the meantime"):
        flatten_to_store(request, there, engine)
