"""The notebooks as documents: how they are built, and what they were committed with."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHAIN = sorted(NOTEBOOKS.glob("0*.ipynb"))
EVERY = [*CHAIN, NOTEBOOKS / "explore.ipynb"]
ABSOLUTE = re.compile(r"(?<![\w.<])/(?:home|root|work|tmp|Users|usr|var|opt|mnt)/|[A-Z]:\\\\")

Cells = list[dict[str, Any]]


@pytest.fixture(params=EVERY, ids=lambda path: path.stem)
def cells(request: pytest.FixtureRequest) -> Cells:
    made: Cells = json.loads(request.param.read_text(encoding="utf-8"))["cells"]
    return made


def code(cells: Cells) -> Cells:
    return [cell for cell in cells if cell["cell_type"] == "code"]


def lines(cell: dict[str, Any]) -> int:
    return len([line for line in cell["source"] if line.strip()])


def nodes(cell: dict[str, Any]) -> list[ast.AST]:
    return list(ast.walk(ast.parse("".join(cell["source"]))))


def test_there_are_four_notebooks_in_the_chain() -> None:
    assert [path.stem[:2] for path in CHAIN] == ["01", "02", "03", "04"]


# How they are built


def test_the_first_cell_is_a_title_with_what_is_read_and_written(cells: Cells) -> None:
    first = "".join(cells[0]["source"])
    assert first.startswith("# ") and "?**" in first and "**Reads**" in first
    assert "**Writes**" in first and ("**Next**" in first or "**Before**" in first)


def test_one_cell_imports_and_it_is_the_first(cells: Cells) -> None:
    kinds = (ast.Import, ast.ImportFrom)
    imports = [i for i, c in enumerate(code(cells)) if any(isinstance(n, kinds) for n in nodes(c))]
    assert imports == [0]


def test_one_cell_is_tagged_parameters_and_it_is_the_second(cells: Cells) -> None:
    tags = [c["metadata"].get("tags", []) for c in code(cells)]
    assert [i for i, tag in enumerate(tags) if "parameters" in tag] == [1]


def test_nothing_is_defined(cells: Cells) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    assert not [n for c in code(cells) for n in nodes(c) if isinstance(n, kinds)]


def test_half_of_the_code_cells_have_five_lines_or_fewer(cells: Cells) -> None:
    assert median(map(lines, code(cells))) <= 5


def test_no_code_cell_has_more_than_twenty_lines(cells: Cells) -> None:
    """But for that of the parameters, which has a line for each, and nothing else."""
    others = [c for c in code(cells) if "parameters" not in c["metadata"].get("tags", [])]
    assert max(map(lines, others)) <= 20


def test_four_cells_of_text_come_with_five_of_code(cells: Cells) -> None:
    assert (len(cells) - len(code(cells))) / len(code(cells)) >= 0.8


def test_every_table_and_chart_is_followed_by_a_reading_of_it(cells: Cells) -> None:
    shown = [
        i
        for i, cell in enumerate(cells)
        if any("text/html" in o.get("data", {}) for o in cell.get("outputs", []))
    ]
    assert shown and all(cells[i + 1]["cell_type"] == "markdown" for i in shown)


def test_one_cell_records_the_results(cells: Cells) -> None:
    assert sum("".join(cell["source"]).count("record(") for cell in code(cells)) == 1


# What they were committed with


def test_they_ran_from_top_to_bottom_in_a_fresh_kernel(cells: Cells) -> None:
    counts = [cell["execution_count"] for cell in code(cells)]
    assert counts == list(range(1, len(counts) + 1))


def test_their_outputs_are_kept(cells: Cells) -> None:
    assert code(cells)[-1]["outputs"] and sum(bool(c["outputs"]) for c in code(cells)) >= 3


def test_no_output_is_an_error_or_a_warning(cells: Cells) -> None:
    outputs = [o for cell in code(cells) for o in cell["outputs"]]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]


def test_no_absolute_path_is_in_them(cells: Cells) -> None:
    texts = [json.dumps(cell, ensure_ascii=False) for cell in cells]
    assert not [found for text in texts for found in ABSOLUTE.findall(text)]


def test_no_time_of_execution_is_in_them(cells: Cells) -> None:
    assert not [c for c in cells if {"execution", "papermill"} & c["metadata"].keys()]


def test_every_cell_has_an_id_of_its_own(cells: Cells) -> None:
    assert len({cell["id"] for cell in cells}) == len(cells)
