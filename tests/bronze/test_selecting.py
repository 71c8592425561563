"""What is read of documents where paths are included or left out, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.chain import table, write_dump
from workbench.bronze import MOST_FIELDS
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import BoundExceeded, RequestError
from workbench.schema import parse_path, read_contract

DOCUMENTS = [
    {"_id": 1, "a": {"x": 1, "y": {"z": 2}}, "l": [{"n": 1, "m": "t"}, {"n": 2}], "s": "t"},
    {"_id": 2, "a": None, "l": [], "mix": 1},
    {"_id": 3, "a": {"x": 3}, "mix": "t"},
]


def scanned(place: Path, documents: Any = DOCUMENTS, **paths: Any) -> Scan:
    source = write_dump(place / "a.json", documents)
    pii = paths.pop("pii", ())
    read: Any = {name: [parse_path(p) for p in given] for name, given in paths.items()}
    return scan([str(source)], place / "out", pii=pii, **read)


def first(found: Scan) -> dict[str, Any]:
    return dict(table(found.folder / "documents").to_pylist()[0])


def test_what_is_left_out_is_not_there_and_is_counted(tmp_path: Path) -> None:
    found = scanned(tmp_path, exclude=["a.y", "l[].m", "mix"])
    row = first(found)
    assert (row["a"], row["l"]) == ({"x": 1}, [{"n": 1}, {"n": 2}]) and "mix" not in row
    assert found.left_out == {("a", "y"): 1, ("l", None, "m"): 1, ("mix",): 2}
    assert found.notes() == ["a.y, l[].m, mix: left out, as asked, with 4 values"]
    assert found.good == 3 and list(found.fingerprints) == [
        (), ("_id",), ("a",), ("a", "x"), ("l",), ("l", None), ("l", None, "n"), ("s",)
    ]  # fmt: skip


def test_only_what_is_included_is_read_and_the_key(tmp_path: Path) -> None:
    found = scanned(tmp_path, include=["l[].n", "a"], exclude=["a.x"])
    assert {k: v for k, v in first(found).items() if not k.startswith("__")} == {
        "_id": 1,
        "a": {"y": {"z": 2}},
        "l": [{"n": 1}, {"n": 2}],
    }
    assert found.left_out.total() == 2 + 2 + 1 + 1


def test_objects_of_which_nothing_is_left_are_left_out(tmp_path: Path) -> None:
    assert "a" not in first(scanned(tmp_path, exclude=["a.x", "a.y.z"]))


SELECTED = [
    {"exclude": ["a.y", "l[].m", "mix"]},
    {"exclude": ["a"]},
    {"exclude": ["a.x", "a.y.z"]},
    {"exclude": ["a", "l[].n", "s", "l[].m"]},
    {"include": ["l[].n", "a"], "exclude": ["a.x"]},
    {"include": ["s"]},
]
ODD = [
    *DOCUMENTS,
    {"_id": 4, "a": {"y": {}, "x": 1.50}, "l": [{}, None, {"m": {"$date": "2020-01-01"}}]},
    {"_id": 5, "a": [], "mix": [1, [None, {"k": 2}], {"$oid": "5f1a9c1e2b3c4d5e6f708192"}]},
]


@pytest.mark.parametrize("documents", [DOCUMENTS, ODD], ids=["usual", "odd"])
@pytest.mark.parametrize("paths", SELECTED, ids=str)
def test_what_goes_before_documents_are_typed_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: Any, documents: Any
) -> None:
    def seen(place: Path) -> Any:
        place.mkdir()
        found = scanned(place, documents, **paths)
        rows = table(found.folder / "documents").to_pylist()
        left_out = found.left_out.total() if documents is DOCUMENTS else 0  # of an odd one a text
        return found.schema, found.fingerprints, left_out, found.good, rows

    later = seen(tmp_path / "later")
    monkeypatch.setattr("workbench.bronze.block.is_wide", lambda *_: True)
    assert seen(tmp_path / "before") == later


def test_of_too_many_fields_those_that_nobody_wants_are_left_out(tmp_path: Path) -> None:
    wide: list[dict[str, Any]] = [
        {"_id": n, "a": {"by_day": {f"day {n} {m}": m for m in range(10)}}, "b": n}
        for n in range(MOST_FIELDS // 10 + 1)
    ]
    with pytest.raises(BoundExceeded, match=r"The most are in a\.by_day: .*--exclude PATH"):
        scanned(tmp_path, wide)
    for paths in ({"exclude": ["a.by_day"]}, {"include": ["b"]}):
        found = scanned(tmp_path, wide, **paths)
        assert list(found.schema.fields) == ["_id", "b"] and found.good == len(wide)
        assert found.left_out.total() == 10 * len(wide)
    found = scanned(
        tmp_path, [{"_id": 1} | wide[n]["a"]["by_day"] for n in range(601)], include=["_id"]
    )
    assert found.left_out == {("day 0 0",): 6010}  # one name for those that nobody named
    with pytest.raises(BoundExceeded, match=r"The most are in a\.by_day"):
        scanned(tmp_path, wide, exclude=["b"])


def test_with_what_goes_before_goes_what_is_to_hold_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = tmp_path / "contract.yml"
    contract.write_text(
        "fields:\n  _id: int\n  a.x: {type: int, required: true}\n"
        "  s: {type: string, required: true}\n"
    )
    node, held = read_contract(str(contract))
    monkeypatch.setattr("workbench.bronze.block.is_wide", lambda *_: True)
    source = write_dump(tmp_path / "a.json", DOCUMENTS)
    found = scan([str(source)], tmp_path / "out", contract=node, held=held, exclude=[("a",)])
    assert (found.good, found.left_out) == (1, {("a",): 2})


def test_kinds_of_what_is_left_out_cost_no_second_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: list[Any] = []
    monkeypatch.setattr("workbench.bronze.passes.clear", cleared.append)
    scanned(tmp_path, exclude=["mix"])
    assert not cleared


def test_personal_values_that_are_left_out_are_not_called_missing(tmp_path: Path) -> None:
    assert scanned(tmp_path, exclude=["s"], pii=["s"]).left_out == {("s",): 1}


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ({"exclude": ["_id"]}, "exclude: _id is the key"),
        ({"include": [""]}, "include: '' is no path"),
    ],
)
def test_the_key_stays(tmp_path: Path, paths: Any, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        scanned(tmp_path, **paths)


def test_something_must_be_left(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "a.json", [{"a": 1}])
    with pytest.raises(RequestError, match="nothing of the documents is left"):
        scan([str(source)], tmp_path / "out", key=None, include=[("b",)])
