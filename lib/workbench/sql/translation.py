"""From Athena's SQL to an engine's: parameters bound, tables named, partitions narrowed.

A statement is one query that reads. A parameter is a common table of one row and one column named
`value`: its own query is the default, so that the text runs in Athena as it stands, and a given
value takes its place as a literal of the syntax tree. No text is ever put into SQL.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from workbench.errors import RequestError
from workbench.sql.bounds import DEEP, check_size, check_text
from workbench.suggest import nearest

ATHENA = "athena"
# What reaches beyond the lake, on the one engine or the other: code of the JVM, files, XML's own.
BEYOND = ("reflect", "try_reflect", "java_method", "load_file", "read_files", "xpath")
PARTITION = "ingestion_date"
NO_END = "a quote, a bracket or a comment has no end"
logging.getLogger("sqlglot").addFilter(lambda _: False)  # what it warns of is an error here


@dataclass(frozen=True)
class Table:
    """A table of the lake that a statement reads; `dates` are the partitions it can touch.

    None stands for all of them.
    """

    layer: str
    name: str
    dates: frozenset[str] | None


def parse(text: str) -> exp.Query:
    """The syntax tree of one query. Raises RequestError for anything else, and where it is wrong.

    The place of a mistake is in the message, as line and column.
    """
    check_text(text)
    try:
        statements = [s for s in sqlglot.parse(text, read=ATHENA) if s is not None]
    except SqlglotError as error:
        said = getattr(error, "errors", None) or [{}]
        place = f"line {said[0].get('line')}, column {said[0].get('col')}: " if said[0] else ""
        what = in_words(str(said[0].get("description") or NO_END))
        raise RequestError(
            f"sql: {place}{what}. Write one SELECT in Athena's dialect (Trino SQL)."
        ) from error
    except RecursionError as error:
        raise RequestError(DEEP) from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        kinds = ", ".join(s.key.upper() for s in statements) or "nothing"
        raise RequestError(
            f"sql: found {kinds}, and only one query that reads is run here. "
            "Write one SELECT (WITH ... SELECT)."
        )
    check_size(statements[0])
    refuse_beyond(statements[0])
    return statements[0]


def in_words(said: str) -> str:
    """What the parser says, without the names of its own code."""
    said = re.sub(r"<Token .*?text: (.*?), line: .*?>", r"\1", said).replace("SENTINEL", "the end")
    said = re.sub(
        r"Required keyword: '\w+' missing for <class '.*?(\w+)'>", r"\1 has no value", said
    )
    return re.sub(r"<class '.*?(\w+)'>", r"\1", said).rstrip(".")


def refuse_beyond(query: exp.Query) -> None:
    """Raises RequestError where a query reads more than the lake, or runs more than SQL."""
    for function in query.find_all(exp.Anonymous, exp.ReadCSV, exp.ReadParquet):
        name = function.sql_name() if not isinstance(function, exp.Anonymous) else function.name
        if not isinstance(function, exp.Anonymous) or name.lower().startswith(BEYOND):
            raise RequestError(f"sql: {name.lower()} reaches beyond the lake, so it is not run.")
    own = {cte.alias.lower() for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        lost = [word for word in ("version", "when", "pivots") if table.args.get(word)]
        if lost:
            raise RequestError(
                f"sql: {table.sql(ATHENA)} asks for a state or a form of the table that the lake "
                "does not have. Name the table alone; its dates are told by ingestion_date."
            )
        if not table.db and (
            not isinstance(table.this, exp.Identifier) or table.name.lower() not in own
        ):
            raise RequestError(
                f"sql: {table.sql(ATHENA)} is no table of the lake. Name its layer too, as in "
                "silver.users, or define it in a WITH."
            )


def parameters(query: exp.Query) -> dict[str, exp.Query]:
    """The parameters of a query and the queries of their defaults, in order."""
    return {
        cte.alias: cte.this
        for cte in query.ctes
        if isinstance(cte.this, exp.Query) and cte.this.named_selects == ["value"]
    }


def bind(query: exp.Query, values: Mapping[str, str]) -> exp.Query:
    """The query with each given parameter as a text literal. RequestError for an unknown one."""
    bound = query.copy()
    there = parameters(bound)
    for name, value in values.items():
        if name not in there:
            near = nearest(name, there)
            raise RequestError(
                f"{name}: this SQL has no such parameter. "
                + (f"Did you mean {near}? " if near else "")
                + f"It has: {', '.join(there) or 'none'}."
            )
        literal = exp.Literal.string(value)
        there[name].replace(exp.select(exp.alias_(literal, "value")))
        put(bound, name, literal)
    return bound


def put(query: exp.Query, name: str, value: exp.Expr) -> None:
    """`(SELECT value FROM name)` becomes the value, so that an engine sees what it filters by."""
    for subquery in list(query.find_all(exp.Subquery)):
        inner = subquery.this
        if isinstance(inner, exp.Select) and inner.sql() == f"SELECT value FROM {name}":
            subquery.replace(value.copy())


def settle(query: exp.Query, dates: Callable[[str, str], Sequence[str]]) -> exp.Query:
    """The query with those defaults put in that partitions' names answer without reading a row.

    They are `SELECT max(ingestion_date) AS value FROM layer.table`, with or without
    `WHERE ingestion_date < 'YYYY-MM-DD'`. `dates` gives the partitions of a table.
    """
    settled = query.copy()
    for name in parameters(settled):
        default = parameters(settled)[name]
        tables = list(default.find_all(exp.Table))
        if len(tables) != 1 or not tables[0].db:
            continue
        condition = default.find(exp.LT)
        limit = condition.expression if condition else None
        if limit is not None and not (isinstance(limit, exp.Literal) and limit.is_string):
            continue
        shape = f"SELECT MAX({PARTITION}) AS value FROM {tables[0].db}.{tables[0].name}"
        shape += f" WHERE {PARTITION} < {limit.sql()}" if limit is not None else ""
        if default.sql() != shape:
            continue
        there = dates(tables[0].db, tables[0].name)
        before = [d for d in there if limit is None or d < limit.this]
        if before:
            literal = exp.Literal.string(max(before))
            default.replace(exp.select(exp.alias_(literal, "value")))
            put(settled, name, literal)
    return settled


def tables(query: exp.Query) -> list[Table]:
    """The tables of the lake that the query reads, each once."""
    found: dict[tuple[str, str], frozenset[str] | None] = {}
    for table in query.find_all(exp.Table):
        if not table.db:
            continue
        key, dates = (table.db, table.name), dates_of(table)
        if key in found:
            other = found[key]
            dates = None if dates is None or other is None else dates | other
        found[key] = dates
    return [Table(layer, name, dates) for (layer, name), dates in found.items()]


def dates_of(table: exp.Table) -> frozenset[str] | None:
    """The dates that `WHERE ingestion_date = '...'` allows of a table; None where all are.

    What a WHERE asks of every row is also asked of each joined row, whatever the kind of join.
    """
    select = table.find_ancestor(exp.Select)
    where = select.args.get("where") if select else None
    if select is None or where is None:
        return None
    alone = not select.args.get("joins")
    both = isinstance(where.this, exp.And)
    for asked in where.this.flatten() if both else [where.this]:
        if not (isinstance(asked, exp.EQ) and isinstance(asked.this, exp.Column)):
            continue
        column, value = asked.this, asked.expression
        own = column.table == table.alias_or_name or (not column.table and alone)
        if own and column.name == PARTITION and isinstance(value, exp.Literal):
            return frozenset([value.this])
    return None


def translate(query: exp.Query, dialect: str, name: Callable[[str, str], str]) -> str:
    """The query in another dialect, its tables named as the engine knows them."""

    def renamed(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Table) or not node.db:
            return node
        known = exp.to_table(name(node.db, node.name))
        named = exp.alias_(known, node.alias_or_name, table=True)
        named.set("sample", node.args.get("sample"))
        return named

    return query.transform(renamed).sql(dialect=dialect, comments=False)
