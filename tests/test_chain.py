"""The chain: which steps a request stands for, and in what order they may run."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.chain import STEPS, chosen, ready, step_named, tables_before
from workbench.errors import RequestError

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
ALL = ["01", "02", "03", "04"]


def short(steps: object) -> list[str]:
    return [step.name[:2] for step in steps]  # type: ignore[attr-defined]


def test_every_step_is_a_notebook() -> None:
    assert [s.name for s in STEPS] == sorted(p.stem for p in NOTEBOOKS.glob("0*.ipynb"))


def test_every_step_comes_after_those_it_needs() -> None:
    names = [s.name for s in STEPS]
    assert all(names.index(need) < names.index(s.name) for s in STEPS for need in s.needs)


def test_no_two_steps_write_the_same() -> None:
    written = [table for step in STEPS for table in step.writes]
    assert len(set(written)) == len(written) == 4


def test_a_step_depends_on_the_tables_of_those_it_needs_and_of_theirs() -> None:
    silver = ["silver.users", "quarantine.users"]
    assert tables_before(step_named("01")) == [] and tables_before(step_named("03")) == silver
    gold = ["gold.user_products", "gold.user_scores"]
    assert tables_before(step_named("04")) == [*silver, *gold]


# Which steps


def test_without_a_choice_all_steps_run() -> None:
    assert short(chosen(None, None)) == ALL


@pytest.mark.parametrize("name", ["04", "04_score", "04_score_charts"])
def test_only_is_one_step_by_name_or_its_start(name: str) -> None:
    assert short(chosen(name, None)) == ["04"]


@pytest.mark.parametrize(
    ("start", "steps"), [("01", ALL), ("02", ["02", "04"]), ("03", ["03", "04"]), ("04", ["04"])]
)
def test_from_is_a_step_and_what_needs_it(start: str, steps: list[str]) -> None:
    assert short(chosen(None, start)) == steps


@pytest.mark.parametrize("name", ["05", "", "0", "score", "04_score_charts.ipynb"])
def test_what_is_no_step_is_refused_with_the_steps(name: str) -> None:
    with pytest.raises(RequestError, match=r"is not a step\. Choose one of 01_silver_users, 02_"):
        step_named(name)


def test_an_empty_choice_is_not_taken_for_all_steps() -> None:
    with pytest.raises(RequestError, match="'' is not a step"):
        chosen("", None)


def test_only_and_from_exclude_each_other() -> None:
    with pytest.raises(RequestError, match="exclude each other"):
        chosen("04", "03")


# In what order


@pytest.mark.parametrize(
    ("states", "steps"),
    [
        ({"01": "waiting", "02": "waiting", "03": "waiting", "04": "waiting"}, ["01"]),
        ({"01": "running", "02": "waiting", "03": "waiting", "04": "waiting"}, []),
        ({"01": "done", "02": "waiting", "03": "waiting", "04": "waiting"}, ["02", "03"]),
        ({"01": "done", "02": "done", "03": "running", "04": "waiting"}, []),
        ({"01": "done", "02": "failed", "03": "done", "04": "waiting"}, []),
        ({"01": "done", "02": "done", "03": "done", "04": "waiting"}, ["04"]),
        ({"03": "waiting", "04": "waiting"}, ["03"]),
        ({"03": "done", "04": "waiting"}, ["04"]),
    ],
)
def test_a_step_is_ready_when_all_it_needs_in_this_run_is_done(
    states: dict[str, str], steps: list[str]
) -> None:
    named = {step_named(name).name: state for name, state in states.items()}
    waiting = [s for s in STEPS if named.get(s.name) == "waiting"]
    assert short(ready(waiting, named)) == steps
