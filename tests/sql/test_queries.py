"""SQL on a lake, and `workbench sql`: what comes out, and how wrong requests are refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.chain import DAY, partition, publish_silver, rows, write_dump
from support.processes import workbench
from workbench.cli import main
from workbench.cli.output import as_csv, as_json, write
from workbench.errors import RequestError
from workbench.sql.queries import run_sql

NEXT_DAY = "2022-01-19"


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main(["sql", *map(str, arguments)])
    shown = capsys.readouterr()
    assert shown.out == "" and "Traceback" not in shown.err
    return code, shown.err


def two_ingestions(spark: Any, folder: Path, first: list[Any], then: list[Any]) -> str:
    for day, documents in ((DAY, first), (NEXT_DAY, then)):
        publish_silver(spark, write_dump(folder / f"{day}.json", documents), folder / "lake", day)
    return str(folder / "lake")


# What a query sees


def test_fields_that_only_one_ingestion_has_are_null_in_the_other(
    spark: Any, tmp_path: Path
) -> None:
    lake = two_ingestions(
        spark, tmp_path, [{"_id": 1, "a": {"x": 1}}], [{"_id": 2, "a": {"y": 2}, "b": "new"}]
    )
    found = run_sql(
        "SELECT _id, a.x, a.y, b, ingestion_date FROM silver.users ORDER BY _id", lake, spark=spark
    )
    rows = [tuple(row) for row in found.itertuples(index=False)]
    assert rows == [(1, 1, None, None, DAY), (2, None, 2, "new", NEXT_DAY)]


def test_ingestions_of_different_types_are_read_in_one_that_holds_both(
    spark: Any, tmp_path: Path
) -> None:
    lake = two_ingestions(spark, tmp_path, [{"_id": 1, "a": 1}], [{"_id": 2, "a": "one"}])
    both = run_sql("SELECT a FROM silver.users ORDER BY _id", lake, spark=spark)
    assert both["a"].tolist() == ["1", '"one"']
    one = run_sql(
        f"SELECT a FROM silver.users WHERE ingestion_date = '{NEXT_DAY}'", lake, spark=spark
    )
    assert one["a"].tolist() == ["one"]


@pytest.fixture
def in_sao_paulo() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "America/Sao_Paulo")
        time.tzset()
        yield
    time.tzset()


def test_times_are_in_utc_wherever_the_machine_is(
    spark: Any, lake: Path, in_sao_paulo: None
) -> None:
    found = run_sql("SELECT max(updatedAt) AS last FROM silver.users", str(lake), spark=spark)
    users = rows(partition(lake, "silver.users"))
    assert found["last"][0] == max(user["updatedAt"] for user in users)


def test_a_value_that_is_sql_is_only_a_text(spark: Any, lake: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.sql"
    file.write_text("WITH who AS (SELECT 'x' AS value) SELECT value FROM who")
    for value in ("x' OR '1' = '1", "\\' OR 1 = 1 --", "\\", "${env:PATH} ${spark.app.name}"):
        found = run_sql(str(file), str(lake), {"who": value}, spark=spark)
        assert found["value"].tolist() == [value]


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT sc FROM silver.users", "sc"),
        ("SELECT u.sc FROM silver.users u", "u.sc"),
        ("SELECT count(*) FROM silver.users WHERE sc.y = 1 GROUP BY _id", "sc.y"),
    ],
)
def test_an_unknown_column_is_told_with_those_that_are_there(
    spark: Any, lake: Path, sql: str, name: str
) -> None:
    with pytest.raises(RequestError) as said:
        run_sql(sql, str(lake), spark=spark)
    assert str(said.value).startswith(f"sql: there is no column {name}. ")
    assert "silver.users has: _id, " in str(said.value) and "resolve" not in str(said.value)


def test_no_text_of_a_query_is_what_the_environment_holds(spark: Any, lake: Path) -> None:
    found = run_sql("SELECT '${env:PATH} ${system:user.home}' AS a", str(lake), spark=spark)
    assert found["a"].tolist() == ["${env:PATH} ${system:user.home}"]


def test_an_unknown_field_of_an_object_is_told(spark: Any, lake: Path) -> None:
    with pytest.raises(RequestError, match=r"there is no column (score\.)?nope\. "):
        run_sql("SELECT score.nope FROM silver.users", str(lake), spark=spark)


def test_a_function_that_no_engine_has_is_told(spark: Any, lake: Path) -> None:
    with pytest.raises(RequestError, match="there is no function no_such_thing on this engine"):
        run_sql("SELECT no_such_thing(_id) AS q FROM silver.users", str(lake), spark=spark)


# workbench sql


def test_without_a_name_all_analyses_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql"]) == 0
    assert "users_per_day\n    How many users came on each day" in capsys.readouterr().out


def test_whole_numbers_beside_nulls_keep_their_digits(capsys: pytest.CaptureFixture[str]) -> None:
    great = 2**53 + 1  # no double
    table = pd.DataFrame({"n": [great, None], "t": ["=1", None]}, dtype=object)
    for raw, text in ((True, "=1"), (False, "'=1")):
        write(table, "csv", "", "en", raw=raw)
        assert capsys.readouterr().out == f"n,t\n{great},{text}\n,\n"


def test_rows_come_as_csv_json_or_a_table(lakes: Any, capsys: pytest.CaptureFixture[str]) -> None:
    lake, said = str(lakes["sail"]["input"]), {}
    for kind in ("csv", "json", "table"):
        done = workbench("sql", "users_per_product_type", "--lake", lake, "--format", kind)
        said[kind] = done.stdout
        assert (done.returncode, done.stderr) == (0, "")
    assert said["csv"].splitlines()[:2] == ["product_type,users,share", "creditcard,716,0.716"]
    assert json.loads(said["json"])[2] == {"product_type": None, "users": 28, "share": 0.028}
    assert said["table"].startswith("Users per product type\n") and "NULL" in said["table"]


NESTED = "SELECT _id, a, l, m FROM silver.users ORDER BY _id"


def test_what_is_nested_is_json_text_with_the_names_of_its_fields(
    spark: Any, tmp_path: Path
) -> None:
    documents: list[Any] = [
        {"_id": 1, "a": {"x": {"$date": "2020-01-01T00:00:00Z"}, "y": 0.1}, "l": [1, None], "m": 1},
        {"_id": 2, "a": None, "l": [], "m": 1234567.89},
    ]
    publish_silver(spark, write_dump(tmp_path / "a.json", documents), tmp_path / "lake")
    table = run_sql(NESTED, str(tmp_path / "lake"), spark=spark)
    text = '{"x":"2020-01-01T00:00:00.000000Z","y":0.1}'
    assert table["a"].tolist() == [text, None] and table["l"].tolist() == ["[1,null]", "[]"]
    (first, second) = json.loads(as_json(table))
    assert first == {"_id": 1, "a": json.loads(text), "l": [1, None], "m": 1.0}
    assert second == {"_id": 2, "a": None, "l": [], "m": 1234567.89}
    quoted = text.replace('"', '""')
    assert as_csv(table) == f'_id,a,l,m\n1,"{quoted}","[1,null]",1.0\n2,,[],1234567.89\n'


def test_numbers_are_whole_and_in_the_form_of_the_locale(
    capsys: pytest.CaptureFixture[str],
) -> None:
    numbers = [1234567.89, Decimal("12345678901234567.10"), 10**18, 0.1, None, 1e300]
    write(pd.DataFrame({"n": numbers}, dtype=object), "table", "", "pt_BR")
    shown = capsys.readouterr().out
    for text in ("1.234.567,89", "12.345.678.901.234.567,10", "1.000.000.000.000.000.000", "0,1"):
        assert f" {text} " in shown
    assert " 1e+300 " in shown and "NULL" in shown
    exact = as_json(pd.DataFrame({"n": numbers}, dtype=object))
    assert "12345678901234567.10\n" in exact and "1234567.89" in exact


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["user_per_dya"], 2, "Did you mean users_per_day?"),
        (["nowhere/x.sql"], 2, "nowhere/x.sql cannot be read as SQL"),
        (["users_per_day", "--ingestion-date", "2022-01-19"], 2, "there: 2022-01-18"),
        (["users_per_day", "--ingestion-date", "18/01/2022"], 2, "is not a day of the calendar"),
        (["users_per_day", "-p", "day=1"], 2, "this SQL has no such parameter"),
        (["users_per_day", "-p", "day"], 2, "-p: 'day' is not name=value"),
        (["users_per_day", "--engine", "duckdb"], 2, "engine: duckdb is not known"),
    ],
)
def test_a_wrong_request_is_refused(
    arguments: list[str], code: int, said: str, lakes: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = lakes["sail"]["input"]
    found, message = refused(capsys, *arguments, "--lake", lake)
    assert found == code and said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "found nothing, and only one query"),
        (b"-- of nothing\n", "found nothing, and only one query"),
        (b"SELECT '\xff'", "is no UTF-8 text, from byte 8 on. Save it as UTF-8."),
        (b"a" * 300_000, "and Athena takes 262,144 bytes"),
    ],
)
def test_a_file_that_is_no_query_is_refused(
    text: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.sql").write_bytes(text)
    code, message = refused(capsys, tmp_path / "mine.sql", "--lake", tmp_path)
    assert code == 2 and said in message


def test_a_lake_without_tables_says_how_to_make_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message = refused(capsys, "users_per_day", "--lake", tmp_path / "none")
    assert code == 2 and "has no tables. Make them with `make run`" in message
    assert not (tmp_path / "none").exists()


def test_an_unknown_table_names_those_that_are_there(
    lakes: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.sql").write_text("SELECT * FROM gold.users")
    code, message = refused(capsys, tmp_path / "mine.sql", "--lake", lakes["sail"]["input"])
    assert code == 2 and "There are: silver.users, gold.user_products" in message
