"""What the state machine's function makes of what Glue, Lambda and the machine say of a failure."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.aws.execution import told


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
