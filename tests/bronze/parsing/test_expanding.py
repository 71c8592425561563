"""Texts that hold JSON become what they hold; what is none stays a text beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.chain import table, write_dump
from workbench.bronze.parsing.fast import attempt
from workbench.bronze.parsing.parsed import Rules
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.schema import chosen_types, parse_path

ODD = ['{"a":1},"x":{}', '{"a":', '{"a":1}{"a":2}', "{'a':1}", '{"a":"\n"}', "7", "null", "x"]


def scanned(place: Path, *bodies: Any, path: str = "body", **more: Any) -> Scan:
    source = write_dump(place / "a.json", [{"_id": n, "body": b} for n, b in enumerate(bodies)])
    return scan([str(source)], place / "out", expand=[parse_path(path)], **more)


def rows(found: Scan) -> list[dict[str, Any]]:
    return list(table(found.folder / "documents").to_pylist())


def test_whole_columns_are_read_without_looking_at_single_texts() -> None:
    texts = ['{"a": 1, "t": "2020-01-01T00:00:00Z", "m": "2.5"}', None, ' {"l": [{"b": null}]} ']
    data = "\n".join(json.dumps({"o": {"body": text}}) for text in texts).encode()
    path, types = parse_path("o.body"), chosen_types({"o.body.m": "decimal(5,2)"})
    read = attempt(
        data, range(3), [], Rules((), {}, frozenset(), expand=frozenset([path]), types=types)
    )
    assert read and read.expanded == {path: 2} and read.cast == {(*path, "m"): 1}
    assert [row["o"]["body"] and row["o"]["body"]["a"] for row in read.rows.to_pylist()] == [
        1,
        None,
        None,
    ]
    body = read.node.fields["o"].fields["body"].fields
    assert {name: node.kind for name, node in body.items()} == {
        "a": "int",
        "t": "isotime",
        "m": "decimal",
        "l": "list",
    }


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_json_stays_a_text_and_is_counted(tmp_path: Path, odd: str) -> None:
    found = scanned(tmp_path, '{"a":1}', odd, "", None, {"a": 3})
    assert [(row["body"] and row["body"]["a"], row["body_text"]) for row in rows(found)] == [
        (1, None),
        (None, odd),
        (None, None),
        (None, None),
        (3, None),
    ]
    assert found.notes() == [
        "body: 1 empty arrays or texts where others have an object, read as null",
        "body: 1 texts that hold JSON, read as what they hold",
        "body: null where the text is no JSON; it stays in body_text (1)",
    ]


def test_every_digit_of_a_number_in_a_text_is_kept(tmp_path: Path) -> None:
    found = scanned(tmp_path, '{"n":12345678901234567890123}', '{"n":0.5}')
    assert [str(row["body"]["n"]) for row in rows(found)] == ["12345678901234567890123.0", "0.5"]


def test_texts_in_arrays_and_in_texts_are_read_too(tmp_path: Path) -> None:
    inner = json.dumps({"deep": json.dumps({"x": [1]})})
    paths = [parse_path("body[]"), parse_path("body[].deep")]
    source = write_dump(tmp_path / "a.json", [{"_id": 1, "body": [inner, None]}])
    found = scan([str(source)], tmp_path / "out", expand=paths)
    assert rows(found)[0]["body"] == [{"deep": {"x": [1]}}, None]


def test_objects_and_arrays_at_one_path_stay_json_text(tmp_path: Path) -> None:
    found = scanned(tmp_path, '{"a":1}', "[1, 2]")
    assert [row["body"] for row in rows(found)] == ['{"a":1}', "[1,2]"]


def test_personal_values_inside_are_hashed_and_texts_that_are_no_json_whole(
    tmp_path: Path,
) -> None:
    bodies = ['{"who":{"mail":"a@example.com"}}', '{"who":{"mail":"a@example.com"']
    found = scanned(tmp_path, *bodies, pii=["body.who.mail"])
    (good, bad) = rows(found)
    assert len(good["body"]["who"]["mail"]) == len(bad["body_text"]) == 64
    assert "example" not in str(rows(found))


def test_a_personal_text_is_hashed_whole_and_said_so(tmp_path: Path) -> None:
    found = scanned(tmp_path, '{"a":1}', pii=["body"])
    assert len(rows(found)[0]["body"]) == 64
    assert any("body: texts that hold JSON, hashed whole" in note for note in found.notes())


def test_a_field_that_is_called_like_the_text_beside_stays(tmp_path: Path) -> None:
    documents = [{"_id": 1, "body": "{}", "body_text": "own"}, {"_id": 2, "body": "x"}]
    documents.append({"_id": 3, "body": '{"a":1}'})
    source = write_dump(tmp_path / "a.json", documents)
    found = scan([str(source)], tmp_path / "out", expand=[("body",)])
    assert [(row["body_text"], row["body_text_"]) for row in rows(found)] == [
        ("own", None),
        (None, "x"),
        (None, None),
    ]


def test_a_path_without_json_is_noted(tmp_path: Path) -> None:
    notes = scanned(tmp_path, "x", "y").notes()
    assert notes == ["body: named in expand, but no text there holds an object or an array"]
