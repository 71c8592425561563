"""Athena's interface on the loopback; what answers its queries is whoever the test names.

https://docs.aws.amazon.com/athena/latest/APIReference/: what `workbench sql` asks of it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[list[tuple[str, str]], list[list[Any]]]  # columns with their types, rows
PAGE = 1000  # rows that Athena gives at most at once


class Refused(Exception):
    """An answer that is an error of the interface: its code and message."""


@dataclass
class Query:
    """One execution: it ends when its answer is there, or when it is stopped."""

    text: str
    status: dict[str, Any] = field(default_factory=lambda: {"State": "QUEUED"})
    answer: Answer = field(default_factory=lambda: ([], []))


class Athena:
    """What was asked, and who answers. `answer` gives columns and rows, or raises."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.answer, self.address = answer, ""
        self.queries: list[Query] = []
        self.calls: list[str] = []

    def start_query_execution(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["WorkGroup"] == "primary":
            raise Refused(
                "InvalidRequestException",
                "No output location provided. An output location is required either through the "
                "Workgroup result configuration setting or as an API input.",
            )
        query = Query(told["QueryString"])
        self.queries.append(query)
        threading.Thread(target=self.carry_out, args=(query,), daemon=True).start()
        return {"QueryExecutionId": str(len(self.queries) - 1)}

    def carry_out(self, query: Query) -> None:
        query.status = {"State": "RUNNING"}
        try:
            query.answer = self.answer(query.text)
        except Exception as error:
            if query.status["State"] != "CANCELLED":
                told = {"ErrorCategory": 2, "ErrorMessage": str(error)}
                query.status = {"StateChangeReason": str(error), "AthenaError": told}
                query.status["State"] = "FAILED"
        else:
            if query.status["State"] != "CANCELLED":
                query.status = {"State": "SUCCEEDED"}

    def get_query_execution(self, told: dict[str, Any]) -> dict[str, Any]:
        query = self.queries[int(told["QueryExecutionId"])]
        return {"QueryExecution": {"Query": query.text, "Status": query.status}}

    def stop_query_execution(self, told: dict[str, Any]) -> dict[str, Any]:
        query = self.queries[int(told["QueryExecutionId"])]
        query.status = {"State": "CANCELLED", "StateChangeReason": "Query cancelled by user"}
        return {}

    def get_query_results(self, told: dict[str, Any]) -> dict[str, Any]:
        columns, rows = self.queries[int(told["QueryExecutionId"])].answer
        texts = [[{"VarCharValue": name} for name, _ in columns], *map(cells, rows)]
        start = int(told.get("NextToken", 0))
        end = start + PAGE
        info = [{"Name": name, "Type": kind_of(kind)} for name, kind in columns]
        found = {"Rows": [{"Data": row} for row in texts[start:end]]}
        more = {"NextToken": str(end)} if end < len(texts) else {}
        return {"ResultSet": found | {"ResultSetMetadata": {"ColumnInfo": info}}} | more


def kind_of(trino: str) -> str:
    """Athena's name of a type of Trino's."""
    plain = trino.partition("(")[0]
    return "timestamp with time zone" if trino.endswith("with time zone") else plain


def cells(row: list[Any]) -> list[dict[str, str]]:
    return [{} if value is None else {"VarCharValue": text_of(value)} for value in row]


def text_of(value: Any) -> str:
    """A value as Athena writes it; of what is nested nobody can tell where a text ends."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={text_of(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(text_of(v) for v in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def athena(answer: Callable[[str], Answer]) -> Iterator[Athena]:
    """A server; its address is for AWS_ENDPOINT_URL_ATHENA."""
    behind = Athena(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = self.headers["X-Amz-Target"].rpartition(".")[2]
            behind.calls.append(name)
            snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).strip("_")
            try:
                status, made = 200, getattr(behind, snake)(told)
            except Refused as refused:
                status, made = 400, {"__type": refused.args[0], "message": refused.args[1]}
            body = json.dumps(made).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        behind.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield behind
        finally:
            server.shutdown()
