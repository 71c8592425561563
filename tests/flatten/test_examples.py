"""The examples in the docstrings of the flatten library are run, on both engines."""

import doctest
from typing import Any

import pytest

from workbench import flatten as library

PUBLIC = ("as_map", "flatten", "plan", "relational", "verify")


@pytest.mark.parametrize("name", PUBLIC)
def test_the_examples_show_what_happens(spark: Any, name: str) -> None:
    (found,) = doctest.DocTestFinder(recurse=False).find(getattr(library, name), name, globs={})
    assert found.examples
    results = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(found)
    assert results.failed == 0
