"""The state machine of AWS Step Functions, made from the chain's own declaration.

    Begin ─ Steps 1 ─ Steps 2 ─ ... ─ Report        each `Steps` runs its notebooks side by side
      └────────┴─────────┴──────────────┴─ Tell ─ Notify ─ Failed

`Begin` checks the parameters by the rules of a local run before anything starts (execution.py).
The rules of the language: https://states-language.net/spec.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from workbench.chain import STEPS, Step, tables_before
from workbench.errors import RequestError

REPORT = "report"
# Nothing else is tried again: a notebook that failed would fail again, and cost as much.
BUSY_GLUE = ["Glue.ConcurrentRunsExceededException", "Glue.ThrottlingException"]
BUSY_LAMBDA = ["Lambda.TooManyRequestsException"]
DAY = 24 * 60 * 60


def layers(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps in layers: each needs only steps of layers before its own.

    Raises RequestError where steps need each other, or one that is not there.
    """
    waiting, done, found = list(steps), set[str](), []
    while waiting:
        layer = [step for step in waiting if done.issuperset(step.needs)]
        if not layer:
            names = ", ".join(step.name for step in waiting)
            raise RequestError(
                f"chain: {names} can never start: they need each other, or a step that is not in "
                "the chain. Mend `needs`."
            )
        found.append(layer)
        done |= {step.name for step in layer}
        waiting = [step for step in waiting if step not in layer]
    return found


def machine(steps: Sequence[Step] = STEPS) -> dict[str, Any]:
    """The machine, in Amazon States Language.

    `${name}`, `${partition}`, `${function}` and `${topic}` are for Terraform to fill in.
    """
    stages = {f"Steps {n}": layer for n, layer in enumerate(layers(steps), 1)}
    following = [*list(stages)[1:], "Report"]
    states = {
        name: stage([step.name for step in layer], after)
        for (name, layer), after in zip(stages.items(), following, strict=True)
    }
    return {
        "Comment": "Made from lib/workbench/chain.py by `workbench aws build`; not to be edited.",
        "StartAt": "Begin",
        "TimeoutSeconds": DAY,
        "States": {"Begin": begin(next(iter(stages)))} | states | report() | failure(),
    }


def begin(after: str) -> dict[str, Any]:
    asked = {
        "do": "begin",
        "execution.$": "$$.Execution.Id",
        "machine.$": "$$.StateMachine.Id",
        "started.$": "$$.Execution.StartTime",
        "input.$": "$$.Execution.Input",
    }
    return invoke(asked) | {
        "ResultSelector": {"run.$": "$.Payload"},
        "Catch": [caught("$.error")],
        "Next": after,
    }


def invoke(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:${partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${function}", "Payload": asked},
        "Retry": [retry(BUSY_LAMBDA)],
    }


def stage(names: list[str], after: str | None) -> dict[str, Any]:
    """Notebooks side by side. The first that fails stops the others."""
    return {
        "Type": "Parallel",
        "Branches": [branch(name) for name in names],
        "ResultPath": None,
        "Catch": [caught("$.error")],
    } | ({"Next": after} if after else {"End": True})


def branch(name: str) -> dict[str, Any]:
    """One job. Where it fails, the error has the step's name."""
    failed = f"{name} failed"
    job = {
        "Type": "Task",
        "Resource": "arn:${partition}:states:::glue:startJobRun.sync",
        "Parameters": {
            "JobName": "${name}-" + name,
            "Arguments": {"--run.$": "States.JsonToString($.run)"},
        },
        "ResultPath": None,
        "Retry": [retry(BUSY_GLUE)],
        "Catch": [caught("$.error", failed)],
        "End": True,
    }
    fail = {"Type": "Fail", "Error": name, "CausePath": "States.JsonToString($.error)"}
    return {"StartAt": name, "States": {name: job, failed: fail}}


def report() -> dict[str, Any]:
    return {"Report": stage([REPORT], None)}


def failure() -> dict[str, Any]:
    """The run's record says what failed, people are told, and the execution ends with it."""
    asked = {"do": "fail", "state.$": "$"}
    said = "States.Format('{}: {}', $.told.Error, $.told.Cause)"
    publish = {
        "TopicArn": "${topic}",
        "Subject.$": "States.Format('{} failed', $$.StateMachine.Name)",
        "Message.$": said,
    }
    return {
        "Tell": invoke(asked)
        | {
            "ResultSelector": {"Error.$": "$.Payload.Error", "Cause.$": "$.Payload.Cause"},
            "ResultPath": "$.told",
            "Catch": [caught("$.told", "Notify")],
            "Next": "Notify",
        },
        "Notify": {
            "Type": "Task",
            "Resource": "arn:${partition}:states:::sns:publish",
            "Parameters": publish,
            "ResultPath": None,
            "Catch": [caught("$.notice", "Failed")],
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "ErrorPath": "$.told.Error", "CausePath": "$.told.Cause"},
    }


def caught(path: str, following: str = "Tell") -> dict[str, Any]:
    return {"ErrorEquals": ["States.ALL"], "ResultPath": path, "Next": following}


def retry(errors: list[str]) -> dict[str, Any]:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 10,
        "BackoffRate": 2,
        "MaxAttempts": 6,
        "JitterStrategy": "FULL",
    }


def generated(steps: Sequence[Step] = STEPS) -> dict[str, str]:
    """The files of `terraform/` that are made from the chain, by name.

    `steps.json` says for each step which tables it reads and writes, for its role. Quarantine
    holds raw documents: only the step that writes it may see it.
    """
    tables = {
        step.name: {
            "source": not step.needs,
            "reads": [t for t in tables_before(step) if not t.startswith("quarantine.")],
            "writes": list(step.writes),
        }
        for step in steps
    }
    made = {"chain.asl.json": machine(steps), "steps.json": tables}
    return {name: json.dumps(value, indent=2) + "\n" for name, value in made.items()}
