"""Executions of the state machine: started, watched, stopped and listed; their jobs' logs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workbench.aws.execution import OWN, run_of
from workbench.aws.stack import Stack
from workbench.chain import STEPS
from workbench.errors import RequestError, RunsError, ServiceError, StepFailed
from workbench.parameters import check
from workbench.records import Started, StepOutcome
from workbench.services import asked, client
from workbench.storage import scheme_of, store_of
from workbench.stored import from_json

PAUSE = 2.0  # seconds between two looks
BEGUN = ("waiting", "running")
Tell = Callable[[str, str, Any], None]


@dataclass(frozen=True)
class Execution:
    """One execution, and the run that it is."""

    arn: str
    started: datetime
    status: str
    error: str = ""
    cause: str = ""

    @property
    def run(self) -> str:
        return run_of(self.arn, self.started)


def start(stack: Stack, given: Mapping[str, Any]) -> Execution:
    """Starts the chain with these parameters; the others are the machine's own.

    Raises RequestError where they are wrong, before anything is started.
    """
    check(**given)
    for name in sorted({*OWN} & given.keys()):
        raise RequestError(f"{name}: a run in AWS has its own; leave it out.")
    here = [one for one in given.get("source", []) if scheme_of(one) != "s3"]
    if here:
        raise RequestError(
            f"--source: {here[0]} is on this machine, where jobs in AWS cannot read it. Put it at "
            f"{stack.bronze} (aws s3 cp {here[0]} {stack.bronze}), and name it by that address."
        )
    text = json.dumps({"parameters": dict(given)})
    started = asked(
        "run",
        lambda: client("stepfunctions").start_execution(
            stateMachineArn=stack.state_machine, input=text
        ),
    )
    arn = str(started["executionArn"])
    try:
        return described(arn)
    except BaseException:  # what nobody sees must not go on
        stop(arn)
        raise


def described(arn: str) -> Execution:
    told = asked("run", lambda: client("stepfunctions").describe_execution(executionArn=arn))
    return Execution(
        arn, told["startDate"], told["status"], told.get("error", ""), told.get("cause", "")
    )


def stop(arn: str) -> None:
    """Stops an execution; Step Functions stops the jobs that it waits for.

    Raises ServiceError where it may go on.
    """
    try:
        asked(
            "run",
            lambda: client("stepfunctions").stop_execution(
                executionArn=arn, cause="stopped by hand"
            ),
        )
    except ServiceError as error:
        raise ServiceError(
            f"The execution may go on, and cost: {arn}. {error}", error.code
        ) from error


def follow(stack: Stack, execution: Execution, tell: Tell, pause: float = PAUSE) -> dict[str, Any]:
    """Tells what happens to each step until the execution ends; gives the run's record.

    Raises StepFailed where it does not end well, with the step and its reason.
    """
    known: dict[str, str] = {}
    while True:
        now = described(execution.arn)
        record = record_of(stack, execution)
        tell_changes(record, known, tell)
        if now.status != "RUNNING":
            break
        time.sleep(pause)
    if now.status != "SUCCEEDED":
        raise StepFailed(failure(stack, now))
    if record is None:
        raise RunsError(f"{stack.runs}/{now.run}/run.json is not there, and the execution ended.")
    return record


def record_of(stack: Stack, execution: Execution) -> dict[str, Any] | None:
    """The run.json of an execution; None before it has begun."""
    found = store_of(f"{stack.runs}/{execution.run}/run.json").tagged()
    return json.loads(found[0]) if found else None


def tell_changes(record: dict[str, Any] | None, known: dict[str, str], tell: Tell) -> None:
    for name, outcome in (record or {"steps": {}})["steps"].items():
        state = str(outcome["state"])
        before = known.get(name, "waiting")
        if state == before:
            continue
        if before == "waiting" and state != "not run":
            tell("started", name, Started(cells=1, rows_in=None, why_again=None))
        if state not in BEGUN:
            tell(state, name, from_json(StepOutcome, outcome))
        known[name] = state


def failure(stack: Stack, ended: Execution) -> str:
    """Why an execution did not end well, in words."""
    where = f"{stack.runs}/{ended.run}"
    if ended.status in ("TIMED_OUT", "ABORTED"):
        said = "ran out of time" if ended.status == "TIMED_OUT" else "was stopped"
        return f"The execution {said}. What its steps have done is in {where}."
    if ended.error == "begin":
        return f"The run did not begin: {ended.cause}"
    return (
        f"{ended.error} failed: {ended.cause}\nIts notebook is {where}/{ended.error}.ipynb, and "
        f"`workbench aws logs {ended.run} --step {ended.error}` shows the job's log."
    )


def latest(stack: Stack, most: int) -> list[Execution]:
    """The last executions, the latest first."""
    told = asked(
        "status",
        lambda: client("stepfunctions").list_executions(
            stateMachineArn=stack.state_machine, maxResults=most
        ),
    )
    found = [Execution(e["executionArn"], e["startDate"], e["status"]) for e in told["executions"]]
    return sorted(found, key=lambda e: e.started, reverse=True)


def log_lines(stack: Stack, run: str, step: str | None) -> Iterator[tuple[datetime, str, str]]:
    """The lines of the logs of a run's jobs: time, step, text; a step after the other."""
    for name in [s.name for s in STEPS] + ["report"]:
        if step is not None and name != step:
            continue
        for job_run in job_runs(f"{stack.name}-{name}", run):
            lines = [line for group in stack.logs[:2] for line in of_stream(group, job_run)]
            yield from ((at, name, text) for at, text in sorted(lines))


def job_runs(job: str, run: str) -> list[str]:
    """The runs of a job that were of a run of the chain."""
    pages = asked(
        "logs", lambda: list(client("glue").get_paginator("get_job_runs").paginate(JobName=job))
    )
    return [
        one["Id"]
        for page in pages
        for one in page["JobRuns"]
        if str(folder_of(one.get("Arguments", {}))).endswith(f"/{run}")
    ]


def folder_of(arguments: Mapping[str, str]) -> str:
    try:
        return str(json.loads(arguments["--run"])["folder"])
    except (KeyError, ValueError, TypeError):
        return ""


def of_stream(group: str, prefix: str) -> Iterator[tuple[datetime, str]]:
    """The lines of the streams of a group whose names begin so."""
    logs = client("logs")
    told = asked(
        "logs",
        lambda: logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix),
    )
    for stream in told["logStreams"]:
        asked_for = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
        more: dict[str, Any] = {"startFromHead": True}
        while True:
            page = asked("logs", lambda a=asked_for | more: logs.get_log_events(**a))  # type: ignore[misc]
            for event in page["events"]:
                at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
                yield at, event["message"].rstrip("\n")
            if page["nextForwardToken"] == more.get("nextToken"):
                break
            more = {"startFromHead": True, "nextToken": page["nextForwardToken"]}
