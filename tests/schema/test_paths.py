"""Paths of fields: shown as people write them, and read again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.schema.paths import ITEM, Path, parse_path, show


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("a", "b"), "a.b"),
        (("items", ITEM, "id"), "items[].id"),
        (("m", ITEM, ITEM), "m[][]"),
        (("a.b", "c"), "`a.b`.c"),
        (("",), "``"),
        (("a b",), "`a b`"),
        (("`",), "````"),
        (("[]",), "`[]`"),
        (("$date",), "$date"),
    ],
)
def test_paths_are_shown_as_people_write_them(path: Path, text: str) -> None:
    assert (show(path), parse_path(text)) == (text, path)


keys = st.text("ab.[]` $é", max_size=4) | st.none()


@given(st.lists(keys, min_size=1, max_size=5).filter(lambda path: path[0] is not None))
@settings(max_examples=300)
def test_every_path_can_be_shown_and_read_again(path: list[str | None]) -> None:
    assert parse_path(show(tuple(path))) == tuple(path)


@given(st.text("ab.[]` ", max_size=8))
@settings(max_examples=300)
def test_any_text_is_read_as_some_path(text: str) -> None:
    assert isinstance(parse_path(text), tuple)


def test_two_paths_are_never_shown_alike() -> None:
    paths = [("a", "b"), ("a.b",), ("`a`.b",), ("a", "", "b"), ("a", ITEM), ("a[]",)]
    assert len({show(path) for path in paths}) == len(paths)
