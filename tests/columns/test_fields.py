"""Which rows need no guard against what an engine reads through a null struct."""

from pathlib import Path
from typing import Any

from workbench.columns.fields import needs_guards
from workbench.flatten import flatten
from workbench.session import describe


def test_only_sail_needs_guards_and_none_for_rows_of_files(spark: Any, tmp_path: Path) -> None:
    made = spark.createDataFrame([(1, None), (2, (3,))], "_id int, s struct<a: int>")
    made.write.parquet(str(tmp_path / "table"))
    read = spark.read.parquet(str(tmp_path / "table"))
    assert not any(needs_guards(df) for df in (read, read.where("_id > 0").select("_id", "s")))
    frames = (made, read.union(made), read.join(made, "_id"))
    on_sail = describe(spark)["name"] == "sail"
    assert [needs_guards(df) for df in frames] == [on_sail] * 3
    assert needs_guards(read, made=True) == on_sail


def test_nothing_stands_in_a_null_struct_of_a_file(spark: Any, tmp_path: Path) -> None:
    rows = [(1, None, [None, ("x",)]), (2, (3,), None)]
    made = spark.createDataFrame(rows, "_id int, s struct<a: int>, l array<struct<b: string>>")
    made.write.parquet(str(tmp_path / "table"))
    read = spark.read.parquet(str(tmp_path / "table"))
    flat = sorted(map(tuple, flatten(read, "l").collect()), key=str)
    assert flat == [(1, None, 0, None), (1, None, 1, "x"), (2, 3, None, None)]
