"""Two runs beside each other: what differs, and by how much."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.records import FIRST, SECOND, a_run, record_of
from workbench.cli import main
from workbench.gold.change import same_ranges
from workbench.records.two_runs import Comparison, compare_runs
from workbench.report.two_runs_page import build_comparison


def compared(before: dict[str, Any], after: dict[str, Any]) -> Comparison:
    return compare_runs(record_of(before), record_of(after))


def rows(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table.itertuples(index=False)]


# Two runs
def test_parameters_that_differ_are_named_and_paths_of_the_run_are_not() -> None:
    found = compared(a_run(), a_run(SECOND, parameters={"score_edges": [300]}))
    assert rows(found.parameters) == [
        ("ingestion_date", "2022-01-18", "2022-01-25"),
        ("score_edges", [200], [300]),
    ]


def test_fields_added_removed_and_changed_are_named() -> None:
    fields = [["_id", "string"], ["new", {"struct": [["x", {"decimal": [20, 2]}]]}]]
    found = compared(a_run(), a_run(SECOND, fields=fields))
    assert found.schema is not None
    assert rows(found.schema) == [
        ("_id", "int", "string"),
        ("tags[]", "string", None),
        ("new.x", None, "decimal(22,2)"),
    ]


def test_counts_stand_side_by_side() -> None:
    counts = {"documents": 20, "silver": 20, "quarantined": 0, "reasons": {}}
    found = {row[0]: row[1:] for row in rows(compared(a_run(), a_run(counts=counts)).counts)}
    assert found["documents"] == (12, 20) and found["refused:null key"] == (2, None)


def test_ranges_are_joined_by_their_bounds_with_no_score_last() -> None:
    other = a_run(SECOND)
    other["steps"]["03_gold_user_scores"]["ranges"][0]["upper"] = 100
    ranges = compared(a_run(), other).ranges
    assert rows(ranges.drop(columns="score_group")) == [
        (None, 100, None, 4),
        (None, 200, 4, None),
        (201, None, 5, 5),
        (None, None, 1, 1),
    ]
    assert not same_ranges(ranges) and same_ranges(compared(a_run(), a_run()).ranges)


@pytest.mark.parametrize(
    ("other", "pictures"),
    [
        (a_run(SECOND, users=[4, 9, 1]), 3),
        (a_run(SECOND, steps={}, counts=None, proof=None, state="failed"), 0),
    ],
)
def test_the_page_shows_what_both_runs_have(
    other: dict[str, Any], pictures: int, tmp_path: Path
) -> None:
    out = build_comparison(compared(a_run(), other), tmp_path / "page.html", "en")
    page = out.read_text(encoding="utf-8")
    assert page.count("<img ") == page.count("alt=") == pictures
    assert "://" not in re.sub(r"base64,[^\"]*", "", page)
    assert FIRST in page and SECOND in page and "Documents read" in page


def test_workbench_compare_prints_changes_and_where_the_page_is(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "aaaaaa", "latest", "--runs", str(runs)]) == 0
    text = capsys.readouterr().out
    page = runs / SECOND / f"compared_with_{FIRST}.html"
    assert "2022-01-25" in text and "No difference." in text and str(page) in text
    assert "201 to above" not in text and "Above 200 gains 4 users" in page.read_text("utf-8")
