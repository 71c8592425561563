"""One spelling of JSON text: by engines, by Python, and its length alone."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from workbench.json_text.arrays import array_texts
from workbench.json_text.columns import array_text
from workbench.json_text.values import json_texts, moments, scalar_text
from workbench.lake.align import in_arrow
from workbench.schema import Node

DAYS = {
    -719162: "0001-01-01",
    -354285: "1000-01-01",
    -354286: "0999-12-31",
    -1: "1969-12-31",
    2932896: "9999-12-31",
    2932897: "+10000-01-01",
    33800000: "+94511-04-05",
    36000000: "+100534-08-27",
}
NUMBERS = [float("nan"), float("inf"), -float("inf"), 1e16, 0.1, -0.0]


def rows() -> pa.Array:
    """Odd times, days and numbers, alone and inside of others."""
    days = pa.array([*DAYS, None], pa.int32()).cast(pa.date32())
    micros = pa.array([*(day * 86_400_000_000 + 1 for day in DAYS), None], pa.int64())
    times = micros.cast(pa.timestamp("us", "UTC"))
    numbers = pa.array([*NUMBERS, None, 1.5, None])
    exact = pa.array([Decimal("1.10"), None, *[Decimal(0)] * 7], pa.decimal128(20, 2))
    inner = pa.StructArray.from_arrays([times, days, numbers], names=["t", "d", "n"])
    offsets = pa.array(range(len(inner) + 1), pa.int32())
    listed = pa.ListArray.from_arrays(offsets, inner)
    return pa.StructArray.from_arrays(
        [times, days, numbers, exact, listed], names=["time", "day", "number", "exact", "l"]
    )


def test_engines_and_python_write_the_same_text(spark: Any, tmp_path: Any) -> None:
    table = pa.Table.from_struct_array(rows()).append_column("at", pa.array(range(len(rows()))))
    pq.write_table(table, tmp_path / "rows.parquet")
    df = spark.read.parquet(str(tmp_path / "rows.parquet"))
    whole = F.array(F.struct(*[F.col(name) for name in rows().type.names]))
    shown = df.select("at", array_text(whole, df.select(whole).schema[0].dataType).alias("text"))
    found = [row.text for row in shown.orderBy("at").collect()]
    expected = json_texts(rows()).to_pylist()
    assert found == [f"[{text}]" for text in expected]
    assert array_texts(rows()).to_pylist() == expected
    for (day, text), whole_text in zip(DAYS.items(), expected, strict=False):
        assert f'"time":"{text}T00:00:00.000001Z","day":"{text}"' in whole_text, day


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(12, 3, 4), '"0012-03-04"'),
        (datetime(999, 1, 1), '"0999-01-01T00:00:00.000000Z"'),
        (float("nan"), '"NaN"'),
        (Decimal("1E-7"), "0.0000001"),
        ("é\n", '"é\\n"'),
        (b"\x00\xff", '"AP8="'),
    ],
)
def test_single_values_are_spelled_as_in_columns(value: Any, text: str) -> None:
    assert scalar_text(value) == text


def test_a_wider_column_of_text_holds_the_same_spelling() -> None:
    times, node = rows().field("time"), Node("timestamp")
    assert in_arrow(times, node, Node("text")).to_pylist() == json_texts(times).to_pylist()
    plain = in_arrow(times, node, Node("datetext")).to_pylist()
    assert plain == moments(times).to_pylist()
    assert plain[1] == "1000-01-01T00:00:00.000001Z" and plain[-1] is None


def test_a_text_that_looks_like_a_time_stays_as_it_is(spark: Any) -> None:
    values = '"10000-01-01" "+10000-01-01T00:00:00.000000Z"'
    one = F.array(F.struct(F.lit(values).alias("s"), F.lit(None).cast("timestamp").alias("t")))
    df = spark.range(1).select(one.alias("v"))
    text = df.select(array_text(F.col("v"), df.schema["v"].dataType)).collect()[0][0]
    assert text == '[{"s":' + scalar_text(values) + "}]"
