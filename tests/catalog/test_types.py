"""Types of the catalog: of files, of a table over its partitions, of what a partition declares."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.catalog.types import Columns, declared, merged, of_files, read

MOMENT = pa.timestamp("us", "UTC")


def columns(folder: Path, *tables: dict[str, Any]) -> Columns:
    footers = []
    for at, table in enumerate(tables):
        pq.write_table(pa.table(table), folder / f"{at}.parquet")
        footers.append(pq.read_metadata(folder / f"{at}.parquet"))
    return of_files(footers)


def texts(types: dict[str, Any]) -> dict[str, str]:
    return {name: kind.text() for name, kind in types.items()}


def test_types_are_those_of_the_files_nested_ones_too(tmp_path: Path) -> None:
    found = columns(
        tmp_path,
        {
            "_id": ["a"],
            "createdAt": pa.array([datetime(2022, 1, 1, tzinfo=UTC)], MOMENT),
            "amount": pa.array([Decimal("1.50")], pa.decimal128(12, 2)),
            "few": pa.array([1], pa.int32()),
            "Score": [{"Value": 1, "tags": [{"Name": "x", "at": None}], "yes": True}],
            "by_name": pa.array([[("k", 1.5)]], pa.map_(pa.string(), pa.float64())),
        },
    )
    assert texts(found.types) == {
        "_id": "string",
        "createdat": "timestamp",
        "amount": "decimal(12,2)",
        "few": "int",
        "score": "struct<value:bigint,tags:array<struct<name:string,at:string>>,yes:boolean>",
        "by_name": "map<string,double>",
    }
    assert found.left_out == []


def test_what_no_reader_could_name_is_left_out_and_told(tmp_path: Path) -> None:
    table = {"Same": [1], "same": [2.5], "a,b": [1], "o": [{"p:q": 1, "A": 1, "B": 1, "b": "x"}]}
    found = columns(tmp_path, table | {"none": [{"": 1}]})
    assert texts(found.types) == {"same": "bigint", "o": "struct<a:bigint,b:bigint>"}
    assert sorted(found.left_out) == ["a,b", "none", "none.", "o.b", "o.p:q", "same"]


def test_objects_whose_names_differ_in_case_alone_are_told(tmp_path: Path) -> None:
    """Trino reads no column of such a file, whatever the catalog says of it."""
    found = columns(tmp_path, {"a": [{"x": 1}], "A": [{"y": 1}]})
    assert found.left_out == ["A (and with it Athena cannot read any of these files)"]


WIDENED = [
    ([1], [2.5], "double"),
    ([2**53 + 1], [2.5], "string"),
    ([1], ["x"], "string"),
    ([None], [1], "bigint"),
    ([None], [None], "string"),
    ([1], [Decimal("1.5")], "decimal(38,1)"),
    ([Decimal("1.5")], [Decimal("1.25")], "decimal(38,2)"),
    ([Decimal("1" * 37 + ".5")], [Decimal("1.25")], "string"),
    ([{"a": 1}], [{"b": 2, "a": 2.5}], "struct<a:double,b:bigint>"),
    ([[1]], [[2.5]], "array<double>"),
    ([{"a": 1}], ["x"], "string"),
]


def array_of(values: list[Any]) -> pa.Array:
    if isinstance(values[0], Decimal):
        scale = -int(values[0].as_tuple().exponent)
        return pa.array(values, pa.decimal128(38, scale))
    return pa.array(values, pa.string() if values == [None] else None)


@pytest.mark.parametrize(("before", "later", "kind"), WIDENED)
def test_a_table_has_a_type_that_holds_all_its_partitions(
    before: list[Any], later: list[Any], kind: str, tmp_path: Path
) -> None:
    tables = [columns(tmp_path, {"v": array_of(v)}).types for v in (before, later)]
    assert texts(merged(tables)) == {"v": kind}


def test_a_column_is_empty_only_where_all_files_say_so(tmp_path: Path) -> None:
    empty, some = {"v": array_of([None])}, {"v": pa.array(["x"])}
    one, both = columns(tmp_path, empty).types, columns(tmp_path, empty, some).types
    assert texts(merged([one, {"v": read("bigint")}])) == {"v": "bigint"}
    assert texts(merged([both, {"v": read("bigint")}])) == {"v": "string"}


@pytest.mark.parametrize(
    ("have", "want", "kind"),
    [
        ("bigint", "double", "bigint"),
        ("wide", "string", "bigint"),
        ("void", "bigint", "string"),
        ("struct<x:string>", "string", "string"),
        ("decimal(38,1,2)", "decimal(38,2,3)", "decimal(38,1)"),
        ("struct<b:bigint>", "struct<a:int,b:double>", "struct<a:int,b:bigint>"),
        ("array<struct<b:void>>", "array<struct<a:int,b:date>>", "array<struct<a:int,b:string>>"),
    ],
)
def test_a_partition_declares_what_readers_can_widen(have: str, want: str, kind: str) -> None:
    made = declared({"v": read(have)}, {"first": read("int"), "v": read(want)})
    assert texts(made) == {"first": "int", "v": kind}
    assert list(made) == ["first", "v"]


@pytest.mark.parametrize("text", ["struct<a:array<map<string,wide>>,b c:decimal(38,2,3)>", "void"])
def test_what_is_kept_of_types_is_read_as_it_was(text: str) -> None:
    assert read(text).text(kept=True) == text


@pytest.mark.parametrize("text", ["", "struct<a:int", "int>", "array<>", "struct<a int>"])
def test_what_is_no_type_is_no_type(text: str) -> None:
    with pytest.raises(ValueError, match=r"type|left|end"):
        read(text)
