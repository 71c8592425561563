"""A query in Athena: what is sent, what comes back, how it ends when it does not end well."""

from __future__ import annotations

import datetime as dt
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.athena import Answer, Athena, athena
from support.cloud import environment
from workbench.catalog import VARIABLE
from workbench.cli import main
from workbench.errors import EngineError, RequestError
from workbench.services import client, made_client
from workbench.sql.athena import run_athena, wait_for
from workbench.sql.files import sql_files

SCORES = [("users", "bigint")], [[3]]
ASKED = ["sql", "users_per_day", "--engine", "athena", "--workgroup", "w"]


@pytest.fixture
def answering(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[Callable[[str], Answer]], Athena]]:
    """Starts an Athena that answers so."""
    for name, value in environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv(VARIABLE, "")  # what a command sets is taken back
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.chdir(tmp_path)
    running: list[Any] = []

    def start(answer: Callable[[str], Answer]) -> Athena:
        running.append(athena(answer))
        made: Athena = running[-1].__enter__()
        monkeypatch.setenv("AWS_ENDPOINT_URL_ATHENA", made.address)
        made_client.cache_clear()
        return made

    yield start
    made_client.cache_clear()
    for one in running:
        one.__exit__(None, None, None)


def test_a_file_is_sent_as_it_stands(answering: Any, capsys: pytest.CaptureFixture[str]) -> None:
    server = answering(lambda sql: SCORES)
    assert main([*ASKED, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "users\n3\n"
    (sent,) = [query.text for query in server.queries]
    assert sent == next(file.text for file in sql_files() if file.name == "users_per_day")


def test_parameters_and_databases_are_put_in(
    answering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = answering(lambda sql: SCORES)
    assert main([*ASKED, "--catalog", "dev_{layer}", "--ingestion-date", "2022-01-18"]) == 0
    sent = server.queries[0].text
    assert "dev_silver.users" in sent and " silver.users" not in sent
    assert "ingestion_date = '2022-01-18'" in sent


def test_values_come_in_the_types_that_engines_here_give(answering: Any) -> None:
    columns = [
        ("b", "boolean"),
        ("n", "bigint"),
        ("x", "double"),
        ("d", "decimal(38,2)"),
        ("day", "date"),
        ("t", "timestamp(3)"),
        ("z", "timestamp(3) with time zone"),
        ("text", "varchar"),
        ("n", "integer"),
    ]
    at, zone = "2022-01-18 01:02:03.456", "2022-01-18 01:02:03.456 America/Sao_Paulo"
    row = [True, 2**60, 1e-5, "1234567890123456789012345678901234.50", "2022-01-18", at, zone]
    answering(lambda sql: (columns, [[*row, "", 1], [None] * 9]))
    found = run_athena("SELECT 1 AS b", workgroup="w")
    assert list(found.columns) == [name for name, _ in columns]
    first, second = found.itertuples(index=False, name=None)
    moment = pd.Timestamp("2022-01-18T01:02:03.456Z")
    assert first[:5] == (True, 2**60, 1e-5, Decimal(str(row[3])), dt.date(2022, 1, 18))
    assert first[5:] == (moment, moment + pd.Timedelta(hours=3), "", 1)
    assert [v for v in second if not pd.isna(v)] == [] and second[7] is None


def test_long_answers_come_page_by_page(answering: Any) -> None:
    server = answering(lambda sql: ([("n", "bigint")], [[n] for n in range(2500)]))
    assert run_athena("SELECT 1 AS n", workgroup="w")["n"].tolist() == list(range(2500))
    assert server.calls.count("GetQueryResults") == 3


@pytest.mark.parametrize(
    ("sql", "asked_again"),
    [
        (
            "SELECT a, count(*) AS n FROM silver.users GROUP BY 1 ORDER BY a, n",
            'SELECT JSON_FORMAT(CAST(a AS JSON)) AS "a", COUNT(*) AS n FROM silver.users '
            "GROUP BY a ORDER BY a NULLS LAST, COUNT(*) NULLS LAST",
        ),
        (
            "SELECT * FROM silver.users",
            'SELECT JSON_FORMAT(CAST("a" AS JSON)) AS "a", "n" FROM silver.users',
        ),
    ],
)
def test_what_is_nested_is_asked_for_as_json(sql: str, asked_again: str, answering: Any) -> None:
    kinds = iter([[("a", "row(x bigint)"), ("n", "bigint")], [("a", "varchar"), ("n", "bigint")]])
    server = answering(lambda sql: (next(kinds), [['{"x":1}', 1]]))
    found = run_athena(sql, workgroup="w")
    assert found["a"].tolist() == ['{"x":1}'] and server.queries[0].text == sql
    assert server.queries[1].text.replace(" NULLS LAST", "") == asked_again.replace(
        " NULLS LAST", ""
    )


def refusing(error: str) -> Callable[[str], Answer]:
    def answer(sql: str) -> Answer:
        raise ValueError(error)

    return answer


@pytest.mark.parametrize(
    ("workgroup", "error", "code", "said"),
    [
        ("w", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", 2, "Column 'x' cannot"),
        ("w", "TABLE_NOT_FOUND: line 1:15: Table 'silver.users'", 2, "workbench aws catalog"),
        ("primary", "", 2, "the workgroup primary has no place for results"),
    ],
)
def test_what_athena_refuses_is_told_in_a_sentence(
    workgroup: str,
    error: str,
    code: int,
    said: str,
    answering: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answering(refusing(error))
    assert main([*ASKED[:-1], workgroup]) == code
    err = capsys.readouterr().err
    assert said in err and err.startswith("error: ") and err.count("\n") == 1


def test_a_query_that_is_no_more_waited_for_is_stopped(
    answering: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    server = answering(lambda sql: ended.wait(60) and SCORES)

    def interrupt(number: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.sql.athena.wait_for", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_athena("SELECT 1 AS n", workgroup="w")
    assert server.calls == ["StartQueryExecution", "StopQueryExecution"]
    with pytest.raises(EngineError, match="the query was stopped in Athena: Query cancelled"):
        wait_for("0")
    ended.set()


def test_nothing_is_asked_but_a_query_that_reads(
    answering: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    server = answering(lambda sql: SCORES)
    for sql in ("DROP TABLE silver.users", "SELECT 1; SELECT 2"):
        assert main(["sql", sql, "--engine", "athena", "--workgroup", "w"]) == 2
    assert main([*ASKED, "--lake", "here"]) == 2
    assert "is on this machine, where Athena cannot read it" in capsys.readouterr().err
    with pytest.raises(RequestError, match="start_date"):
        run_athena("SELECT 1 AS n", {"start_date": "2022"}, workgroup="w")
    assert server.calls == []


@pytest.mark.cloud
def test_another_stand_in_understands_what_is_asked(bucket: str) -> None:
    """moto's, whose answers are those that it was told before."""
    made_client.cache_clear()
    asked = client("athena")
    place = {"ResultConfiguration": {"OutputLocation": f"{bucket}/results/"}}
    asked.create_work_group(Name="w", Configuration=place)
    data = [[{"VarCharValue": "n"}], [{"VarCharValue": "7"}]]
    info = {"CatalogName": "", "SchemaName": "", "TableName": "", "Name": "n", "Type": "bigint"}
    rows = {"Rows": [{"Data": row} for row in data]}
    told = {"ResultSetMetadata": {"ColumnInfo": [info]}} | rows
    address = asked.meta.endpoint_url
    body = json.dumps({"results": [told | {"rows": rows["Rows"], "column_info": [info]}]}).encode()
    headers = {"Content-Type": "application/json"}
    queue = f"{address}/moto-api/static/athena/query-results"
    urllib.request.urlopen(urllib.request.Request(queue, body, headers)).close()
    assert run_athena("SELECT 1 AS n", workgroup="w")["n"].tolist() == [7]
    made_client.cache_clear()
