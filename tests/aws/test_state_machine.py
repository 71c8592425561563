"""The state machine says what the chain says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.aws import generated, layers, machine
from workbench.chain import STEPS, Step
from workbench.errors import RequestError
from workbench.parameters import CHARTS, PRODUCTS, SCORES, SILVER

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
OWN = Step("05_own", (SILVER,), ("gold.own",))


@pytest.mark.parametrize("name", generated())
def test_what_is_committed_is_what_the_chain_says(name: str) -> None:
    committed = (TERRAFORM / name).read_text(encoding="utf-8")
    assert committed == generated()[name], "run `workbench aws build`, and commit what it changes"


def test_each_layer_needs_only_what_is_before_it() -> None:
    assert [[s.name for s in layer] for layer in layers(STEPS)] == [
        [SILVER],
        [PRODUCTS, SCORES],
        [CHARTS],
    ]


def test_a_step_of_a_project_s_own_is_run_beside_those_that_need_the_same() -> None:
    states = machine([*STEPS, OWN])["States"]
    assert [b["StartAt"] for b in states["Steps 2"]["Branches"]] == [PRODUCTS, SCORES, OWN.name]


def test_a_step_of_a_project_s_own_gets_what_its_tables_need() -> None:
    steps = json.loads(generated([*STEPS, OWN])["steps.json"])
    assert steps[OWN.name] == {"source": False, "reads": ["silver.users"], "writes": ["gold.own"]}


def test_steps_that_need_each_other_are_refused() -> None:
    circle = [Step("a", ("b",), ()), Step("b", ("a",), ())]
    with pytest.raises(RequestError, match="a, b can never start"):
        layers(circle)


def test_nothing_but_throttling_and_concurrency_is_tried_again() -> None:
    text = json.dumps(machine())
    retried = [r["ErrorEquals"] for r in found(json.loads(text), "Retry")]
    assert {error for errors in retried for error in errors} == {
        "Glue.ConcurrentRunsExceededException",
        "Glue.ThrottlingException",
        "Lambda.TooManyRequestsException",
    }


def found(value: object, key: str) -> list[dict[str, list[str]]]:
    """All that stands below a key, wherever that is."""
    if isinstance(value, list):
        return [one for inner in value for one in found(inner, key)]
    if not isinstance(value, dict):
        return []
    return [*value.get(key, []), *found(list(value.values()), key)]
