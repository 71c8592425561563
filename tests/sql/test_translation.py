"""Athena's SQL as a syntax tree: what is refused, how parameters are bound, which partitions."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot

from workbench.errors import RequestError
from workbench.sql.files import SqlFile, sql_files
from workbench.sql.translation import bind, parameters, parse, settle, tables, translate

LATEST = "WITH ingestion_date AS (SELECT max(ingestion_date) AS value FROM silver.users) "
COUNT = LATEST + (
    "SELECT count(*) AS n FROM silver.users "
    "WHERE ingestion_date = (SELECT value FROM ingestion_date)"
)
DATES = ["2022-01-11", "2022-01-18"]


def settled(text: str) -> list[tuple[str, frozenset[str] | None]]:
    found = tables(settle(parse(text), lambda layer, table: DATES))
    return [(f"{table.layer}.{table.name}", table.dates) for table in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DROP TABLE silver.users", "found DROP, and only one query that reads"),
        ("SELECT 1; DROP TABLE silver.users", "found SELECT, DROP"),
        ("INSERT INTO gold.a SELECT 1", "found INSERT"),
        ("SHOW TABLES", "found COMMAND"),
        ("", "found nothing"),
        ("SELECT *\nFROM a WHERE (x", "line 2, column"),
    ],
)
def test_what_is_not_one_query_that_reads_is_refused(
    text: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RequestError, match="Write one SELECT") as error:
        parse(text)
    assert said in str(error.value) and not caplog.records


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT reflect('java.lang.System', 'getenv', 'HOME')", "reflect reaches beyond"),
        ("SELECT upper(\"JAVA_METHOD\"('a', 'b'))", "java_method reaches beyond"),
        ("SELECT system.try_reflect('a', 'b')", "try_reflect reaches beyond"),
        ("SELECT {fn reflect('a', 'b')}", "reflect reaches beyond"),
        ("SELECT xpath_string('<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>', 'a')", "xpath"),
        ("SELECT * FROM read_parquet('/etc/passwd')", "read_parquet reaches beyond"),
        ("SELECT * FROM read_csv('/etc/passwd')", "read_csv reaches beyond"),
        ('SELECT * FROM "/etc/passwd"', "is no table of the lake"),
        ("SELECT * FROM TABLE(files('/etc'))", "is no table of the lake"),
        ('SELECT (SELECT max(a) FROM "file.parquet") FROM silver.users', "is no table of"),
        ("SELECT * FROM silver.users FOR VERSION AS OF 1", "that the lake does not have"),
    ],
)
def test_what_reaches_beyond_the_lake_is_refused(text: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        parse(text)


@pytest.mark.parametrize("file", sql_files(), ids=lambda file: file.name)
def test_each_file_has_a_title_a_question_and_runs_in_athena_as_it_is(file: SqlFile) -> None:
    assert file.title and file.question.endswith((".", "?")) and "?" in file.question
    query = parse(file.text)
    assert sqlglot.parse_one(query.sql("athena"), read="trino") == query
    assert "ingestion_date" in parameters(query)


@pytest.mark.parametrize("value", ["x' OR '1' = '1", "\\' OR 1 = 1 --", '"; DROP', "é`$", "\\"])
def test_a_value_stays_one_text_whatever_it_holds(value: str) -> None:
    query = bind(parse("WITH p AS (SELECT 'd' AS value) SELECT value FROM p"), {"p": value})
    text = translate(query, "duckdb", lambda layer, table: table)
    with duckdb.connect() as connection:
        assert connection.execute(text).fetchall() == [(value,)]


def test_an_unknown_parameter_names_the_nearest() -> None:
    with pytest.raises(RequestError, match="Did you mean ingestion_date"):
        bind(parse(COUNT), {"ingestion_dat": "2022-01-18"})


def test_a_bound_date_is_the_only_partition_read() -> None:
    assert tables(bind(parse(COUNT), {"ingestion_date": "2022-01-11"}))[0].dates == frozenset(
        {"2022-01-11"}
    )


def test_the_latest_date_is_known_from_the_partitions_names() -> None:
    assert settled(COUNT) == [("silver.users", frozenset({"2022-01-18"}))]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM silver.users",
        "SELECT * FROM silver.users WHERE ingestion_date = '2022-01-11' OR name IS NULL",
        "SELECT * FROM silver.users WHERE NOT (ingestion_date = '2022-01-11')",
        "SELECT * FROM silver.users WHERE ingestion_date = concat('2022-01', '-11')",
        "SELECT * FROM silver.users AS a JOIN gold.x ON a.b = x.b "
        "WHERE x.ingestion_date = '2022-01-11'",
        "SELECT * FROM silver.users WHERE ingestion_date = '2022-01-11' "
        "UNION ALL SELECT * FROM silver.users",
    ],
)
def test_without_a_date_for_every_row_all_partitions_are_read(query: str) -> None:
    assert settled(query)[0] == ("silver.users", None)


def test_a_default_of_another_shape_is_left_to_the_engine() -> None:
    text = COUNT.replace("AS value FROM silver.users)", "AS value FROM silver.users WHERE x = 1)")
    assert settled(text)[0][1] is None


def test_tables_get_the_engines_names_and_keep_their_aliases() -> None:
    query = parse("SELECT users.a, p.b FROM silver.users JOIN gold.p AS p ON users.a = p.a")
    assert translate(query, "spark", lambda layer, table: f"{layer}__{table}") == (
        "SELECT users.a, p.b FROM silver__users AS users JOIN gold__p AS p ON users.a = p.a"
    )


def test_a_sample_of_a_table_stays_one() -> None:
    query = parse("SELECT count(*) FROM silver.users TABLESAMPLE BERNOULLI (10)")
    told = translate(query, "spark", lambda layer, table: f"{layer}__{table}")
    assert "silver__users TABLESAMPLE (10 PERCENT)" in told
