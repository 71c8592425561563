"""A stand-in of the API of AWS Glue's interactive sessions, on the loopback.

    glue_sessions.py PORT

A session is a process with `spark` in its `__main__`, and the zip of `--extra-py-files` first on
its path; of this process's environment it has what speaks of AWS. What a statement prints comes
when it has ended, as Glue gives it. A session asked for with the role `.../broken` does not start;
one whose process ends is FAILED. GET /calls tells what was asked.
"""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import threading
import traceback
from contextlib import redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

OF_AWS = ("AWS_", "PATH", "HOME", "JAVA_HOME", "JDK_JAVA_OPTIONS", "TMPDIR", "SPARK_")


class Refused(Exception):
    """What AWS answers with 400: its code, and a message."""


# --- in the session ------------------------------------------------------------------------------


def work() -> None:
    """Statements in, one a line; what came of each out."""
    asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    given = json.loads(asked.readline())
    import boto3

    bucket, _, name = given["--extra-py-files"].removeprefix("s3://").partition("/")
    packed = os.path.join(os.getcwd(), os.path.basename(name))
    boto3.client("s3").download_file(bucket, name, packed)
    sys.path.insert(0, packed)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    for host in ("spark.driver.host", "spark.driver.bindAddress"):
        builder = builder.config(host, "127.0.0.1")
    builder = builder.config("spark.sql.shuffle.partitions", "2")
    main = sys.modules["__main__"] = ModuleType("__main__")  # statements leave us alone
    names = main.__dict__
    names["spark"] = builder.getOrCreate()
    names["sc"] = names["spark"].sparkContext
    for line in asked:
        answers.write(json.dumps(carried_out(json.loads(line), names)) + "\n")
        answers.flush()


def carried_out(code: str, names: dict[str, Any]) -> dict[str, Any]:
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            tree = ast.parse(code)
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<stdin>", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "<stdin>", "eval"), names)
                print(value if value is not None else "", end="")
    except BaseException as error:
        return {
            "Status": "error",
            "ErrorName": type(error).__name__,
            "ErrorValue": str(error),
            "Traceback": traceback.format_exception(error),
            "Data": {"TextPlain": said.getvalue()},
        }
    return {"Status": "ok", "Data": {"TextPlain": said.getvalue()}}


# --- the API -------------------------------------------------------------------------------------


class Session:
    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked, self.status, self.reason = asked, "PROVISIONING", ""
        self.statements: list[dict[str, Any]] = []
        self.turn = threading.Lock()
        if asked["Role"].endswith("/broken"):
            self.status, self.reason = "FAILED", "no worker could be had"
            return
        environment = {k: v for k, v in os.environ.items() if k.startswith(OF_AWS)}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=os.environ["SESSIONS"],
            env=environment,
            text=True,
        )
        assert self.process.stdin and self.process.stdout
        self.to, self.back = self.process.stdin, self.process.stdout
        self.send(asked["DefaultArguments"])
        threading.Thread(target=self.carry_out, args=({"Code": "None"},), daemon=True).start()

    def send(self, value: Any) -> None:
        self.to.write(json.dumps(value) + "\n")
        self.to.flush()

    def carry_out(self, statement: dict[str, Any]) -> None:
        with self.turn:
            try:
                self.send(statement["Code"])
                statement["Output"] = json.loads(self.back.readline())
                statement["State"] = "AVAILABLE"
                if self.status == "PROVISIONING":
                    self.status = "READY"
            except (OSError, ValueError):
                statement["State"] = "ERROR"
                if self.status != "STOPPED":
                    self.status, self.reason = "FAILED", "the driver has ended"

    def stop(self) -> None:
        self.status = "STOPPED"
        if hasattr(self, "process"):
            self.process.kill()
            self.process.wait()

    def told(self) -> dict[str, Any]:
        reason = {"ErrorMessage": self.reason} if self.reason else {}
        return {"Id": self.asked["Id"], "Status": self.status, "Role": self.asked["Role"]} | reason


class Sessions(dict[str, Session]):
    def of(self, name: str) -> Session:
        if name not in self:
            raise Refused("EntityNotFoundException", f"Session {name} not found")
        return self[name]

    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        if operation == "CreateSession":
            if asked["Role"].endswith("/denied"):
                said = (
                    "User: arn:aws:iam::1:user/u is not authorized to perform: glue:CreateSession"
                )
                raise Refused("AccessDeniedException", said)
            self[asked["Id"]] = Session(asked)
            return {"Session": self[asked["Id"]].told()}
        session = self.of(asked.get("SessionId") or asked["Id"])
        if operation == "GetSession":
            return {"Session": session.told()}
        if operation == "StopSession":
            if session.status not in ("READY", "PROVISIONING"):
                raise Refused("IllegalSessionStateException", f"Session is {session.status}")
            session.stop()
            return {"Id": asked["Id"]}
        if operation == "RunStatement":
            if session.status != "READY":
                raise Refused("IllegalSessionStateException", f"Session is {session.status}")
            statement = {"Id": len(session.statements), "State": "RUNNING"} | {
                "Code": asked["Code"]
            }
            session.statements.append(statement)
            threading.Thread(target=session.carry_out, args=(statement,), daemon=True).start()
            return {"Id": statement["Id"]}
        if operation == "GetStatement":
            return {"Statement": session.statements[asked["Id"]]}
        if operation == "CancelStatement":
            session.process.send_signal(2)
            return {}
        raise Refused("UnknownOperationException", operation)


def serve(port: int) -> None:
    sessions, calls = Sessions(), list[str]()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None: ...

        def give(self, status: int, told: Any) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.give(200, {"calls": calls, "status": [s.status for s in sessions.values()]})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            calls.append(operation)
            try:
                self.give(200, sessions.answer(operation, asked))
            except Refused as refused:
                code, message = refused.args
                self.give(400, {"__type": code, "Message": message})

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    try:
        sys.stdin.read()  # until whoever has started it is gone
    finally:
        for session in sessions.values():
            session.stop()


if __name__ == "__main__":
    if sys.argv[1] == "work":
        work()
    else:
        serve(int(sys.argv[1]))
