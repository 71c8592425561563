"""Rules of a contract beside types: who breaks one is in quarantine, with the path and the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from support.chain import table, write_dump
from workbench.bronze.quarantine import quarantined
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import RequestError
from workbench.schema import read_contract

MISSING, NOT_LIKE = "required, and it is missing or null", "a: not as pattern says"


def scanned(place: Path, rule: str, *documents: Any, **more: Any) -> Scan:
    (place / "c.yml").write_text(f"fields:\n  {rule}\n")
    contract, held = read_contract(str(place / "c.yml"))
    numbered = [d if isinstance(d, str) else {"_id": n} | d for n, d in enumerate(documents)]
    source = write_dump(place / "a.json", numbered)
    return scan([str(source)], place / "out", contract=contract, held=held, **more)


def refused(found: Scan) -> list[tuple[int, str]]:
    tables = list(quarantined(found, set()))
    rows = pa.concat_tables(tables).to_pylist() if tables else []
    assert {row["reason"] for row in rows} <= {"contract"}
    return [(row["position"] - 1, row["detail"]) for row in rows]


@pytest.mark.parametrize(
    ("rule", "good", "bad", "said"),
    [
        ("a: {type: int, min: 0, max: 9}", [0, 9, None], [-1], "a: below min"),
        ("a: {type: double, max: 0.5}", [0.5, 0], [1, 0.6], "a: above max"),
        ("a: {type: 'decimal(5,2)', min: 1.10}", ["1.1", 2], [1.09], "a: below min"),
        ("a: {type: date, min: 2020-01-01}", ["2020-01-01"], ["2019-12-31"], "a: below min"),
        (
            "a: {type: timestamp, max: '2020-01-01T00:00:00Z'}",
            ["2020-01-01T01:00:00+01:00"],
            ["2020-01-01T00:00:01Z"],
            "a: above max",
        ),
        ("a: {type: string, values: [x, '1']}", ["x", "1", None], ["y", ""], "a: none of values"),
        ("a: {type: int, values: [1, 2]}", [2], [3], "a: none of values"),
        ("a: {type: string, pattern: '[a-z]+|X'}", ["ab", "X"], ["aX", ""], NOT_LIKE),
        ("a: {required: true}", [0, "", []], [None], f"a: {MISSING}"),
        ("a.b: {required: true}", [{"b": 1}], [None, {}], f"a.b: {MISSING}"),
        (
            "a[].b: {required: true}",
            [[{"b": 1}], [], None],
            [[{"b": 1}, {}], [None]],
            f"a[].b: {MISSING}",
        ),
        ("a[]: {type: int, max: 3}", [[1, 3], []], [[1, 4, 5]], "a[]: above max"),
        ("a.b: {type: int, unique: true}", [{"b": 1}, None, None], [{"b": 1}], "a.b: not unique"),
    ],
)
def test_who_breaks_a_rule_is_refused_by_path_and_rule(
    tmp_path: Path, rule: str, good: list[Any], bad: list[Any], said: str
) -> None:
    found = scanned(tmp_path, rule, *({"a": value} for value in [*good, *bad]))
    assert refused(found) == [(len(good) + at, said) for at in range(len(bad))]
    assert found.good == len(good)
    assert sorted(row["_id"] for row in table(found.folder / "documents").to_pylist()) == list(
        range(len(good))
    )


def test_fields_of_the_refused_are_no_columns(tmp_path: Path) -> None:
    found = scanned(tmp_path, "a: {type: int, max: 1}", {"a": 1}, {"a": 2, "odd": [1]})
    assert list(found.schema.fields) == ["a", "_id"]


def test_of_those_that_are_not_unique_the_first_stays_over_all_blocks(tmp_path: Path) -> None:
    documents = [{"c": n % 150, "pad": "x" * 50} for n in range(300)]
    found = scanned(tmp_path, "c: {type: int, unique: true}", *documents, block_size=2000)
    assert refused(found) == [(n, "c: not unique") for n in range(150, 300)]


def test_a_type_that_does_not_fit_is_told_before_a_rule(tmp_path: Path) -> None:
    found = scanned(tmp_path, "a: {type: int, min: 5}", {"a": "secret"}, {"a": 1}, {"a": 5})
    assert refused(found) == [(0, "a: string, and the contract says int"), (1, "a: below min")]


def test_personal_values_are_looked_at_before_they_are_hashed(tmp_path: Path) -> None:
    rule = "p: {type: string, pattern: '[0-9]+', unique: true}"
    found = scanned(tmp_path, rule, {"p": "1"}, {"p": "x"}, {"p": "1"}, pii=["p"])
    assert refused(found) == [(1, "p: not as pattern says"), (2, "p: not unique")]
    with pytest.raises(RequestError, match="contract: p is in pii"):
        scanned(tmp_path, "p: {type: int, min: 1}", {"p": 1}, pii=["p"])


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("a: {type: int, minimum: 1}", "minimum is no rule. Did you mean min"),
        ("a: {min: 1}", "min needs a type: one of int"),
        ("a: {type: string, max: 1}", "max needs a type"),
        ("a: {type: int, min: x}", "min: 'x' is no int"),
        ("a: {type: date, min: 2020-02-30}", "is no date"),
        ("a: {type: int, values: 1}", "values must be a list"),
        ("a: {type: int, values: []}", "values must be a list"),
        ("a: {type: string, pattern: '('}", "pattern '[(]' cannot be read"),
        ("a: {type: int, pattern: '1'}", "pattern needs a type: one of string"),
        ("a: {required: maybe}", "required: 'maybe' is neither true nor false"),
        ("'a[].b': {type: int, unique: true}", "unique is for fields outside of arrays"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_its_line(tmp_path: Path, rule: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        scanned(tmp_path, rule, {"a": 1})
