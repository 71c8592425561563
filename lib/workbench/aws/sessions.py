"""A session of AWS Glue's: what it is asked for, started, given statements, and stopped."""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workbench.aws.in_session import LAKE_VARIABLE, SOURCE_VARIABLE
from workbench.engines import LIBRARY, pack
from workbench.errors import EngineError, RequestError, ServiceError
from workbench.services import asked, client, region
from workbench.storage import file_digest, store_of

SESSION_VARIABLE = "WORKBENCH_GLUE_SESSION"  # what the kernel is to start, or to use, as JSON
ROLE_VARIABLE = "WORKBENCH_GLUE_ROLE"
KEY_VARIABLE = "WORKBENCH_PII_KEY"
OWN = {  # variables, and what they say where they are not set
    "version": ("WORKBENCH_GLUE_VERSION", "5.1"),
    "worker_type": ("WORKBENCH_GLUE_WORKER_TYPE", "G.1X"),
    "workers": ("WORKBENCH_GLUE_WORKERS", "2"),
    "idle_minutes": ("WORKBENCH_GLUE_IDLE_MINUTES", "15"),
}
PASSED = (KEY_VARIABLE, "WORKBENCH_CATALOG", "WORKBENCH_PII_KEY_CHANGED")  # to the session
MODULES = ("anyascii", "ipywidgets", "sqlglot")  # that a session lacks, at the versions of here
SOON, LATE = 0.1, 1.0  # seconds between two looks, at first and at most
READY, STARTING = "READY", "PROVISIONING"
DONE = ("AVAILABLE", "COMPLETED", "ERROR", "FAILED", "CANCELLED")


class SessionLost(EngineError):
    """A session of Glue's could not start, or has ended before its work was done."""


@dataclass(frozen=True)
class SessionSettings:
    """What a session is made of; `lake` and `source` are those of notebooks that name no others.

    `session` is the id of one that is there, whose end is not the kernel's affair; else empty.
    """

    role: str
    library: str
    lake: str
    source: Sequence[str]
    variables: Mapping[str, str]
    version: str
    worker_type: str
    workers: str
    idle_minutes: str
    session: str = ""

    def text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def given(cls) -> SessionSettings:
        """Those that this process was given. Raises RequestError where it was given none."""
        text = os.environ.get(SESSION_VARIABLE)
        if not text:
            raise RequestError(
                "glue: this kernel is not told which session to start. Open it with "
                "`workbench lab --glue --lake s3://bucket/prefix`."
            )
        return cls(**json.loads(text))

    def arguments(self) -> dict[str, str]:
        """The default arguments of the session."""
        return {
            "--extra-py-files": self.library,
            "--additional-python-modules": ",".join(f"{m}=={version(m)}" for m in MODULES),
            "--enable-glue-datacatalog": "true",
        }

    def size(self) -> dict[str, Any]:
        """How large the session is, and how long it may idle, as CreateSession takes it."""
        return {
            "GlueVersion": self.version,
            "WorkerType": self.worker_type,
            "NumberOfWorkers": int(self.workers),
            "IdleTimeout": int(self.idle_minutes),
        }

    def environment(self) -> dict[str, str]:
        """What the library finds in the session's environment."""
        return dict(self.variables)

    def by_hand(self) -> dict[str, str]:
        """What it finds there besides where a person works, whose notebooks name no place."""
        return {LAKE_VARIABLE: self.lake, SOURCE_VARIABLE: json.dumps([*self.source])}


def settings_for(lake: str, source: Sequence[str] = ()) -> SessionSettings:
    """The settings of sessions that work on a lake; puts the library beside it, once a version.

    Raises RequestError where the lake is on this machine, no role is named, or a key of the
    hashes is given itself: statements, which would carry it, are kept by AWS.
    """
    if not lake.startswith("s3://"):
        raise RequestError(
            f"--lake: {lake} is on this machine, which a session of Glue does not see. Name one "
            "on S3: --lake s3://bucket/prefix."
        )
    key = os.environ.get(KEY_VARIABLE, "")
    if key and not key.startswith("arn:"):
        raise RequestError(
            f"{KEY_VARIABLE}: a session would be sent this key in a statement, and AWS keeps "
            "statements. Keep it in Secrets Manager, and give the ARN of the secret."
        )
    region("glue")
    own = {name: os.environ.get(variable, usual) for name, (variable, usual) in OWN.items()}
    given = {name: os.environ[name] for name in PASSED if name in os.environ}
    return SessionSettings(role(), library_at(lake), lake.rstrip("/"), source, given, **own)


def role() -> str:
    """The role of the session: of the environment, else of the AWS profile, as Glue names it."""
    import botocore.session

    found = os.environ.get(ROLE_VARIABLE)
    profile: Mapping[str, str] = asked("glue", botocore.session.Session().get_scoped_config)
    found = found or profile.get("glue_role_arn")
    if not found:
        raise RequestError(
            f"glue: no role is named for the session. Set {ROLE_VARIABLE} to the ARN of one that "
            "Glue may take on, and that may read the dump and write the lake."
        )
    return found


def library_at(lake: str) -> str:
    """The address of the library as a zip, beside the lake's tables."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "workbench.zip"
        pack(LIBRARY, packed)
        place = store_of(lake).join(".workbench", "library", file_digest(packed)[:16], packed.name)
        if not place.exists():
            place.write(packed.read_bytes())
    return str(place)


@dataclass(frozen=True)
class Statement:
    """What a statement said: its text, and the error where it raised one."""

    text: str
    error: str = ""
    message: str = ""
    traceback: tuple[str, ...] = ()


class Session:
    """A session by its id."""

    def __init__(self, session: str) -> None:
        self.id = session

    @classmethod
    def start(cls, session: str, role: str, arguments: Mapping[str, str], **more: Any) -> Session:
        """Asks for a session, which is not ready yet. Raises ServiceError where it is refused."""
        asked(
            "glue",
            lambda: client("glue").create_session(
                Id=session,
                Role=role,
                Command={"Name": "glueetl", "PythonVersion": "3"},
                DefaultArguments=dict(arguments),
                RequestOrigin="Workbench",
                **more,
            ),
        )
        return cls(session)

    @classmethod
    def of(cls, settings: SessionSettings, session: str) -> Session:
        """The same by settings; `session` is a name that nobody else has.

        One that is begun and not heard of costs all the same, so it is stopped.
        """
        try:
            return cls.start(session, settings.role, settings.arguments(), **settings.size())
        except ServiceError as error:
            if error.code != "AlreadyExistsException":  # by a request whose answer was lost
                raise
            return cls(session)
        except KeyboardInterrupt:
            with suppress(ServiceError):
                cls(session).stop()
            raise

    def look(self) -> dict[str, Any]:
        found: dict[str, Any] = asked("glue", lambda: client("glue").get_session(Id=self.id))
        return dict(found["Session"])

    def wait(self) -> None:
        """Until it is ready. Raises SessionLost, with Glue's reason, where it does not start."""
        for pause in pauses():
            now = self.look()
            if now["Status"] == READY:
                return
            if now["Status"] != STARTING:
                raise SessionLost(
                    f"The Glue session {self.id} did not start: it is {now['Status']}"
                    f"{because(now)}. See its logs in CloudWatch (/aws-glue/sessions)."
                )
            time.sleep(pause)

    def run(self, code: str) -> Statement:
        """One statement, to its end. Raises SessionLost where the session does not live to it.

        KeyboardInterrupt cancels it.
        """
        self.check_alive()
        asked_for = asked(
            "glue", lambda: client("glue").run_statement(SessionId=self.id, Code=code)
        )
        try:
            for pause in pauses():
                found = asked(
                    "glue",
                    lambda: client("glue").get_statement(SessionId=self.id, Id=asked_for["Id"]),
                )["Statement"]
                if found["State"] in DONE:
                    return self.said(found)
                if pause == LATE:  # a session that has ended leaves its statement running
                    self.check_alive()
                time.sleep(pause)
        except KeyboardInterrupt:
            asked(
                "glue",
                lambda: client("glue").cancel_statement(SessionId=self.id, Id=asked_for["Id"]),
            )
            raise
        raise AssertionError

    def check_alive(self) -> None:
        now = self.look()
        if now["Status"] != READY:
            raise SessionLost(
                f"The Glue session {self.id} has ended: it is {now['Status']}{because(now)}. "
                "Run again; --resume reuses the steps that are done."
            )

    def said(self, found: Mapping[str, Any]) -> Statement:
        """What a statement said that has ended."""
        output = found.get("Output") or {}
        text = text_of(output.get("Data") or {})
        if output.get("Status") == "error" or "ErrorName" in output:
            return Statement(
                text,
                output.get("ErrorName") or "Error",
                output.get("ErrorValue") or "",
                tuple(output.get("Traceback") or ()),
            )
        if found["State"] in ("ERROR", "FAILED"):
            self.check_alive()
            raise SessionLost(f"A statement {found['State']} in the Glue session {self.id}: {text}")
        if found["State"] == "CANCELLED":
            return Statement(text, "Cancelled", "the statement was cancelled")
        return Statement(text)

    def stop(self) -> None:
        """Stops it; nothing where it has ended."""
        try:
            asked("glue", lambda: client("glue").stop_session(Id=self.id))
        except ServiceError:
            if self.look()["Status"] in (READY, STARTING):
                raise


def text_of(data: Mapping[str, Any]) -> str:
    """What a statement printed, which Glue keeps on S3 where it is long."""
    if str(data.get("MimeType", "")).lower().startswith("s3"):
        parts = [stored(data.get(name)) for name in ("StdOut", "StdErr")]
        whole = json.loads(stored(data.get("Result")) or "{}")
        parts.append(whole.get("text/plain", ""))
    else:
        parts = [data.get(name, "") for name in ("TextPlain", "StdOut", "StdErr")]
    return "\n".join(part for part in parts if part)


def stored(address: str | None) -> str:
    return store_of(address).read().decode() if address and address.startswith("s3://") else ""


def because(session: Mapping[str, Any]) -> str:
    reason = session.get("ErrorMessage")
    return f" ({reason})" if reason else ""


def pauses() -> Iterator[float]:
    """Seconds to wait between two looks, without an end."""
    pause = SOON
    while True:
        yield pause
        pause = min(pause * 1.5, LATE)
