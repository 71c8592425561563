"""What the function (Lambda) is asked: to begin a run, to say why one failed, that one was stopped.

Only the standard library and boto3 are there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.aws.objects import change_json, write_json
from workbench.chain import STEPS
from workbench.errors import LakeError, RequestError
from workbench.parameters import check, defaults
from workbench.record import stamp
from workbench.services import client
from workbench.storage import scheme_of, store_of

OWN = ("charts", "engine")  # which a run in AWS has by itself


def handler(event: Mapping[str, Any], _: Any = None) -> dict[str, Any]:
    """Answers one request of the state machine, which `event["do"]` names."""
    return {"begin": begin, "fail": fail, "ended": ended}[event["do"]](event)


def begin(event: Mapping[str, Any]) -> dict[str, Any]:
    """Checks the request, and writes the first run.json; gives what every job is told.

    The request is `{"parameters": {name: value}}`. Raises RequestError where a parameter is wrong,
    LakeError where an execution that began earlier is at work on the same lake and date.
    """
    values = parameters(event["input"], event["started"])
    refuse_second(event, values)
    started = datetime.fromisoformat(event["started"])
    run_id = run_of(event["execution"], started)
    folder = f"{os.environ['WORKBENCH_RUNS'].rstrip('/')}/{run_id}"
    state = {
        "version": 1,  # of `records.RunRecord`, which this place cannot import
        "run_id": run_id,
        "state": "running",
        "started": stamp(started.astimezone(UTC)),
        "execution": event["execution"],
        "parameters": values | {"charts": f"{folder}/charts"},
        "engine": {"name": "glue", "version": os.environ["WORKBENCH_GLUE"]},
        "versions": {},
        "git_commit": None,
        "steps": {step.name: {"state": "waiting"} for step in STEPS},
    }
    write_json(f"{folder}/run.json", state)
    return {"folder": folder, "parameters": values}


def run_of(execution: str, started: datetime) -> str:
    """The id of the run of an execution: a retry is the same run."""
    mark = hashlib.sha256(execution.encode()).hexdigest()[:6]
    return f"{started.astimezone(UTC):%Y-%m-%dT%H%M%SZ}-{mark}"


def parameters(asked: Mapping[str, Any], started: str) -> dict[str, Any]:
    """All parameters of a run, checked. Raises RequestError for the first that is wrong."""
    given = given_in(asked)
    for name in OWN:
        if name in given:
            raise RequestError(f"{name}: a run in AWS has its own; leave it out.")
    values = {name: value for name, value in defaults().items() if name not in OWN}
    values |= {
        "source": [os.environ["WORKBENCH_SOURCE"]],
        "lake": os.environ["WORKBENCH_LAKE"],
        "ingestion_date": started[:10],
        "on_drift": "restate",  # readers of the catalog know but one type per column
    }
    check(**given)
    values.update(given)
    check_places(values)
    return values


def given_in(asked: Any) -> Mapping[str, Any]:
    """The parameters of an execution's input. Raises RequestError where it has another form."""
    wrong = "" if isinstance(asked, Mapping) else json.dumps(asked)[:50]
    unknown = wrong or ", ".join(sorted(asked.keys() - {"parameters"}))
    given = {} if wrong else asked.get("parameters", {})
    if unknown or not isinstance(given, Mapping):
        said = (
            f"there is no {unknown}" if unknown else f"{json.dumps(given)[:50]} are no parameters"
        )
        raise RequestError(
            f"input: {said}. It is one JSON object with `parameters`, for example "
            '{"parameters": {"ingestion_date": "2022-01-18"}}.'
        )
    return given


def check_places(values: Mapping[str, Any]) -> None:
    """Raises RequestError for what would stand on the disk of a job's machine, and go with it."""
    for name, address in [("lake", values["lake"]), *(("source", s) for s in values["source"])]:
        if scheme_of(address) != "s3":
            raise RequestError(
                f"{name}: {address} is no address on S3, where alone jobs in AWS read and write. "
                "Give one: s3://bucket/prefix."
            )


def refuse_second(event: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raises LakeError where an earlier execution under way has the same lake and date.

    Of two that begin at once the one whose time, or else name, comes first goes on.
    """
    states = client("stepfunctions")
    running = states.get_paginator("list_executions").paginate(
        stateMachineArn=event["machine"], statusFilter="RUNNING"
    )
    own = (event["started"], event["execution"])
    for other in (one for page in running for one in page["executions"]):
        began = other["startDate"].astimezone(UTC).isoformat(timespec="milliseconds")
        if (began.replace("+00:00", "Z"), other["executionArn"]) >= own:
            continue
        described = states.describe_execution(executionArn=other["executionArn"])
        asked = json.loads(described.get("input", "{}")).get("parameters", {})
        day = asked.get("ingestion_date", began[:10])
        if (asked.get("lake", os.environ["WORKBENCH_LAKE"]), day) == (
            values["lake"],
            values["ingestion_date"],
        ):
            raise LakeError(
                f"The lake {values['lake']} is in use for {day} by another execution "
                f"({other['executionArn']}). Wait until it ends, or stop it, and run again."
            )


def fail(event: Mapping[str, Any]) -> dict[str, str]:
    """Writes down that a run failed; gives the step and its reason, in words.

    `event["state"]` is what the machine knew: the error, and the run where one had begun.
    """
    state = event["state"]
    step, reason = told(state["error"])
    if "run" in state:
        close(state["run"]["folder"], "failed", step, reason)
    return {"Error": step, "Cause": reason}


def ended(event: Mapping[str, Any]) -> dict[str, str]:
    """Writes down that an execution was stopped or ran out of time, which cannot say so itself."""
    started = datetime.fromtimestamp(int(event["started"]) / 1000, UTC)
    folder = f"{os.environ['WORKBENCH_RUNS'].rstrip('/')}/{run_of(event['execution'], started)}"
    if store_of(f"{folder}/run.json").exists():  # else it had not begun
        close(folder, "interrupted")
    return {}


def close(folder: str, state: str, step: str = "", reason: str = "") -> None:
    """The last word in the record of a run that did not end well: the step that failed, if one."""
    now = stamp(datetime.now(UTC))

    def change(record: dict[str, Any]) -> None:
        for name, outcome in record["steps"].items():
            if name == step and outcome["state"] != "failed":
                outcome |= {"state": "failed", "error": "StepFailed", "message": reason}
            elif outcome["state"] in ("running", "waiting"):
                outcome["state"] = "interrupted" if outcome["state"] == "running" else "not run"
        record |= {"state": state, "finished": now}

    change_json(f"{folder}/run.json", change)


def told(error: Mapping[str, str]) -> tuple[str, str]:
    """The step that failed (`begin` before all), and why: what Glue, Lambda or the machine say."""
    step = error["Error"]
    inner = as_json(error.get("Cause", ""))
    if "Error" not in inner:  # not from a step: from the function, before one began
        return "begin", inner.get("errorMessage") or error.get("Cause") or step
    job = as_json(inner.get("Cause", ""))
    reason = job.get("ErrorMessage") or without_words(job) or inner.get("Cause") or inner["Error"]
    return step, reason


def without_words(job: Mapping[str, Any]) -> str:
    """Why a job ended that Glue says nothing of; empty where its state does not say it either."""
    state = job.get("JobRunState", "")
    said = {
        "TIMEOUT": f"its job ran longer than {job.get('Timeout', 'its')} minutes (timeout_minutes)",
        "STOPPED": "its job was stopped by hand",
        "EXPIRED": "its job waited for machines of AWS's, and was given none",
    }
    return said.get(state) or (f"its job is {state}" if state else "")


def as_json(text: str) -> dict[str, Any]:
    """What a text holds as a JSON object; nothing where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
