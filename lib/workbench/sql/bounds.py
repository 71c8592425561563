"""How large a query may be: what is larger takes an engine's memory or its stack, and ends it."""

from __future__ import annotations

from sqlglot import exp

from workbench.errors import RequestError

LONGEST = 262_144  # bytes: https://docs.aws.amazon.com/athena/latest/ug/service-limits.html
DEEPEST = 200  # levels of the syntax tree; Sail ends at some 400, and takes a minute for fewer
MOST_COLUMNS = 6_000
MOST_TABLES = 500  # that are read once the queries of each WITH stand where they are named
MOST_CELLS = 8_000_000  # of an answer: some 120 bytes each
TOO_DEEP = (
    "the query is nested deeper, or has a longer chain of operators, than engines can follow. "
    "Take parts of it into queries of a WITH, or write IN (...) for a chain of OR."
)
DEEP = f"sql: {TOO_DEEP}"


def check_text(text: str) -> None:
    """Raises RequestError where a text is longer than Athena takes, or holds what no text has."""
    if len(text.encode(errors="replace")) > LONGEST:
        raise RequestError(
            f"sql: the query has {len(text):,} characters, and Athena takes {LONGEST:,} bytes. "
            "Put lists of values into a dump of their own, and join its table."
        )
    if "\0" in text:
        raise RequestError("sql: the query has a NUL in it, which no SQL has. Leave it out.")


def check_size(query: exp.Query) -> None:
    """Raises RequestError where a query is deeper, wider or reads more than an engine can do."""
    waiting: list[tuple[exp.Expr, int]] = [(query, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST:
            raise RequestError(DEEP)
        waiting += [(inner, depth + 1) for inner in node.iter_expressions()]
    columns = max((len(one.expressions) for one in query.find_all(exp.Select)), default=0)
    if columns > MOST_COLUMNS:
        raise RequestError(
            f"sql: a SELECT has {columns:,} columns, and {MOST_COLUMNS:,} are allowed. Name fewer."
        )
    if tables_read(query) > MOST_TABLES:
        raise RequestError(
            f"sql: the queries of a WITH read each other so often that more than {MOST_TABLES:,} "
            "tables are read in all. Read each of them once or twice."
        )


def tables_read(query: exp.Query) -> int:
    """How many tables are read where each query of a WITH is carried out wherever it is named."""
    times: dict[str, int] = {}
    for cte in query.find_all(exp.CTE, bfs=False):
        times[cte.alias.lower()] = max(1, reads(cte.this, times))
    return reads(query, times)


def reads(query: exp.Expr, times: dict[str, int]) -> int:
    within = [t for t in query.find_all(exp.Table) if not in_a_with(t, query)]
    return sum(1 if table.db else times.get(table.name.lower(), 1) for table in within)


def in_a_with(table: exp.Table, query: exp.Expr) -> bool:
    """Whether a table of a query is read by one of its WITH, which is counted where that is."""
    around = table.find_ancestor(exp.CTE)
    own = query.find_ancestor(exp.CTE)
    return around is not None and around is not own


def most_rows(columns: int) -> int:
    """The rows that an answer of so many columns may have."""
    return max(1, MOST_CELLS // max(1, columns))


def too_many(rows: int, columns: int) -> RequestError:
    return RequestError(
        f"sql: the answer has more than {rows:,} rows of {columns:,} columns, and {MOST_CELLS:,} "
        "values are the most. Filter, aggregate, or put a LIMIT; a whole table is in the files "
        "that `workbench files TABLE` names, which any tool reads."
    )
