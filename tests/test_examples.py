"""The examples in the library's docstrings are run as printed, on each engine."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import workbench

LIBRARY = Path(workbench.__file__).parent
MODULES = sorted(path for path in LIBRARY.rglob("*.py") if ">>> " in path.read_text("utf-8"))


def examples(path: Path) -> list[doctest.DocTest]:
    """Those of each docstring of a module; they know nothing but what they import."""
    module = import_module(".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts))
    return [found for found in doctest.DocTestFinder().find(module, globs={}) if found.examples]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_the_examples_show_what_happens(spark: Any, path: Path) -> None:
    found = examples(path)
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert found and [runner.run(one).failed for one in found] == [0] * len(found)
