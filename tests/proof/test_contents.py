"""What rows hold is the same, read from files or looked at in the engine."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import typed
from workbench.errors import UnsupportedType
from workbench.flatten import verify
from workbench.proof.contents import Contents, as_they_are, of_frame
from workbench.proof.fingerprint import Fingerprint
from workbench.proof.folders import of_folder

NEW_YEAR = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
ROWS = {
    "int": [2**63 - 1, -(2**63), None, 2**62],
    "text": ["é", "😀😀", None, ""],
    "flag": [True, False, None, True],
    "double": [1e300, -0.5, None, float("nan")],
    "time": [NEW_YEAR, NEW_YEAR + dt.timedelta(microseconds=1), None, NEW_YEAR],
    "decimal": [Decimal("1.10"), Decimal(10**30), None, Decimal(0)],
    "nothing": pa.array([None] * 4, pa.string()),
    "o": [{"": 1, "a.b": {"": 5}}, None, {"": None, "a.b": None}, {"": 2, "a.b": {"": 6}}],
    "l": [[{"": 1, "t": ["x", None]}, None], [], None, [{"": 2, "t": None}]],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rows")
    pq.write_table(pa.table(ROWS), made / "rows.parquet")
    return made


def found_in(df: Any) -> dict[Any, Fingerprint]:
    return of_frame(df, as_they_are)[0].leaves


def test_every_kind_of_leaf_has_its_fingerprint(spark: Any, folder: Path) -> None:
    micros = 1640995200000000
    (found,) = of_frame(spark.read.parquet(str(folder)), as_they_are)
    assert found.rows[()] == 4
    assert found.leaves == {
        ("int",): Fingerprint(3, 2**62 - 1),
        ("text",): Fingerprint(3, 3),
        ("flag",): Fingerprint(3, 2),
        ("double",): Fingerprint(3),
        ("time",): Fingerprint(3, 3 * micros + 1),
        ("decimal",): Fingerprint(3),
        ("nothing",): Fingerprint(),
        ("o", ""): Fingerprint(2, 3),
        ("o", "a.b", ""): Fingerprint(2, 11),
        ("l", None, ""): Fingerprint(2, 3),
        ("l", None, "t", None): Fingerprint(1, 1),
    }
    assert of_folder(folder, as_they_are) == [found]


def test_files_in_any_number_are_read_whole(tmp_path: Path) -> None:
    assert of_folder(tmp_path, as_they_are) == [Contents()]
    for part in range(3):
        table = pa.table({"n": range(part, 100)})
        pq.write_table(table, tmp_path / f"{part}.parquet", row_group_size=7)
    (found,) = of_folder(tmp_path, as_they_are)
    assert found == Contents({("n",): Fingerprint(297, 3 * 4950 - 1)}, Counter({(): 297}))


def test_columns_may_have_any_names(spark: Any) -> None:
    df = spark.createDataFrame([(1, 2, 3, 4)], typed(dict.fromkeys(["a", "A", "a.b", "`"], "int")))
    assert found_in(df) == {
        (name,): Fingerprint(1, at) for at, name in enumerate(["a", "A", "a.b", "`"], 1)
    }


def test_dates_bytes_and_small_numbers_have_fingerprints_too(spark: Any) -> None:
    df = spark.sql(
        "select date'1970-01-03' d, cast('abc' as binary) b, cast(0.5 as float) f, "
        "cast(7 as tinyint) t, null n"
    )
    assert found_in(df) == {
        ("d",): Fingerprint(1, 2),
        ("b",): Fingerprint(1, 3),
        ("f",): Fingerprint(1),
        ("t",): Fingerprint(1, 7),
        ("n",): Fingerprint(),
    }


def test_a_field_of_a_null_struct_is_none(spark: Any) -> None:
    df = spark.createDataFrame([(None, [None])], typed({"s": {"n": "bigint"}, "l": [{"n": "int"}]}))
    assert found_in(df) == {("s", "n"): Fingerprint(), ("l", None, "n"): Fingerprint()}


def test_arrays_of_arrays_may_all_be_empty(spark: Any) -> None:
    df = spark.createDataFrame([([],), (None,)], typed({"l": [{"deep": [["int"]]}]}))
    assert found_in(df) == {("l", None, "deep", None, None): Fingerprint()}


def test_a_type_that_cannot_be_proved_is_refused(spark: Any) -> None:
    df = spark.sql("select interval '1' day as i")
    with pytest.raises(UnsupportedType, match="i is of type interval day"):
        verify(df, df)
