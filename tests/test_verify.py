"""The conservation proof: what the engine finds is what our own pass has read."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chain import typed

from workbench.errors import LeavesLost
from workbench.fingerprint import Fingerprint
from workbench.verify import compare, of_frame

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


def test_every_kind_of_leaf_has_its_fingerprint(spark: Any, folder: Path) -> None:
    micros = 1640995200000000
    assert of_frame(spark.read.parquet(str(folder))) == {
        ("int",): Fingerprint(3, 2**62 - 1),
        ("text",): Fingerprint(3, 3),
        ("flag",): Fingerprint(3, 2),
        ("double",): Fingerprint(3, None, -0.5, 1e300),
        ("time",): Fingerprint(3, None, micros, micros + 1),
        ("decimal",): Fingerprint(3, None, Decimal(0), Decimal(10**30)),
        ("nothing",): Fingerprint(0, 0),
        ("o", ""): Fingerprint(2, 3),
        ("o", "a.b", ""): Fingerprint(2, 11),
        ("l", None, ""): Fingerprint(2, 3),
        ("l", None, "t", None): Fingerprint(1, 1),
    }


def test_a_weight_counts_each_row_so_often(spark: Any) -> None:
    shape = {"n": "bigint", "t": "string", "w": "bigint"}
    df = spark.createDataFrame([(2**40, "ab", 3), (-1, None, 1)], typed(shape))
    assert of_frame(df, "w") == {
        ("n",): Fingerprint(4, 3 * 2**40 - 1),
        ("t",): Fingerprint(3, 6),
    }


def test_a_weight_counts_the_elements_of_arrays_too(spark: Any) -> None:
    df = spark.createDataFrame([([1, 2], 3)], typed({"l": ["bigint"], "w": "bigint"}))
    assert of_frame(df, "w") == {("l", None): Fingerprint(6, 9)}


def test_a_type_that_cannot_be_proved_is_refused(spark: Any) -> None:
    df = spark.sql("select interval '1' day as i")
    with pytest.raises(LeavesLost, match="type interval day cannot be verified"):
        of_frame(df)


def test_dates_bytes_and_small_floats_have_fingerprints_too(spark: Any) -> None:
    df = spark.sql("select date'1970-01-03' d, cast('abc' as binary) b, cast(0.5 as float) f")
    assert of_frame(df) == {
        ("d",): Fingerprint(1, 2),
        ("b",): Fingerprint(1, 3),
        ("f",): Fingerprint(1, None, 0.5, 0.5),
    }


def test_a_field_of_a_null_struct_is_none(spark: Any) -> None:
    df = spark.createDataFrame([(None, [None])], typed({"s": {"n": "bigint"}, "l": [{"n": "int"}]}))
    found = of_frame(df, guarded=True)
    assert found == {("s", "n"): Fingerprint(0, 0), ("l", None, "n"): Fingerprint(0, 0)}


def test_equal_fingerprints_pass() -> None:
    compare({("a",): Fingerprint(1, 2)}, {("a",): Fingerprint(1, 2)}, "t")


def test_a_path_without_values_may_be_missing() -> None:
    compare({("a",): Fingerprint(0, 0)}, {("b",): Fingerprint()}, "t")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Fingerprint(1, 7), "expected 2 values, total 7; found 1 values, total 7"),
        (Fingerprint(2, 6), "found 2 values, total 6"),
    ],
)
def test_a_difference_names_the_table_the_path_and_both_sides(
    found: Fingerprint, said: str
) -> None:
    with pytest.raises(LeavesLost, match=said) as error:
        compare({("a", None, "b c"): Fingerprint(2, 7)}, {("a", None, "b c"): found}, "gold.t")
    assert "gold.t" in str(error.value) and "a[].`b c`" in str(error.value)


def test_a_path_that_came_from_nowhere_is_named() -> None:
    with pytest.raises(LeavesLost, match="new: expected 0 values; found 1 values"):
        compare({}, {("new",): Fingerprint(1)}, "t")


def test_values_changed_on_purpose_are_only_counted() -> None:
    expected, found = {("a",): Fingerprint(2, 7)}, {("a",): Fingerprint(2, 128)}
    compare(expected, found, "t", counted_only=[("a",)])


def test_many_differences_are_cut_short() -> None:
    with pytest.raises(LeavesLost, match="and 5 more"):
        compare({(f"f{i}",): Fingerprint(1) for i in range(25)}, {}, "t")
