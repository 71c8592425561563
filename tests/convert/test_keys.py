"""Keys of several fields, and the position, in the tables that `flatten` makes."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import Outcome, flatten_dump
from workbench.errors import KeyNotUnique


def made(spark: Any, folder: Path, documents: list[Any], **options: Any) -> Outcome:
    source = write_dump(folder / "dump.json", documents)
    return flatten_dump(Request([str(source)], **options), folder / "out", lambda: spark)


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    return sorted(pq.read_table(out / table).to_pylist(), key=repr)


def test_a_key_of_several_fields_stands_in_every_table(spark: Any, tmp_path: Path) -> None:
    documents = [
        {"c": c, "id": n, "l": [{"m": [n]}, {"m": []}]} for c in ("a/b", "a") for n in (1, 2)
    ]
    outcome = made(spark, tmp_path, documents, key="c,id")
    inner = rows(outcome.out, "root_l_m")
    assert [(r["c"], r["id"], r["_parent"]) for r in inner] == [
        ("a", 1, "a/1/l/0"),
        ("a", 2, "a/2/l/0"),
        ("a/b", 1, "a%2Fb/1/l/0"),
        ("a/b", 2, "a%2Fb/2/l/0"),
    ]
    assert outcome.leaves == 12
    with pytest.raises(KeyNotUnique, match="Together unique are: c,id"):
        made(spark, tmp_path, documents, key="c")


def test_rows_are_added_by_all_fields_of_a_key(spark: Any, tmp_path: Path) -> None:
    made(spark, tmp_path, [{"c": "a", "id": 1}, {"c": "b", "id": 1}], key="c,id")
    request = {"key": "c,id", "into": "append"}
    other = write_dump(tmp_path / "other.json", [{"c": "a", "id": 2}])
    flatten_dump(Request([str(other)], **request), tmp_path / "out", lambda: spark)  # type: ignore[arg-type]
    assert len(rows(tmp_path / "out", "root")) == 3
    again = write_dump(tmp_path / "again.json", [{"c": "b", "id": 1}])
    with pytest.raises(KeyNotUnique, match="c,id 'b, 1' is in the tables already"):
        flatten_dump(Request([str(again)], **request), tmp_path / "out", lambda: spark)  # type: ignore[arg-type]


def test_the_position_is_a_key_by_name(spark: Any, tmp_path: Path) -> None:
    outcome = made(spark, tmp_path, [{"position": 7}, {"position": 7}], key="position")
    assert [r["_document"] for r in rows(outcome.out, "root")] == [1, 2]
    assert any("write it `position`" in note for note in outcome.notes)


def test_all_fields_of_a_key_are_included(spark: Any, tmp_path: Path) -> None:
    documents = [{"c": c, "id": 1, "n": 2, "x": 3} for c in "ab"]
    outcome = made(spark, tmp_path, documents, key="c,id", include=["n"])
    assert rows(outcome.out, "root") == [
        {"c": "a", "id": 1, "n": 2},
        {"c": "b", "id": 1, "n": 2},
    ]
