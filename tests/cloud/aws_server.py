"""AWS's services on this machine: moto's server, mended so that the state machine can run on it.

    aws_server.py PORT      JOB: the command behind each job run of Glue, as JSON

moto fakes a Glue task of Step Functions and a function of Lambda. Here a process is behind each
job, with the job's name and arguments in its environment, and the library's own handler behind
the function. What plain moto gets wrong is mended below, each with what goes wrong.
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import textwrap
from types import SimpleNamespace
from typing import Any

import moto.glue.models as glue
import moto.stepfunctions.responses as answers
from moto.awslambda.models import LambdaBackend
from moto.core.config import default_user_config
from moto.server import main
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback as callback,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from workbench.aws.execution import handler


class JobRun(glue.FakeJobRun):
    """A run of a job with a process behind it, whose last line of errors is the job's error."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        told = {"JOB_NAME": self.job_name, "JOB_ARGUMENTS": json.dumps(self.arguments or {})}
        self.process = subprocess.Popen(
            json.loads(os.environ["JOB"]),
            env=os.environ | told,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )

    @property
    def status(self) -> str:
        done = self.process.poll() if hasattr(self, "process") else None
        return "RUNNING" if done is None else ("FAILED" if done else "SUCCEEDED")

    @status.setter
    def status(self, _: str) -> None: ...

    def advance(self) -> None: ...

    def as_dict(self) -> dict[str, Any]:
        described: dict[str, Any] = super().as_dict()
        if self.status == "FAILED":
            if not hasattr(self, "said"):
                self.said = self.process.communicate()[1].strip().splitlines()
            described["ErrorMessage"] = self.said[-1] if self.said else "no word"
        return described


def invoke(
    _: Any, name: str, qualifier: str, body: Any, asked: Any, answered: dict[str, str]
) -> bytes:
    """The function, in this process; an error of it is told as Lambda does."""
    try:
        return json.dumps(handler(json.loads(body))).encode()
    except Exception as error:
        answered["x-amz-function-error"] = "Unhandled"
        told = {"errorMessage": str(error), "errorType": type(error).__name__}
        return json.dumps(told).encode()


def mended(function: Any, wrong: str, right: str) -> Any:
    """A function of moto's with one expression of its source replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(wrong) == 1, f"moto has changed: {wrong} is no longer in {function}"
    names: dict[str, Any] = {}
    exec(compile(source.replace(wrong, right), "mended", "exec"), callback.__dict__, names)
    return names[function.__name__]


default_user_config["stepfunctions"]["execute_state_machine"] = True
setattr(glue, "FakeJobRun", JobRun)  # noqa: B010
setattr(LambdaBackend, "invoke", invoke)  # noqa: B010
# Every `.sync` task of a service without callbacks ends in States.Runtime: there is no endpoint.
ends = callback.StateTaskServiceCallback
pattern = mended(
    ends._eval_integration_pattern,
    "callback_endpoint.interrupt_all()",
    "callback_endpoint and callback_endpoint.interrupt_all()",
)
setattr(ends, "_eval_integration_pattern", pattern)  # noqa: B010
# DescribeExecution of an output with a date in it ends in an error of the server.
written = SimpleNamespace(loads=json.loads, dumps=lambda value, **_: to_json_str(value))
setattr(answers, "json", written)  # noqa: B010

if __name__ == "__main__":
    main(["-H", "127.0.0.1", "-p", sys.argv[1]])
