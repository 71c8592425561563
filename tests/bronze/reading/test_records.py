"""Records inside of one huge object: streamed, none lost, none of another place."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from workbench.bronze.reading import finder
from workbench.bronze.reading import records as module
from workbench.bronze.scanning import scan
from workbench.bronze.staged_dump import DumpRequest, StagedDump, stage_dump
from workbench.errors import SourceError, UnknownPath

TRICKY = {
    "note": 'a "[{" in a text \\',
    "other": {"data": [{"no": 1}]},
    "data": [{"x": 1, "data": [{"no": 2}]}, {"x": 2, "t": "]}"}],
    "tail": {"data": [{"no": 3}]},
}


def staged(folder: Path, text: bytes, records: str) -> StagedDump:
    (folder / "dump.json").write_bytes(text)
    return stage_dump(DumpRequest([str(folder / "dump.json")], records=records), folder / "staged")


def rows(dump: StagedDump) -> list[dict[str, Any]]:
    parts = sorted((dump.scan.folder / "documents").iterdir())
    found = [row for part in parts for row in pq.read_table(part).to_pylist()]
    return [
        {k: v for k, v in row.items() if v is not None and not k.startswith("__")} for row in found
    ]


@pytest.fixture(params=[1, 7, 1 << 20], autouse=True)
def step(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands at the edge of what is read at once."""
    monkeypatch.setattr(module, "STEP", request.param)


@pytest.mark.parametrize("indent", [None, 2])
def test_the_elements_at_a_path_are_the_documents(tmp_path: Path, indent: int | None) -> None:
    dump = staged(tmp_path, json.dumps(TRICKY, indent=indent).encode(), "data")
    assert rows(dump) == TRICKY["data"]
    assert any(
        note.startswith("data: the documents are what stands there") for note in dump.notes()
    )


def test_a_path_may_be_deep_and_a_file_compressed(tmp_path: Path) -> None:
    text = json.dumps({"items": [{"n": 0}], "result": {"a.b": [{"n": 1}]}}).encode()
    assert rows(staged(tmp_path, gzip.compress(text), "result.`a.b`")) == [{"n": 1}]


def test_each_of_several_objects_gives_its_records(tmp_path: Path) -> None:
    pages = [{"data": [{"n": 1}, {"n": 2}]}, {"next": 3}, {"data": []}, {"data": [{"n": 3}]}]
    text = "\n".join(map(json.dumps, pages)).encode()
    assert [row["n"] for row in rows(staged(tmp_path, text, "data"))] == [1, 2, 3]


def test_the_fields_of_a_map_are_documents_with_their_names(tmp_path: Path) -> None:
    text = json.dumps({"k.1": {"a": 1}, "k2": {}, "é": {"a": 3, "b": [{"c": "},"}]}}).encode()
    expected = [{"key": "k.1", "a": 1}, {"key": "k2"}, {"key": "é", "a": 3, "b": [{"c": "},"}]}]
    assert rows(staged(tmp_path, text, ".")) == expected


def test_values_that_are_no_objects_and_names_that_are_taken(tmp_path: Path) -> None:
    text = json.dumps({"m": {"a": 1, "b": 2.5}, "n": {"x": {"key": "k"}, "y": {"z": 1}}}).encode()
    values = [{"key": "a", "value": 1.0}, {"key": "b", "value": 2.5}]
    assert rows(staged(tmp_path, text, "m")) == values
    (tmp_path / "again").mkdir()
    found = rows(staged(tmp_path / "again", text, "n"))
    assert found == [{"_key": "x", "key": "k"}, {"_key": "y", "z": 1}]


def test_a_name_that_is_taken_later_is_no_silent_loss(tmp_path: Path) -> None:
    text = json.dumps({"a": {"x": 1}, "b": {"key": 2}}).encode()
    with pytest.raises(SourceError, match="has a field key itself"):
        staged(tmp_path, text, ".")


def test_what_is_cut_off_or_broken_is_in_quarantine(tmp_path: Path) -> None:
    dump = staged(tmp_path, b'{"data":[{"n":1},{"n":2x},{"n":3},{"n":', "data")
    assert [row["n"] for row in rows(dump)] == [1, 3]
    assert dump.scan.reasons == {"invalid JSON": 1, "truncated": 1}


def test_a_path_that_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(UnknownPath, match=r"records: datum is no array.*note, other, data, tail"):
        staged(tmp_path, json.dumps(TRICKY).encode(), "datum")


def test_what_stands_before_a_path_is_passed_however_long_it_is(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(finder, "LONGEST_NAME", 8)
    before: dict[str, Any] = {
        "text": '\\"data":[' * 9 + "\\",
        "a long name": [[["[" * 9, {"data": [{"n": 9}]}]], "}" * 9],
        "a longer name, data": {"deep": {"data": [{"n": 8}]}},
    }
    text = json.dumps(before | {"data": [{"n": 1}], "tail": "data" * 9}).encode()
    assert rows(staged(tmp_path, text * 2, "data")) == [{"n": 1}, {"n": 1}]
    (tmp_path / "odd").mkdir()
    odd = b'{"a\\q": 1, "\xff": 2, "data": [{"n": 1}]}'  # names that are no JSON lead nowhere
    assert rows(staged(tmp_path / "odd", odd, "data")) == [{"n": 1}]


def test_a_field_of_a_map_that_is_too_large_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(module, "LARGEST_MEMBER", 50)
    large: Any
    for large in ('"},\\' * 40, {"x": [{"y": "}" * 200}]}, [[1] * 100, "]"]):
        small = {"a": {"n": 1}, "c": {"n": 3}, "d": {"n": 4}}
        made = {"m": {"a": small["a"], "b": large} | small, "tail": 1}
        (tmp_path / "dump.json").write_text(json.dumps(made))
        with module.opened(str(tmp_path / "dump.json"), "", ("m",)) as stream:
            text = stream.read(1 << 20)
        whole = large if isinstance(large, dict) else {"value": large}
        expected = [{"key": name, **one} for name, one in (small | {"b": whole}).items()]
        found = json.loads(text.replace(b",]", b"]"))
        assert sorted(found, key=lambda one: one["key"]) == sorted(expected, key=lambda o: o["key"])


def test_a_huge_object_is_read_in_many_blocks(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "STEP", 1 << 16)
    text = json.dumps({"a": 1, "data": [{"n": n, "pad": "x" * 100} for n in range(20_000)]})
    (tmp_path / "dump.json").write_text(text)
    source, size = [str(tmp_path / "dump.json")], 1 << 17
    found = scan(source, tmp_path / "s", key="n", records=("data",), block_size=size, workers=0)
    assert found.good == 20_000 and len(found.starts) > 10
    assert found.fingerprints[("n",)].count == 20_000
