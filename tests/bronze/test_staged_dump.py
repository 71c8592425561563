"""The one road: what the chain and flatten are given of a dump, and what is noted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from support.chain import write_dump
from workbench.bronze.scanning import scan
from workbench.bronze.staged import first_documents
from workbench.bronze.staged_dump import DumpRequest, StagedDump, stage_dump
from workbench.bronze.verdict import check_arrays
from workbench.errors import UnknownPath

PAIR = {"items": [{"v": 1}, {"v": 2}]}


def staged(folder: Path, documents: list[Any], **more: Any) -> StagedDump:
    source = write_dump(folder / "a.json", documents)
    return stage_dump(DumpRequest([str(source)], **more), folder / "staged")


def rows(dump: StagedDump) -> list[dict[str, Any]]:
    parts = sorted((dump.scan.folder / "documents").iterdir())
    found = [row for part in parts for row in pq.read_table(part).to_pylist()]
    return [{k: v for k, v in row.items() if not k.startswith("__")} for row in found]


# arrays that are once something else


def test_a_lone_object_where_others_have_an_array_is_an_array_of_one(tmp_path: Path) -> None:
    documents = [PAIR, {"items": {"v": 3}}, {"items": None}, {}]
    dump = staged(tmp_path, documents, explode=["items"])
    assert [row["items"] for row in rows(dump)] == [PAIR["items"], [{"v": 3}], None, None]
    assert "items: 1 lone objects where others have an array, read as arrays of one" in dump.notes()
    assert dump.fingerprints[("items", None, "v")].count == 3


def test_a_lone_object_in_an_array_whose_values_have_a_type_is_no_stranger(tmp_path: Path) -> None:
    documents = [PAIR, {"items": {"v": "3"}}]
    dump = staged(tmp_path, documents, explode=["items"], types={"items[].v": "string"})
    assert not dump.scan.reasons and dump.scan.lone == {("items",): 1}
    assert [row["items"] for row in rows(dump)] == [[{"v": "1"}, {"v": "2"}], [{"v": "3"}]]


def test_lone_objects_in_arrays_and_blocks_of_them_alone(tmp_path: Path) -> None:
    documents = [
        {"a": {"b": {"v": 1}}},
        *[{"a": [{"b": {"v": n}}]} for n in range(2000)],
        {"a": [{"b": [{"v": 1}]}, {"b": None}]},
    ]
    dump = staged(tmp_path, documents, explode=["a[].b[]"])
    assert dump.scan.lone == {("a",): 1, ("a", None, "b"): 2001}
    assert all(isinstance(e["b"], list | None) for row in rows(dump) for e in row["a"])


@pytest.mark.parametrize("stranger", ["text", 1, "", {"$date": "2020-01-01"}, True])
def test_another_stranger_is_bad_with_its_reason(tmp_path: Path, stranger: Any) -> None:
    dump = staged(tmp_path, [PAIR, {"items": stranger}, PAIR], explode=["items"])
    assert dump.scan.reasons == {"not an array": 1} and rows(dump) == [PAIR, PAIR]


@pytest.mark.parametrize("at_once", [1, 2000])
@pytest.mark.parametrize(
    ("element", "stranger"), [({"v": 1}, "z"), ({"v": 1}, [2]), ("a", {"v": 1}), (1, ["x"])]
)
def test_one_odd_element_does_not_cost_an_array_its_columns(
    tmp_path: Path, element: Any, stranger: Any, at_once: int
) -> None:
    documents = [{"a": [element, None]}] * at_once + [{"a": [element] * 2}] * 3
    documents.insert(1, {"a": [element, stranger]})
    dump = staged(tmp_path, documents, explode=["a"])
    assert dump.scan.reasons == {"odd element": 1}
    assert rows(dump) == [documents[0], *documents[2:]]
    if at_once > 1:
        return
    with pytest.raises(UnknownPath, match=r"in 1 of 5 documents one is none.*a\[\] is "):
        check_arrays(dump.scan, ["a"])


def test_elements_of_several_forms_alike_stay_json_text(tmp_path: Path) -> None:
    documents = [{"a": [{"v": 1}, "z"]}, {"a": ["", 1]}]
    dump = staged(tmp_path, documents, explode=["a"])
    assert [row["a"] for row in rows(dump)] == [['{"v":1}', '"z"'], ['""', "1"]]


def test_objects_alone_stay_objects(tmp_path: Path) -> None:
    dump = staged(tmp_path, [{"items": {"v": 1}}, {"items": {"v": 2}}], explode=["items"])
    assert rows(dump) == [{"items": {"v": 1}}, {"items": {"v": 2}}] and not dump.scan.lone


def test_what_has_no_array_at_all_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(UnknownPath, match="explode: items holds values of several kinds"):
        staged(tmp_path, [{"items": {"v": 1}}, {"items": "x"}], explode=["items"])


# empty arrays and texts beside objects


@pytest.mark.parametrize("at_once", [1, 3000])
def test_what_is_empty_does_not_cost_an_object_its_columns(tmp_path: Path, at_once: int) -> None:
    documents = [{"m": {"a": 1}}, *[{"m": []}] * at_once, {"m": {"a": 2, "b": ""}}, {"m": ""}]
    dump = staged(tmp_path, documents)
    assert rows(dump)[:2] == [{"m": {"a": 1, "b": None}}, {"m": None}]
    assert rows(dump)[-2:] == [{"m": {"a": 2, "b": ""}}, {"m": None}]
    said = f"m: {at_once + 1} empty arrays or texts where others have an object, read as null"
    assert said in dump.notes()
    counts = {p: f.count for p, f in dump.fingerprints.items() if f.count}
    assert counts == {("m", "a"): 2, ("m", "b"): 1}


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([{"a": 1}, [], "x"], ['{"a":1}', "[]", '"x"']),
        ([{"a": 1}, "", [1]], ['{"a":1}', '""', "[1]"]),
        ([{}, []], ["{}", "[]"]),
        ([[], ""], ["[]", '""']),
        ([[], [1]], [[], [1]]),
        (["", "x"], ["", "x"]),
    ],
)
def test_beside_anything_else_what_is_empty_is_kept(
    tmp_path: Path, values: list[Any], kept: list[Any]
) -> None:
    assert [row["m"] for row in rows(staged(tmp_path, [{"m": v} for v in values]))] == kept


def test_blocks_of_empty_ones_alone_merge_with_objects_of_other_files(tmp_path: Path) -> None:
    for name, value in (("a", []), ("b", ""), ("c", {"x": {"y": 1}})):
        (tmp_path / f"{name}.json").write_text(json.dumps({"m": value}) + "\n")
    dump = stage_dump(DumpRequest([str(tmp_path / "*.json")]), tmp_path / "staged")
    assert [row["m"] for row in rows(dump)] == [None, None, {"x": {"y": 1}}]


# all of it at once


def test_what_the_passes_teach_does_not_undo_what_they_taught_before(tmp_path: Path) -> None:
    time, wide = "2020-01-01T00:00:00Z", 2**53 + 1
    documents: list[dict[str, Any]] = [
        {"items": [{"at": {"$date": time}, "n": wide}], "x": wide, "m": {"t": ""}},
        {"items": {"at": {"$date": "never"}, "n": 0.5}, "x": 1e-40, "m": []},
        {"items": None, "x": 1, "m": {"t": time}},
    ]
    dump = staged(tmp_path, documents, explode=["items"])
    at = datetime(2020, 1, 1, tzinfo=UTC)
    assert rows(dump) == [
        {
            "items": [{"at": at, "n": Decimal(wide), "at_text": None}],
            "x": str(wide),
            "m": {"t": None, "t_text": ""},
        },
        {"items": [{"at": None, "n": Decimal("0.5"), "at_text": "never"}], "x": "1e-40", "m": None},
        {"items": None, "x": "1", "m": {"t": at, "t_text": None}},
    ]
    assert sorted(note.partition(": ")[0] for note in dump.notes()) == [
        "items",
        "items[].at",
        "items[].n",
        "m",
        "m.t",
        "m.t",
        "no --key was given, so each document is told apart by its position",
        "x",
    ]


@pytest.mark.parametrize(("most", "rows"), [(1, 4), (1 << 20, 10)])
def test_the_first_documents_are_a_few_of_large_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, rows: int
) -> None:
    monkeypatch.setattr("workbench.bronze.staged.SAMPLE_BYTES", most)
    monkeypatch.setattr("workbench.bronze.staged.SAMPLE", 10)
    source = write_dump(tmp_path / "a.json", [{"_id": n, "text": "x" * 80} for n in range(40)])
    (tmp_path / "staged").mkdir()
    found = first_documents(scan([str(source)], tmp_path / "staged", block_size=400))
    assert found["_id"].to_pylist() == [*range(rows)]
