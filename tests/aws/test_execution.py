"""What the state machine's function makes of what Glue, Lambda and the machine say of a failure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.aws.execution import handler, parameters, run_of, told
from workbench.errors import RequestError
from workbench.storage import store_of


def of_job(**job: Any) -> dict[str, str]:
    """A failed job as the machine knows it: the step's error around what Glue says."""
    inner = {"Error": "States.TaskFailed", "Cause": json.dumps({"JobName": "x-02"} | job)}
    return {"Error": "02_gold_user_products", "Cause": json.dumps(inner)}


@pytest.mark.parametrize(
    ("error", "step", "reason"),
    [
        (
            of_job(JobRunState="FAILED", ErrorMessage="StepFailed: no scores today"),
            "02_gold_user_products",
            "StepFailed: no scores today",
        ),
        (
            of_job(JobRunState="TIMEOUT", Timeout=120),
            "02_gold_user_products",
            "its job ran longer than 120 minutes (timeout_minutes)",
        ),
        (of_job(JobRunState="STOPPED"), "02_gold_user_products", "its job was stopped by hand"),
        (of_job(JobRunState="ERROR"), "02_gold_user_products", "its job is ERROR"),
        (
            {"Error": "KeyError", "Cause": json.dumps({"errorMessage": "locale: 'xx' is wrong"})},
            "begin",
            "locale: 'xx' is wrong",
        ),
        ({"Error": "States.Runtime", "Cause": ""}, "begin", "States.Runtime"),
    ],
)
def test_what_failed_is_told_in_words(error: dict[str, str], step: str, reason: str) -> None:
    assert told(error) == (step, reason)


def test_the_record_of_an_execution_that_was_stopped_says_so(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the time as events tell it; of one that had not begun there is none."""
    monkeypatch.setenv("WORKBENCH_RUNS", f"{bucket}/runs")
    arn, began = "arn:aws:states:x:1:execution:chain:a", datetime(2022, 1, 18, 1, 2, 3, 456, UTC)
    record = store_of(f"{bucket}/runs").join(run_of(arn, began), "run.json")
    event = {"do": "ended", "execution": arn, "started": int(began.timestamp() * 1000)}
    assert handler(event) == {} and not record.exists()
    steps = {"01": {"state": "done"}, "02": {"state": "running"}, "03": {"state": "waiting"}}
    record.write(json.dumps({"state": "running", "steps": steps}).encode())
    handler(event)
    said = json.loads(record.read())
    assert said["state"] == "interrupted" and said["finished"]
    assert [one["state"] for one in said["steps"].values()] == ["done", "interrupted", "not run"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([1], r"input: there is no \[1\]\. It is one JSON object with `parameters`"),
        (None, "input: there is no null"),
        ({"Parameters": {}}, "input: there is no Parameters"),
        ({"parameters": []}, r"input: \[\] are no parameters"),
        ({"parameters": {"charts": "x"}}, "charts: a run in AWS has its own"),
        ({"parameters": {"locale": "xx"}}, "locale: 'xx' is not allowed"),
        ({"parameters": {"lake": "here"}}, "lake: here is no address on S3"),
        ({"parameters": {"source": ["s3://a/b", "c.json"]}}, "source: c.json is no address on S3"),
    ],
)
def test_an_input_that_no_job_could_carry_out_is_refused(
    asked: Any, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_SOURCE", "s3://bronze/")
    monkeypatch.setenv("WORKBENCH_LAKE", "s3://lake/lake")
    assert parameters({}, "2022-01-18T00:00:00Z")["ingestion_date"] == "2022-01-18"
    with pytest.raises(RequestError, match=said):
        parameters(asked, "2022-01-18T00:00:00Z")
