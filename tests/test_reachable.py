"""Which rows need no guard against what an engine reads through a null struct."""

from pathlib import Path
from typing import Any

from chain import is_sail

from workbench.flatten import flatten
from workbench.reachable import reads_files


def test_rows_of_files_need_no_guard_on_connect_and_others_do(spark: Any, tmp_path: Path) -> None:
    made = spark.createDataFrame([(1, None), (2, (3,))], "_id int, s struct<a: int>")
    made.write.parquet(str(tmp_path / "table"))
    read = spark.read.parquet(str(tmp_path / "table"))
    chosen = read.where("_id > 0").select("_id", "s")
    assert [reads_files(df) for df in (read, chosen)] == [is_sail(spark)] * 2
    assert not any(reads_files(df) for df in (made, read.union(made), read.join(made, "_id")))


def test_nothing_stands_in_a_null_struct_of_a_file(spark: Any, tmp_path: Path) -> None:
    rows = [(1, None, [None, ("x",)]), (2, (3,), None)]
    made = spark.createDataFrame(rows, "_id int, s struct<a: int>, l array<struct<b: string>>")
    made.write.parquet(str(tmp_path / "table"))
    read = spark.read.parquet(str(tmp_path / "table"))
    flat = sorted(map(tuple, flatten(read, "l").collect()), key=str)
    assert flat == [(1, None, 0, None), (1, None, 1, "x"), (2, 3, None, None)]
