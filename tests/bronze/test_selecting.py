"""What is read of documents where paths are included or left out, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.chain import table, write_dump
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import RequestError
from workbench.schema import parse_path

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
