"""Arrays whose elements become fields: each value in its place, proved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from support.chain import table, write_dump
from workbench.bronze import DumpRequest, StagedDump, stage_dump
from workbench.errors import LeavesLost, RequestError, UnknownPath
from workbench.flatten.spread_arrays import replaced

DOCUMENTS = [
    {"_id": 1, "t": ["a", None, "c"], "o": {"l": [{"n": 1, "m": [1, 2]}, {"n": 2}]}},
    {"_id": 2, "t": [], "o": None},
    {"_id": 3, "t": None, "o": {"l": [{"n": 3}]}},
]


def staged(place: Path, *paths: str, documents: Any = DOCUMENTS) -> StagedDump:
    source = write_dump(place / "a.json", documents)
    return stage_dump(DumpRequest([str(source)], "_id", as_columns=paths), place / "out")


def rows(dump: StagedDump) -> list[dict[str, Any]]:
    return list(table(dump.scan.folder / "documents").to_pylist())


def test_each_element_stands_in_the_field_of_its_place(tmp_path: Path) -> None:
    dump = staged(tmp_path, "t", "o.l")
    assert [(row["t"], row["o"] and row["o"]["l"]) for row in rows(dump)] == [
        (
            {"0": "a", "1": None, "2": "c"},
            {"0": {"n": 1, "m": [1, 2]}, "1": {"n": 2, "m": None}},
        ),
        ({"0": None, "1": None, "2": None}, None),
        (None, {"0": {"n": 3, "m": None}, "1": None}),
    ]
    assert dump.leaves == 3 + 2 + 3 + 2
    assert "t: a field for each place of the longest array there, null where others end" in (
        dump.notes()
    )


def test_arrays_without_an_element_stay_as_they_are(tmp_path: Path) -> None:
    assert rows(staged(tmp_path, "t", documents=[{"_id": 1, "t": []}]))[0]["t"] == []


def test_a_value_in_another_place_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = replaced

    def reversed_(rows: pa.Array, path: Any, longest: int) -> pa.Array:
        made = right(rows, path, longest)
        if path:
            return made
        columns = [made.field(at) for at in range(longest)][::-1]
        return pa.StructArray.from_arrays(columns, names=[f.name for f in made.type])

    monkeypatch.setattr("workbench.flatten.spread_arrays.replaced", reversed_)
    with pytest.raises(LeavesLost, match=r"t\.0"):
        staged(tmp_path, "t", documents=[{"_id": 1, "t": ["ab", "cd"]}])


@pytest.mark.parametrize("path", ["gone", "_id", "o.l[].m"])
def test_what_is_no_array_of_the_documents_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(UnknownPath, match="is no array of the documents"):
        staged(tmp_path, path)


def test_arrays_that_would_be_too_many_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="has 101 elements, and 100 are allowed"):
        staged(tmp_path, "t", documents=[{"_id": 1, "t": list(range(101))}])
