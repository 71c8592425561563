"""JSON text of arrays: one spelling on both engines, nothing cut."""

import datetime as dt
import json
import math
import re
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T

from support.chain import typed
from workbench.json_text import columns
from workbench.json_text.columns import array_text, spell_doubles, spell_text
from workbench.session import describe


def texts(spark: Any, shape: Any, arrays: list[Any]) -> list[str | None]:
    df = spark.createDataFrame(list(enumerate(arrays)), typed({"at": "int", "value": shape}))
    column = array_text(F.col("value"), typed(shape))
    return [row[0] for row in df.orderBy("at").select(column.alias("text")).collect()]


NUMBERS = "1.0E10,null,-0.00001,12,1.0E-7,0.1,-0.0,true"
NESTED = (
    f'[[{NUMBERS}],{{"a":[{NUMBERS}],"text":"[{NUMBERS}]","é\\u001F\\\\":[1.0E10]}},[[{NUMBERS}],[]],'
    f'"x[\\"",1.5,"\\\\","[{NUMBERS}]",[{NUMBERS}],"NaN","",{{}}]'
)


def test_a_long_text_is_spelled_in_pieces_as_a_short_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    short = json.dumps(json.loads(NESTED), ensure_ascii=False, separators=(",", ":"))
    assert spell_doubles(NESTED) == short
    monkeypatch.setattr(columns, "json", SimpleNamespace(loads=json.loads))  # nothing whole again
    for letters in range(1, len(NESTED)):
        monkeypatch.setattr(columns, "LONG", letters)
        assert spell_doubles(NESTED) == short


def test_doubles_have_the_shortest_digits_that_read_back(spark: Any) -> None:
    arrays = [[1e10, 1e20, 1e16, 1e7, 123456789.0], [5e-324, 2e-5, 1e-3, 0.1, -0.0, 2.0], [None]]
    assert texts(spark, ["double"], arrays) == [
        "[10000000000.0,1e+20,1e+16,10000000.0,123456789.0]",
        "[5e-324,2e-05,0.001,0.1,-0.0,2.0]",
        "[null]",
    ]


def test_decimals_keep_every_digit(spark: Any) -> None:
    arrays = [[Decimal("1.10"), Decimal("0")], [Decimal("123456789012345678901234567890123456.78")]]
    assert texts(spark, ["decimal"], arrays) == [
        "[1.10,0.00]",
        "[123456789012345678901234567890123456.78]",
    ]


EVERY_SIZE = [
    *(sign * first * 10.0**power for power in range(-9, 24) for first in (1, 1.5, 9.999999999999999)
      for sign in (1, -1)),
    *(times * 2.0**power for power in range(-1074, 971, 3) for times in (1, 3)),
    2e23, 5e-324, 0.0, -0.0, None, math.inf, -math.inf, 1e-5, math.inf,
]  # fmt: skip


def test_doubles_of_every_size_are_spelled_as_python_does(spark: Any) -> None:
    arrays: list[Any] = [EVERY_SIZE, None, [], [None], [1e22], [2e-05], [-2.5e-05, 1e-9]]
    assert texts(spark, ["double"], arrays) == [
        re.sub("-?Infinity", r'"\g<0>"', one) if one else one for one in map(as_text, arrays)
    ]


def as_text(array: list[float | None] | None) -> str | None:
    return None if array is None else json.dumps(array, separators=(",", ":"))


def test_sail_spells_arrays_of_doubles_without_python(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "spell_numbers", lambda _: "by Python")
    on_sail = describe(spark)["name"] == "sail"
    assert texts(spark, ["double"], [[0.5]]) == ["[0.5]" if on_sail else "by Python"]


def test_small_decimals_have_no_exponents(spark: Any) -> None:
    arrays: list[Any] = [[Decimal("1E-20"), None, Decimal("-1.5"), Decimal(0)], None, [], [None]]
    rows = [(at, array) for at, array in enumerate(arrays)]
    df = spark.createDataFrame(rows, "at int, n array<decimal(38,20)>")
    text = array_text(F.col("n"), df.schema["n"].dataType).alias("text")
    zeros = "0" * 19
    assert [row[0] for row in df.orderBy("at").select(text).collect()] == [
        f"[0.{zeros}1,null,-1.5{zeros},0.{zeros}0]", None, "[]", "[null]"
    ]  # fmt: skip


def test_times_keep_their_microseconds(spark: Any) -> None:
    zone = dt.UTC
    arrays = [
        [dt.datetime(2021, 11, 2, 3, 4, 5, 296000, zone), dt.datetime(2021, 1, 1, tzinfo=zone)],
        [dt.datetime(2021, 1, 1, 0, 0, 0, 1, zone), None],
    ]
    assert texts(spark, ["timestamp"], arrays) == [
        '["2021-11-02T03:04:05.296000Z","2021-01-01T00:00:00.000000Z"]',
        '["2021-01-01T00:00:00.000001Z",null]',
    ]


def test_other_kinds_are_spelled_alike_too(spark: Any) -> None:
    moment = dt.datetime(2021, 11, 2, 3, 4, 5, 296000)
    fields = "f: float, z: timestamp_ntz, x: binary, d: double"
    values = [(0.1, moment, b"\x00\xff", float("nan")), (1e10, None, b"", float("-inf"))]
    df = spark.createDataFrame([(values,)], f"l array<struct<{fields}>>")
    column = array_text(F.col("l"), df.schema["l"].dataType)
    assert df.select(column.alias("text")).collect()[0][0] == (
        '[{"f":0.1,"z":"2021-11-02T03:04:05.296000Z","x":"AP8=","d":"NaN"},'
        '{"f":10000000000.0,"x":"","d":"-Infinity"}]'
    )


def test_null_and_empty_stay_apart(spark: Any) -> None:
    arrays: list[Any] = [None, [], [None], [[]], [[None]]]
    found = texts(spark, [["string"]], arrays)
    assert found == [None, "[]", "[null]", "[[]]", "[[null]]"]


@pytest.mark.parametrize(
    ("kind", "some", "as_text"),
    [("bigint", [-(2**63), 2**63 - 1, 0], "[null,-9223372036854775808,9223372036854775807,0]"),
     ("int", [7], "[null,7]"), ("boolean", [True, False], "[null,true,false]")],
)  # fmt: skip
def test_whole_numbers_and_booleans_are_spelled_as_in_other_arrays(
    spark: Any, kind: str, some: list[Any], as_text: str
) -> None:
    arrays: list[Any] = [None, [], [None], [None, *some]]
    assert texts(spark, [kind], arrays) == [None, "[]", "[null]", as_text]
    nested = texts(spark, [[kind]], [[one] for one in arrays])
    assert nested == ["[null]", "[[]]", "[[null]]", f"[{as_text}]"]


@pytest.mark.parametrize("rest", [{}, {"d": "double"}], ids=["native", "python"])
def test_every_character_is_kept_and_spelled_alike(spark: Any, rest: dict[str, str]) -> None:
    every = "".join(map(chr, [*range(0x250), 0x2028, 0xFEFF, 0x1F600]))
    tricky = ["\\u001B", "\\\\u001B", "\x1b\x1b\\\x1b", "\\", '\\"', every]
    objects = [(text, *[None] * len(rest)) for text in tricky]
    (found,) = texts(spark, [{"s": "string"} | rest], [objects])
    plain = [{"s": text} for text in tricky]
    assert found == json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def test_objects_in_arrays_keep_the_order_of_their_fields(spark: Any) -> None:
    shape = {"z": "double", "a b": {"": "decimal", "m": "boolean"}, "A": "bigint", "a": "bigint"}
    arrays = [[(1e10, (Decimal("0.10"), True), 2**62, 1), None, (None, None, None, None)]]
    assert texts(spark, [shape], arrays) == [
        '[{"z":10000000000.0,"a b":{"":0.10,"m":true},"A":4611686018427387904,"a":1},null,{}]'
    ]


def test_arrays_without_fractions_do_not_pass_through_python(
    spark: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.json_text.columns.F.udf", None)
    shape = [{"a": "bigint", "b": "string", "c": "timestamp", "d": ["boolean"]}]
    assert texts(spark, shape, [[(1, "x", None, [True])]]) == ['[{"a":1,"b":"x","d":[true]}]']


def test_numbers_that_are_no_numbers_stay_texts() -> None:
    assert spell_text(T.ArrayType(T.DoubleType()), '["NaN",1.0E7]') == '["NaN",10000000.0]'
