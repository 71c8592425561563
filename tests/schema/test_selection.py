"""Which paths are read, where some are named to include or to leave out."""

from __future__ import annotations

import pytest

from workbench.schema import Selection, parse_path


@pytest.mark.parametrize(
    ("include", "exclude", "kept", "left"),
    [
        ([], [], ["a", "a.b[].c"], []),
        (["a.b[].c"], [], ["a", "a.b", "a.b[]", "a.b[].c", "a.b[].c.d"], ["b", "a.c", "a.b[].d"]),
        ([], ["a.b"], ["a", "a.c", "b"], ["a.b", "a.b[]", "a.b[].c"]),
        (["a", "b.c"], ["a.b"], ["a", "a.c", "b", "b.c"], ["a.b", "a.b[].c", "b.d", "c"]),
    ],
)
def test_a_path_goes_with_all_below_it_and_needs_what_is_around_it(
    include: list[str], exclude: list[str], kept: list[str], left: list[str]
) -> None:
    chosen = Selection(frozenset(map(parse_path, include)), frozenset(map(parse_path, exclude)))
    assert [path for path in kept + left if chosen.keeps(parse_path(path))] == kept
