"""Parameters: declared once, and each wrong one refused in words that say what is right."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from workbench.engines.names import check_engine
from workbench.errors import RequestError
from workbench.parameters import CHARTS, EVERY, PARAMETERS, SILVER, check, defaults, of_step

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def refusal(**values: Any) -> str:
    with pytest.raises(RequestError) as raised:
        check(**values)
    return str(raised.value)


def code_cells(step: str) -> list[dict[str, Any]]:
    cells = json.loads((NOTEBOOKS / f"{step}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def declarations(step: str) -> list[ast.AnnAssign]:
    """The lines of the notebook's `parameters` cell, which are nothing but declarations."""
    tagged = [c for c in code_cells(step) if "parameters" in c["metadata"].get("tags", [])]
    lines = ast.parse("".join(tagged[0]["source"])).body
    assert all(isinstance(line, ast.AnnAssign) and line.value for line in lines)
    return [line for line in lines if isinstance(line, ast.AnnAssign)]


# Names


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("score_egdes", "score_edges"),
        ("sources", "source"),
        ("local", "locale"),
        ("ingestion-date", "ingestion_date"),
        ("max_bad_shares", "max_bad_share"),
        ("updatedAt", "updated_at"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_right_one(wrong: str, right: str) -> None:
    assert f"{wrong}: there is no such parameter. Did you mean {right}?" in refusal(**{wrong: 1})


def test_a_name_like_no_other_is_answered_with_all_names() -> None:
    message = refusal(zzz=1)
    assert "Did you mean" not in message and all(name in message for name in PARAMETERS)


# Types


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("source", "data/input", "'data/input' is a str, and source is a list[str]"),
        ("source", ["a", 1], "['a', 1] holds 1, which is an int, and source is a list[str]"),
        ("lake", ["data/lake"], "['data/lake'] is a list, and lake is a str"),
        ("key", None, "no value is given, and key is a str or list[str]"),
        ("pii", "name", "'name' is a str, and pii is a list[str]"),
        ("max_bad_share", "banana", "'banana' is a str, and max_bad_share is a float"),
        ("max_bad_share", True, "True is a bool, and max_bad_share is a float"),
        ("score_edges", 300, "300 is an int, and score_edges is a list[int]"),
        (
            "score_edges",
            [1, 2.5],
            "[1, 2.5] holds 2.5, which is a float, and score_edges is a list[int]",
        ),
        (
            "score_edges",
            [True],
            "[True] holds True, which is a bool, and score_edges is a list[int]",
        ),
        ("locale", 5, "5 is an int, and locale is a str"),
    ],
)
def test_a_wrong_type_is_refused_with_the_value_and_the_type(
    name: str, value: Any, said: str
) -> None:
    assert refusal(**{name: value}).startswith(f"{name}: {said} (")


def test_what_a_dump_does_not_have_is_empty() -> None:
    check(explode="", score="", score_text="", product_type="", created_at="", updated_at="")


@pytest.mark.parametrize("value", [0, 1, 0.01, 0.5])
def test_a_whole_number_is_a_share_too(value: float) -> None:
    check(max_bad_share=value)


# Ranges


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("source", [], "not empty"),
        ("lake", "", "a path"),
        ("lake", "lake[1]", "a path without any of * ? [ ]"),
        ("lake", "lake/*", "a path without any of * ? [ ]"),
        ("key", "", "not empty"),
        ("max_bad_share", -0.1, "a share from 0 to 1"),
        ("max_bad_share", 1.01, "a share from 0 to 1"),
        ("max_bad_share", float("nan"), "a share from 0 to 1"),
        ("score_edges", [], "at least one whole number"),
        ("score_edges", [3, 1], "each greater than the last"),
        ("score_edges", [1, 1], "each greater than the last"),
        ("score_edges", [1 << 31], "of 32 bits"),
        ("locale", "pt", "pt_BR or en"),
    ],
)
def test_a_value_out_of_range_is_refused_with_what_is_allowed(
    name: str, value: Any, allowed: str
) -> None:
    message = refusal(**{name: value})
    assert message.startswith(f"{name}: {value!r} is not allowed; it must be ")
    next_step = f"For example {PARAMETERS[name].default!r}.", "Did you mean pt_BR?"
    assert allowed in message and message.endswith(next_step)


@pytest.mark.parametrize(
    "value", ["2022-02-30", "2022-1-18", "20220118", "18/01/2022", "2022-01-18T00:00", "", "today"]
)
def test_only_a_day_of_the_calendar_is_an_ingestion_date(value: str) -> None:
    assert "a day of the calendar written YYYY-MM-DD" in refusal(ingestion_date=value)


def test_a_leap_day_is_an_ingestion_date() -> None:
    check(ingestion_date="2024-02-29")


def test_the_first_wrong_parameter_is_the_one_that_is_told() -> None:
    assert refusal(locale="en", score_edges=[2, 1], max_bad_share=7).startswith("score_edges")


def test_every_default_is_allowed() -> None:
    check(**{name: p.default for name, p in PARAMETERS.items()})


# Engines


@pytest.mark.parametrize("name", ["spark", "sail", "yarn", "spark://host:7077", "k8s://host"])
def test_an_engine_is_one_of_ours_or_an_address(name: str) -> None:
    check_engine(name)


@pytest.mark.parametrize("name", ["duckdb", "Spark", "", "local[2]"])
def test_another_engine_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(RequestError, match=r"Choose spark .* sail .* or the address of a cluster"):
        check_engine(name)


# The notebooks say the same


@pytest.mark.parametrize("step", EVERY)
def test_a_notebook_declares_the_parameters_of_its_step(step: str) -> None:
    declared = {ast.unparse(line.target) for line in declarations(step)}
    assert declared == {n for n, p in PARAMETERS.items() if step in p.steps}


@pytest.mark.parametrize("step", EVERY)
def test_a_notebook_has_the_declared_defaults(step: str) -> None:
    own = {ast.unparse(d.target): ast.literal_eval(d.value) for d in declarations(step) if d.value}
    assert own == {name: PARAMETERS[name].default for name in own}


@pytest.mark.parametrize("step", EVERY)
def test_a_notebook_has_the_declared_types(step: str) -> None:
    own = {ast.unparse(d.target): ast.unparse(d.annotation) for d in declarations(step)}
    assert own == {name: PARAMETERS[name].type for name in own}


@pytest.mark.parametrize("step", EVERY)
def test_a_notebook_says_of_each_parameter_what_it_is(step: str) -> None:
    cell = next(c for c in code_cells(step) if "parameters" in c["metadata"].get("tags", []))
    assert all(re.search(r"  # \S", line) for line in cell["source"])


@pytest.mark.parametrize("step", EVERY)
def test_a_notebook_checks_each_parameter_before_it_starts_an_engine(step: str) -> None:
    source = "\n".join("".join(cell["source"]) for cell in code_cells(step))
    before = ast.parse(source[: source.index("spark = session(")])
    calls = [n for n in ast.walk(before) if isinstance(n, ast.Call)]
    checked = [k.arg for c in calls if ast.unparse(c.func) == "check" for k in c.keywords]
    assert sorted(map(str, checked)) == sorted(ast.unparse(d.target) for d in declarations(step))


def test_a_step_is_given_its_own_parameters_only() -> None:
    values = {name: p.default for name, p in PARAMETERS.items()}
    assert "score_edges" not in of_step(SILVER, values) and "source" not in of_step(CHARTS, values)


def test_a_step_that_a_project_has_added_is_given_what_every_step_is() -> None:
    assert of_step("05_own", defaults()).keys() == {"lake", "ingestion_date", "key", "engine"}
