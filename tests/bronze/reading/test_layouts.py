"""How documents stand in a file: every layout is known by its first bytes, and read the same."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dumps import (
    DOCUMENTS,
    LAYOUTS,
    dump,
    noise,
    one_line,
    read,
    texts,
)
from workbench.bronze.reading.layouts import (
    ARRAY,
    ARRAY_LINES,
    BOM,
    LINES,
    OBJECTS,
    layout_of,
    sniff,
)
from workbench.errors import SourceError


def layout(text: str, *, complete: bool = True) -> str:
    return layout_of(text.encode(), complete)[0]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_recognised(name: str) -> None:
    expected, write = LAYOUTS[name]
    assert layout(write(DOCUMENTS)) == expected


@pytest.mark.parametrize("size", [1, 100, 2000, 1 << 20])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_documents(tmp_path: Path, name: str, size: int) -> None:
    assert read(dump(tmp_path, LAYOUTS[name][1](DOCUMENTS)), size) == DOCUMENTS


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_byte_order_mark_is_no_part_of_the_first_document(tmp_path: Path, name: str) -> None:
    data = BOM + LAYOUTS[name][1](DOCUMENTS).encode()
    assert read(dump(tmp_path, data)) == DOCUMENTS


@pytest.mark.parametrize("name", LAYOUTS)
def test_one_document_is_read_in_every_layout(tmp_path: Path, name: str) -> None:
    assert read(dump(tmp_path, LAYOUTS[name][1](DOCUMENTS[3:4]))) == DOCUMENTS[3:4]


def test_lines_of_objects_inside_pretty_documents_are_not_the_documents() -> None:
    lines = ",\n".join(f'      {{"_id": {i}}}' for i in range(100))
    document = f'  {{\n    "_id": 1,\n    "items": [\n{lines}\n    ]\n  }}'
    assert layout(f"[\n{document},\n{document}\n]") == ARRAY


@pytest.mark.parametrize(("opens", "expected"), [("[\n{", ARRAY), ("{", OBJECTS)])
def test_lines_inside_a_document_larger_than_the_window_are_not_documents(
    opens: str, expected: str
) -> None:
    lines = ",\n".join(f'{{"_id": {i}}}' for i in range(100))
    assert layout(f'{opens}"_id": 1, "items": [\n{lines},\n', complete=False) == expected


def test_a_small_document_before_a_large_one_changes_nothing() -> None:
    lines = ",\n".join(f'{{"_id": {i}}}' for i in range(100))
    text = f'[\n{{\n"_id": 0\n}},\n{{\n"_id": 1, "items": [\n{lines},\n'
    assert layout(text, complete=False) == ARRAY


@pytest.mark.parametrize(
    "first", ['{"_id":1,"a":', "[broken", "null", "[1]", '{"a":"x}', "}}", "x"]
)
def test_a_bad_first_line_leaves_the_other_lines_documents(tmp_path: Path, first: str) -> None:
    path = dump(tmp_path, "\n".join([first, *one_line(DOCUMENTS)]))
    assert [json.loads(t) for t in texts(path)[1:]] == DOCUMENTS


@pytest.mark.parametrize(
    "first", ['{"_id":1,"a":', "null", "[1]", '{"a":"x}', '{"a":1}}', '{"a":1]']
)
@pytest.mark.parametrize("name", ["array of lines", "mongoexport", "pretty array"])
def test_a_bad_first_element_leaves_the_others(tmp_path: Path, name: str, first: str) -> None:
    text = LAYOUTS[name][1](DOCUMENTS)
    text = text.replace("[", f"[\n  {first},", 1) if name == "pretty array" else text
    text = text if name == "pretty array" else text.replace("[", f"[{first},\n", 1)
    assert [json.loads(t) for t in texts(dump(tmp_path, text))[1:]] == DOCUMENTS


def test_a_line_with_two_documents_does_not_change_the_layout_of_many_lines() -> None:
    lines = one_line(DOCUMENTS)
    assert layout("\n".join([*lines, lines[0] + lines[1]])) == LINES


def test_lines_of_several_documents_each_are_objects_one_after_another() -> None:
    assert layout('{"_id":1}{"_id":2}\n{"_id":3}\n{"_id":4}{"_id":5}\n') == OBJECTS


def test_pretty_objects_between_lines_are_read_as_objects() -> None:
    text = "\n".join([*one_line(DOCUMENTS), json.dumps({"_id": 41}, indent=1)])
    assert layout(text) == OBJECTS


def test_an_empty_array_has_no_documents(tmp_path: Path) -> None:
    assert texts(dump(tmp_path, " [ ] \n")) == []


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    path = dump(tmp_path, "{}")
    refused = mock.patch("builtins.open", side_effect=PermissionError(13, "Permission denied"))
    with refused, pytest.raises(SourceError, match="Permission denied"):
        sniff(path)


@given(noise, st.booleans())
@settings(max_examples=200)
def test_any_text_has_a_layout(data: bytes, complete: bool) -> None:
    if data.strip():
        assert layout_of(data, complete)[0] in (LINES, ARRAY_LINES, ARRAY, OBJECTS)


LONG = '"n": [' + "1, " * 300_000 + "1]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'\ufeff{{"_id": 1, {LONG}}}\r\n{{"_id": 2}}\n', LINES),
        (f'{{"_id": 1, {LONG}}}', OBJECTS),
        (f'{{"_id": 1, {LONG}}} {{"_id": 2}}\n', OBJECTS),
        (f'{{"_id": 1, {LONG},\n"b": 2}}\n{{"_id": 2}}\n', OBJECTS),
    ],
    ids=["a line", "alone", "two in a line", "two lines"],
)
def test_a_first_document_larger_than_the_window_that_fills_its_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    (tmp_path / "dump.json").write_text(text, encoding="utf-8")
    found = sniff(str(tmp_path / "dump.json"))
    assert found and found.layout == expected
    assert [*map(len, found.known.documents)] == ([2] if expected == LINES else [])
