"""Queries that cannot be answered: told in words of our own, whatever an engine says of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from support.chain import DAY, publish_silver, write_dump
from support.processes import environment, workbench
from workbench.errors import EngineError, LakeError, LeavesLost, RequestError
from workbench.sql import bounds
from workbench.sql.failures import failed
from workbench.sql.queries import run_sql

SECRET = "maria@example.com"
# What of the engines, of the parser or of their code must not be told, and no value of a document.
BARE = re.compile(
    r"Exception|Error\b|Py4J|org\.apache|Internal|sqlglot|Token|ObjectName|Identifier|Int32|Utf8"
    rf"|\[[A-Z_.]+\]|#\d|spark\.sql|{re.escape(SECRET)}|\n"
)
GROUPED, TYPE, ROWS = "those of GROUP BY", "of a type that it does not take", "gives several rows"
CAST, NAMED, PLACE = "cannot be read as", "name with points in it", "Places begin with 1"
# Thirty queries, each of which reads the one before it twice.
TWICE = "a0 AS (SELECT 1 AS x)" + "".join(
    f", a{n} AS (SELECT * FROM a{n - 1} UNION ALL SELECT * FROM a{n - 1})" for n in range(1, 31)
)
# What is asked of the engine, and what both engines' users are told.
WRONG = {
    "SELECT nope FROM silver.users": "there is no column nope. Did you mean name?",
    "SELECT u.nope FROM silver.users u": "there is no column u.nope",
    "SELECT score.nope FROM silver.users": "there is no column",
    "SELECT transform(tags, x -> x.nope) FROM silver.users": "there is no column nope",
    "SELECT x.* FROM silver.users": "there is no column x",
    "SELECT nope": "there is no column nope, for it reads no table",
    "SELECT * FROM silver.users JOIN gold.t USING (nope)": "there is no table gold.t",
    "SELECT a.b.c(1) FROM silver.users": NAMED,
    "SELECT rank() FROM silver.users": "Write rank() OVER (ORDER BY ...)",
    "SELECT sum(1) OVER (w) FROM silver.users": "a window is not defined",
    "SELECT _id FROM silver.users a, silver.users b": "_id is a column of several of the tables",
    "SELECT name, count(*) FROM silver.users": GROUPED,
    "SELECT name FROM silver.users HAVING count(*) > 1": GROUPED,
    "SELECT avg(tags) FROM silver.users": TYPE,
    "SELECT * FROM silver.users WHERE score": TYPE,
    "SELECT * FROM silver.users WHERE score = 1": TYPE,
    "SELECT * FROM silver.users CROSS JOIN UNNEST(name) AS t(p)": TYPE,
    "SELECT filter(tags, x -> 1) FROM silver.users": TYPE,
    "SELECT * FROM silver.users UNION SELECT 1": "differ in how many columns",
    "SELECT 1 UNION SELECT ARRAY[1]": "columns of other types",
    "SELECT (SELECT _id FROM silver.users)": ROWS,
    "SELECT (SELECT 1, 2)": "gives several columns",
    "WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a": "b is no table here",
    "SELECT * FROM silver.users LIMIT -1": "a whole number from 0 on",
    "SELECT element_at(tags, 0) FROM silver.users": PLACE,
    "SELECT regexp_like(name, '(') FROM silver.users": "a regular expression cannot be read",
    "SELECT regexp_extract(name, '(a', 1) FROM silver.users": "a regular expression cannot be read",
    "SELECT created AT TIME ZONE 'No/Where' FROM silver.users": "a time zone is not known",
    "SELECT extract(nope FROM created) FROM silver.users": "a part of a date is not known",
    "SELECT sum(DISTINCT _id, 2) FROM silver.users": "sum has more or fewer arguments",
    "SELECT map(ARRAY[1, 1], ARRAY[1, 2])": "a map has a key twice",
    "SELECT sequence(1, 10, 0)": "a value that it does not take",
    "SELECT assert_true(false)": "it raises an error itself",
    "SELECT ?": "a placeholder",
    "SELECT @x": "where none of its kind can stand",
    "SELECT \u202e1": "where none of its kind can stand",
    "SELECT 'a\0'": "a NUL in it",
    "SELECT 'a": "has no end",
    "SELECT coalesce()": "Coalesce has no value",
    "SELECT * FROM": "Expected table name but got the end",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000: "nested deeper",
    "SELECT " + "+".join("1" * 5000): "a longer chain of operators",
    " UNION ALL ".join(["SELECT 1"] * 300): "a longer chain of operators",
    "SELECT " + "1, " * 7000 + "1": "7,001 columns, and 6,000 are allowed",
    f"WITH {TWICE} SELECT 1 FROM a30": "more than 500 tables are read in all",
    "SELECT '" + "a" * 300_000 + "'": "and Athena takes 262,144 bytes",
}


USERS: list[Any] = [
    {
        "_id": number,
        "name": "x",
        "mail": SECRET,
        "score": {"score": number},
        "tags": [{"a": 1}],
        "created": {"$date": "2020-01-01T00:00:00Z"},
    }
    for number in (1, 2)
]


def test_what_an_engine_cannot_answer_is_told_in_our_words(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    publish_silver(spark, write_dump(tmp_path / "a.json", USERS), lake, DAY)
    for sql, said in WRONG.items():
        with pytest.raises(RequestError) as error:
            run_sql(sql, str(lake), spark=spark)
        assert said in str(error.value), sql[:80]
        assert not BARE.search(str(error.value)), sql[:80]
    (file,) = (lake / "silver/users").glob("*/*.parquet")
    whole, at = file.read_bytes(), file.stat()
    damaged = {"changed": whole[:-9], "damaged": bytes(len(whole))}
    for said, damage in damaged.items():
        file.write_bytes(damage)
        os.utime(file, ns=(at.st_atime_ns, at.st_mtime_ns))
        with pytest.raises((LakeError, LeavesLost), match=rf"silver\.users .*{said}"):
            run_sql("SELECT max(mail) AS m FROM silver.users", str(lake), spark=spark)


# What engines say of values, of their memory and of what they cannot do, as they say it.
SAID = {
    f"Cast error: Cannot cast string '{SECRET}' to value of Int32 type": "read as Int32. Use try",
    f'[CAST_INVALID_INPUT] The value \'{SECRET}\' of the type "STRING" cannot be cast to "DATE" '
    "because it is malformed.": "read as DATE. Use try_cast",
    f"Job aborted\n\tat org.apache.X\nCaused by: java.time.format.DateTimeParseException: Text "
    f"'{SECRET}' could not be parsed\n\tat java.base/x": "read as what is asked of it",
    "[DIVIDE_BY_ZERO] Division by zero. Use `try_divide`": "Write x / nullif(y, 0)",
    "[ARITHMETIC_OVERFLOW] long overflow. Use 'try_add'": "a number is too large for its type",
    '[CAST_OVERFLOW] The value 99999999999L of the type "BIGINT" cannot be cast': "large",
    "java.lang.StackOverflowError\n\tat scala.collection": "nested deeper",
    "[USER_RAISED_EXCEPTION] " + SECRET: "it raises an error itself",
    "UnsupportedOperationException: function: zip_with": "there is no function zip_with",
    "UnsupportedOperationException: spam": "does not have a form that stands in it",
    f"never seen before: {SECRET}": "for a reason that it tells in words of its own",
    "java.lang.OutOfMemoryError: Java heap space": "takes more memory than the engine may have",
    "Resources exhausted: Failed to allocate additional 8.0 MB": "takes more memory",
    "IO error: No space left on device (os error 28)": "a disk is full",
    "string size overflow on repeat, max size is 2147483647": "takes more memory",
    "<_InactiveRpcError: status = StatusCode.UNAVAILABLE": "the engine has ended",
}


@pytest.mark.parametrize("said", SAID)
def test_no_value_and_no_trace_of_an_engine_is_told(said: str) -> None:
    told = str(failed(RuntimeError(said), {("silver", "users"): ["_id"]}))
    assert SAID[said] in told and not BARE.search(told.replace("Int32", ""))


def test_an_answer_that_nobody_could_read_is_refused(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_silver(spark, write_dump(tmp_path / "a.json", USERS), tmp_path / "lake", DAY)
    monkeypatch.setattr(bounds, "MOST_CELLS", 20)
    ten = "WITH t AS (SELECT * FROM UNNEST(sequence(1, 10)) AS t(n)) SELECT a.n, b.n AS m FROM t a"
    assert len(run_sql(f"{ten}, t b WHERE b.n = 1", str(tmp_path / "lake"), spark=spark)) == 10
    with pytest.raises(RequestError, match=r"more than 10 rows of 2 columns.*put a LIMIT"):
        run_sql(f"{ten}, t b", str(tmp_path / "lake"), spark=spark)


def test_an_error_of_ours_stays() -> None:
    ours = EngineError("No engine answers")
    assert failed(ours, {}) is ours


def test_a_text_without_end_ends_the_engine_and_not_the_machine(tmp_path: Path) -> None:
    """Functions make texts that count in no pool of an engine's."""
    (tmp_path / "silver/users" / f"ingestion_date={DAY}").mkdir(parents=True)
    (tmp_path / "silver/users" / f"ingestion_date={DAY}" / "_manifest.json").write_text("{}")
    asked = ["sql", "SELECT rpad('a', 2147483647, 'b') AS t", "--engine", "sail", "--lake"]
    done = workbench(*asked, tmp_path, env=environment(WORKBENCH_SAIL_MEMORY=str(600 << 20)))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: sql: the answer, or what leads to it, takes more")
    done = workbench(*asked, tmp_path, env=environment(WORKBENCH_SAIL_MEMORY="4g"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: WORKBENCH_SAIL_MEMORY: '4g' is not allowed; it must be")
