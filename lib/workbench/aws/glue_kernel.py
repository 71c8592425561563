"""The kernel of AWS Glue's interactive sessions, set up for this project.

It is the kernel of the package aws-glue-sessions, its magics and all, with four things mended:
tables and pictures are seen, not the names of objects; a cell that failed fails, whatever the
session's state; what AWS is asked over is verified TLS; and the session is this project's.
"""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from aws_glue_interactive_sessions_kernel.glue_pyspark.GlueKernel import GlueKernel

from workbench.aws.in_session import MARK
from workbench.aws.sessions import Session, SessionSettings, Statement
from workbench.errors import EngineError, WorkbenchError
from workbench.services import client
from workbench.sql import sql_files

LIMIT = 60_000  # characters of a cell; RunStatement takes 68,000, with what is around it


class WorkbenchKernel(GlueKernel):  # type: ignore[misc]
    """A cell is a statement of the session, which starts with the first one."""

    execution_counter: int

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.settings = SessionSettings.given()
        self.reset_kernel()

    def reset_kernel(self) -> None:
        super().reset_kernel()
        self.begun: Session | None = None
        gateway = self.kernel_gateway
        gateway.glue_client, gateway.sts_client = client("glue"), client("sts")
        gateway.iam_client, gateway.s3_client = client("iam"), client("s3")

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Any = None,
        allow_stdin: bool = False,
    ) -> Any:
        given = (silent, store_history, user_expressions, allow_stdin)
        code = await self._execute_magics(code, *given)
        if not isinstance(code, str) or not code.strip():
            return await self._complete_cell()
        try:
            said = self.live().run(wrapped(code, self.execution_counter))
        except WorkbenchError as error:
            return self.failed(type(error).__name__, str(error))
        except KeyboardInterrupt:
            return self.failed("KeyboardInterrupt", "the statement was cancelled")
        return self.shown(said)

    def live(self) -> Session:
        """The session, begun; a new one where there is none. Raises SessionLost, ServiceError."""
        if self.begun is None:
            self.begun = self.other() or self.started()
            self.set_session_id(self.begun.id)
            self.begun.wait()
            if not self.settings.session:  # the run has begun its own
                given = f"{self.settings.environment() | self.settings.by_hand()!r}, {analyses()!r}"
                self.begun.run(f"from workbench.aws.in_session import begin\nbegin({given})")
        return self.begun

    def other(self) -> Session | None:
        """One that is there already, and is somebody else's to stop."""
        return Session(self.settings.session) if self.settings.session else None

    def started(self) -> Session:
        """A new one, by the settings; magics go before them."""
        own = self.settings
        self.add_default_arguments_with_config_priority()
        self._send_output("Starting a session of AWS Glue; that takes a minute or so.")
        name = self.new_session_id or f"workbench-{uuid.uuid4()}"
        role = self.overrides.iam_role or own.role
        arguments = own.arguments() | self.default_arguments
        return Session.start(name, role, arguments, **own.size() | self.by_magics())

    def by_magics(self) -> dict[str, Any]:
        """What the magics of this notebook ask of the session."""
        said = self.overrides
        asked = {
            "GlueVersion": said.glue_version,
            "WorkerType": said.worker_type,
            "NumberOfWorkers": said.number_of_workers and int(said.number_of_workers),
            "IdleTimeout": said.idle_timeout and int(said.idle_timeout),
            "Timeout": said.timeout and int(said.timeout),
            "SecurityConfiguration": said.security_config,
            "Tags": dict(said.tags) if said.tags else None,
        }
        return {name: value for name, value in asked.items() if value}

    def stop_session(self) -> None:
        if self.begun and not self.settings.session:
            self.begun.stop()
        self.reset_kernel()

    def shown(self, said: Statement) -> dict[str, Any]:
        """What a statement has shown, told to Jupyter."""
        told = False
        for line in said.text.splitlines(keepends=True):
            if line.startswith(MARK):
                for output in json.loads(line.removeprefix(MARK)):
                    told = told or output["output_type"] == "error"
                    self.tell(output)
            elif line.strip():
                self.tell({"output_type": "stream", "name": "stderr", "text": line})
        if said.error:
            return self.failed(said.error, said.message, said.traceback, told)
        return {
            "status": "ok",
            "execution_count": self.counted(),
            "payload": [],
            "user_expressions": {},
        }

    def tell(self, output: dict[str, Any]) -> None:
        kind = output.pop("output_type")
        self.send_response(self.iopub_socket, kind, output)

    def failed(
        self, name: str, message: str, traceback: Any = (), told: bool = False
    ) -> dict[str, Any]:
        """An error that Jupyter and papermill see as one."""
        lines = [*traceback] or [f"{name}: {message}"]
        content = {"ename": name, "evalue": message, "traceback": lines}
        if not told:
            self.send_response(self.iopub_socket, "error", content)
        return content | {"status": "error", "execution_count": self.counted()}

    def counted(self) -> int:
        """The number of the cell that has ended; the next is one more, in Jupyter's count too."""
        self.execution_counter += 1
        self.shell.execution_count = self.execution_counter
        return self.execution_counter - 1


def analyses() -> dict[str, str]:
    """The project's analyses, for a session that has no folder of them."""
    return {f"{file.name}.sql": file.text for file in sql_files()}


def wrapped(code: str, number: int) -> str:
    """A cell as the session's side of this takes it. Raises EngineError where it is too long."""
    if len(code) > LIMIT:
        raise EngineError(
            f"This cell has {len(code):,} characters, and a statement of Glue's takes {LIMIT:,}. "
            "Cut it in two."
        )
    return f"from workbench.aws.in_session import run as _run\n_run({code!r}, globals(), {number})"


if __name__ == "__main__":
    from ipykernel.kernelapp import IPKernelApp

    logging.getLogger("botocore").setLevel(logging.ERROR)
    IPKernelApp.launch_instance(kernel_class=WorkbenchKernel)
