"""Where records stand in a text: as Python's own reader says, wherever a piece of it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from workbench.bronze.reading import finder, records
from workbench.bronze.reading.finder import Finder
from workbench.errors import UnknownPath

texts = st.text(st.sampled_from('ar{}[],:"\\é\n '), max_size=5)
names = st.sampled_from(["r", "é", "a", 'q"{', "]", "r,"])
values = st.recursive(
    st.none() | st.integers(-9, 9) | texts,
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(names, deeper, max_size=3),
    max_leaves=8,
)
pages = st.lists(st.dictionaries(names, values, max_size=4), min_size=1, max_size=4)
paths = st.sampled_from([(), ("r",), ("é",), ('q"{',), ("r", "r"), ("a", "é"), ("r,", "]", "a")])
STYLES: dict[str, Callable[[Any], str]] = {
    "usual": json.dumps,
    "dense": lambda page: json.dumps(page, ensure_ascii=False, separators=(",", ":")),
    "CRLF": lambda page: json.dumps(page, indent=1).replace("\n", "\r\n"),
    "escaped": lambda page: json.dumps(page).replace('"r', '"\\u0072').replace("u00e9", "u00E9"),
}  # fmt: skip


def at_path(page: Any, path: tuple[str, ...]) -> list[Any] | dict[str, Any] | None:
    for name in path:
        if not isinstance(page, dict) or name not in page:
            return None
        page = page[name]
    return page if isinstance(page, list | dict) else None


def as_documents(found: list[Any] | dict[str, Any]) -> list[Any]:
    if isinstance(found, list):
        return found
    whole = ((k, v if isinstance(v, dict) else {"value": v}) for k, v in found.items())
    return [{"key": name} | value for name, value in whole]


def elements(text: bytes) -> list[tuple[int, int, Any]]:
    """The values of an array in which commas may stand too often, and where they begin and end."""
    assert (text[:1], text[-1:]) == (b"[", b"]")
    plain, found, at = text.decode("latin-1"), [], 1
    while at < len(plain) - 1:
        if plain[at] in ", \r\n\t":
            at += 1
            continue
        _, end = json.JSONDecoder(strict=False).raw_decode(plain, at)
        found.append((at, end, json.loads(text[at:end])))
        at = end
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records") / "dump.json"


@given(pages, paths, st.sampled_from(list(STYLES)), st.integers(1, 40), st.sampled_from([40, 99]))
@example([{"r": [{"r": [1]}, []]}, {"r": {"r": [2]}}], ("r", "r"), "usual", 1, 40)
@example([{"a": '"r":[1]\\'}, {"r": []}, {"r": [2]}, {"r": {"a": "]}"}}], ("r",), "usual", 1, 40)
@settings(max_examples=150)
def test_records_are_those_at_the_path_wherever_a_piece_ends(
    file: Path, pages: list[Any], path: tuple[str, ...], style: str, step: int, longest: int
) -> None:
    text = "".join(map(STYLES[style], pages)).encode()
    file.write_bytes(text)
    there = [found for page in pages if (found := at_path(page, path)) is not None]
    expected = [document for found in there for document in as_documents(found)]
    with (
        mock.patch.object(records, "STEP", step),
        mock.patch.object(finder, "LONGEST_NAME", longest),
        records.opened(str(file), "", path) as stream,
    ):
        if not there:
            with pytest.raises(UnknownPath):
                stream.read(1 << 20)
            return
        made = stream.read(1 << 20)
        came = stream.origin(0, len(made))
    found = elements(made)
    assert came
    assert [value for _, _, value in found] == expected
    if len({type(one) for one in there}) == 1:
        for start, end, value in found:
            place, piece = came.place(start), came.between(start, end)
            if isinstance(there[0], list):
                assert text[place : place + end - start] == made[start:end]
            else:
                name = value.pop("key")
                value = value.get("value", value)
                assert piece and text[place:].startswith(piece)
                assert json.loads(b"{%s}" % piece) == {name: value}


@pytest.mark.parametrize("name", ["r", "é", "\U0001f600", 'a"\\/\n', "", "a.b", "(?"])
def test_a_name_is_known_however_it_is_written(name: str) -> None:
    units = name.encode("utf-16-be").hex()
    escaped = "".join(f"\\u{units[at : at + 4].upper()}" for at in range(0, len(units), 4))
    for written in {json.dumps(name), json.dumps(name, ensure_ascii=False), f'"{escaped}"'}:
        found = Finder((name,)).seek(f'{{"x": {{{written}: []}}, {written}\r\n: [1]}}'.encode())
        assert found.opens.tolist() == [found.text.rindex(b"[")]


def test_an_outermost_bracket_that_closes_nothing_harms_no_record_behind_it() -> None:
    found = Finder(("r",)).seek(b'{"r": [1]}]}{"r": [2]}')
    assert len(found.opens) == len(found.closes) == 2
