"""A query in Amazon Athena, in a workgroup; its rows come as those of an engine here do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlglot import exp

from workbench.errors import EngineError, RequestError, ServiceError, WorkbenchError
from workbench.json_text import JsonText
from workbench.services import asked, client
from workbench.sql.dates import check_dates
from workbench.sql.translation import ATHENA, bind, parse

LAYER = "{layer}"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between two looks at a query
NESTED = ("array", "map", "row", "struct")
WHOLE = ("tinyint", "smallint", "integer", "int", "bigint")
OF_USER = 2  # the category of errors that a query itself has
NO_PLACE = "output location"
Told = dict[str, Any]


def run_athena(
    sql: str, values: Mapping[str, str] | None = None, *, workgroup: str, databases: str = LAYER
) -> pd.DataFrame:
    """The rows of a query written in SQL. Those of `sql/` run as they stand.

    `databases` names those of the catalog, by layer. Times come in UTC, nulls as None, arrays and
    objects as JSON text, for which the query is asked twice. Raises RequestError where the query
    is wrong, ServiceError or EngineError where it cannot be asked or does not end well; a query
    that nobody waits for any more is stopped.
    """
    query = parse(sql)
    check_dates(values or {})
    bound = named(bind(query, values or {}), databases)
    as_it_stands = databases == LAYER and not values
    number = carried_out(sql if as_it_stands else bound.sql(ATHENA, comments=False), workgroup)
    columns, rows = results(number)
    if any(is_nested(column) for column in columns):
        number = carried_out(with_json(bound, columns).sql(ATHENA, comments=False), workgroup)
        rows = results(number)[1]
    return table(columns, rows)


def named(query: exp.Query, databases: str) -> exp.Query:
    """The query on the databases that the catalog has for the layers."""
    made = query.copy()
    for read in made.find_all(exp.Table):
        if read.db:
            read.set("db", exp.to_identifier(databases.replace(LAYER, read.db)))
    return made


def carried_out(text: str, workgroup: str) -> str:
    """The number of a query that has ended well."""
    athena = client("athena")
    try:
        started = asked(
            "athena", lambda: athena.start_query_execution(QueryString=text, WorkGroup=workgroup)
        )
    except ServiceError as error:
        if NO_PLACE in str(error):
            raise RequestError(
                f"athena: the workgroup {workgroup} has no place for results. Name one that has, "
                "with --workgroup (the stack's: `terraform output workgroup`), or give this one a "
                "place in Athena's settings."
            ) from error
        raise
    number = str(started["QueryExecutionId"])
    try:
        wait_for(number)
    except BaseException:
        with suppress(ServiceError):  # one that has ended cannot be stopped
            asked("athena", lambda: athena.stop_query_execution(QueryExecutionId=number))
        raise
    return number


def wait_for(number: str) -> None:
    """Waits until a query has ended. Raises what it says where that is not well."""
    athena, pause = client("athena"), FIRST_PAUSE
    while True:
        told = asked("athena", lambda: athena.get_query_execution(QueryExecutionId=number))
        status = told["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in ("FAILED", "CANCELLED"):
            raise failed(status)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def failed(status: Told) -> WorkbenchError:
    """What Athena says of a query that did not end well."""
    said = str(status.get("StateChangeReason") or "it does not say why").strip().splitlines()[0]
    if "TABLE_NOT_FOUND" in said or "SCHEMA_NOT_FOUND" in said:
        return RequestError(
            f"sql: Athena does not find what is asked: {said}. `workbench aws catalog --check` "
            "says what its catalog has of a lake; --catalog names the databases."
        )
    category = status.get("AthenaError", {}).get("ErrorCategory")
    if category == OF_USER:
        return RequestError(f"sql: Athena does not understand this: {said}")
    if status["State"] == "CANCELLED":
        return EngineError(f"sql: the query was stopped in Athena: {said}")
    return EngineError(f"sql: Athena could not answer: {said}")


def results(number: str) -> tuple[list[Told], list[list[str | None]]]:
    """The columns of a query's result, and its rows as texts."""
    pages = client("athena").get_paginator("get_query_results").paginate(QueryExecutionId=number)
    columns: list[Told] = []
    rows: list[list[str | None]] = []
    for page in asked("athena", lambda: list(pages)):
        columns = columns or page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
        found = page["ResultSet"]["Rows"]
        rows += [[cell.get("VarCharValue") for cell in row["Data"]] for row in found]
    return columns, rows[1:]  # the first has the names


def is_nested(column: Told) -> bool:
    return str(column["Type"]).startswith(NESTED)


def with_json(query: exp.Query, columns: Sequence[Told]) -> exp.Query:
    """The query with arrays and objects as JSON text: as Athena writes them, texts have no end.

    What it is grouped and ordered by stays as it was.
    """
    made = query.copy()
    if not isinstance(made, exp.Select):
        order = made.args.pop("order", None)
        made = exp.select("*").from_(made.subquery("answer"))
        made.set("order", order)
    if len(made.expressions) == 1 and made.is_star:
        names = [exp.Identifier(this=c["Name"], quoted=True) for c in columns]
        made.set("expressions", [exp.Column(this=name) for name in names])
    if made.is_star:
        raise RequestError(
            "sql: a column of arrays or objects comes out of a * beside others. Name the columns."
        )
    before = [p.unalias().copy() for p in made.expressions]
    keep_expressions(
        made, {p.alias_or_name: e for p, e in zip(made.expressions, before, strict=True)}, before
    )
    texts = [
        exp.alias_(exp.func("json_format", exp.cast(e, "json")), c["Name"], quoted=True)
        if is_nested(c)
        else p
        for e, p, c in zip(before, made.expressions, columns, strict=True)
    ]
    made.set("expressions", texts)
    return made


def keep_expressions(
    made: exp.Select, names: Mapping[str, exp.Expression], places: Sequence[exp.Expression]
) -> None:
    """Names and places of columns in ORDER BY and GROUP BY become what stands there."""
    for part in filter(None, (made.args.get("order"), made.args.get("group"))):
        for item in list(part.expressions):
            one = item.this if isinstance(item, exp.Ordered) else item
            if isinstance(one, exp.Literal) and one.is_int:
                one.replace(places[int(one.this) - 1].copy())
            elif isinstance(one, exp.Column) and not one.table and one.name in names:
                one.replace(names[one.name].copy())


def table(columns: Sequence[Told], rows: Sequence[Sequence[str | None]]) -> pd.DataFrame:
    """Rows of texts as values of the types that Athena tells."""
    made = {}
    for at, column in enumerate(columns):
        kind = str(column["Type"]).lower()
        texts = [row[at] for row in rows]
        if kind.startswith("timestamp"):
            made[at] = pd.to_datetime(pd.Series([moment(t) for t in texts], dtype=object), utc=True)
        else:
            read = reader(kind, nested=is_nested(column))
            values = [None if text is None else read(text) for text in texts]
            made[at] = pd.Series(values, dtype=object)
    names = [column["Name"] for column in columns]
    return pd.DataFrame(made, index=range(len(rows))).set_axis(names, axis="columns")


def reader(kind: str, *, nested: bool) -> Callable[[str], Any]:
    """What makes a value of its text."""
    if nested:
        return JsonText
    if kind in WHOLE:
        return int
    if kind in ("double", "float", "real"):
        return float
    if kind.startswith("decimal"):
        return Decimal
    if kind == "boolean":
        return lambda text: text == "true"
    return date.fromisoformat if kind == "date" else str


def moment(text: str | None) -> pd.Timestamp | None:
    """A time, of UTC unless it has a zone behind it."""
    if text is None:
        return None
    day, clock, *zone = text.split(" ")
    return pd.Timestamp(f"{day} {clock}").tz_localize(zone[0] if zone else "UTC").tz_convert("UTC")
