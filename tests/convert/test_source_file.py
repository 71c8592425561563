"""Which file a row came from: a column on request, in all tables of documents."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from support.chain import DAY, partition, publish_products, rows
from workbench import silver
from workbench.bronze.pool import Pool
from workbench.bronze.quarantine import quarantined, staged_at
from workbench.bronze.scanning import scan
from workbench.cli.run_command import absolute
from workbench.cli.settings import marked
from workbench.convert.documents import Request
from workbench.convert.dump_to_tables import flatten_dump
from workbench.lake.lake import Lake


@pytest.fixture
def dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a file and an archive."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    lines = [{"_id": n, "a": 1} if n < 2 else {"_id": n} for n in range(4)]
    (folder / "deep" / "a.json").write_text("".join(json.dumps(one) + "\n" for one in lines))
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("x/c.ndjson", '{"_id":4,"l":[1,2]}\n')
    monkeypatch.chdir(tmp_path)
    return folder


GIVEN = ["in/deep", "in/b.zip"]
NAMES = {**dict.fromkeys(range(4), "in/deep/a.json"), 4: "in/b.zip/x/c.ndjson"}


def test_each_row_says_its_file(spark: Any, tmp_path: Path, dump: Path) -> None:
    plain = Request(GIVEN, key="_id", explode=["l"])
    asked = Request(GIVEN, key="_id", explode=["l"], source_file=True)
    without = flatten_dump(plain, tmp_path / "plain", lambda: spark)
    outcome = flatten_dump(asked, tmp_path / "out", lambda: spark)
    found = pq.read_table(tmp_path / "out" / "flat").to_pylist()
    assert {row["_id"]: row["source_file"] for row in found} == NAMES and len(found) == 6
    assert (outcome.leaves, outcome.notes) == (without.leaves, without.notes)
    assert outcome.tables[0].leaves == without.tables[0].leaves + 6


def test_tables_of_arrays_say_it_too(spark: Any, tmp_path: Path, dump: Path) -> None:
    (dump / "deep" / "d.json").write_text('{"_id":5,"m":[{"source_file":"own","k":[7]}]}')
    asked = Request(GIVEN, key="_id", source_file=True)
    flatten_dump(asked, tmp_path / "out", lambda: spark)
    read = {
        t: pq.read_table(tmp_path / "out" / t).to_pylist() for t in ("root_l", "root_m", "root_m_k")
    }
    assert {(r["_id"], r["source_file"]) for r in read["root_l"]} == {(4, NAMES[4])}
    (one,) = read["root_m"]
    assert (one["source_file"], one["source_file_2"]) == ("in/deep/d.json", "own")
    assert [(r["source_file"], r["value"]) for r in read["root_m_k"]] == [("in/deep/d.json", 7)]


def test_silver_and_gold_have_it_and_the_proof_knows_other_names(
    spark: Any, tmp_path: Path, dump: Path
) -> None:
    lake = tmp_path / "lake"
    given = [marked(tmp_path, name) for name in GIVEN]
    read = silver.read_dump(given, str(lake), DAY, key="_id", pii=[], source_file=True)
    silver.publish_silver(spark, silver.silver_users(spark, read, set()), read, set())
    publish_products(spark, lake, "l")
    for table in ("silver.users", "gold.user_products"):
        found = rows(partition(lake, table))
        assert {row["_id"]: row["source_file"] for row in found} == NAMES
    assert read.staged.leaves == 9
    shutil.move(dump, tmp_path / "elsewhere")
    again = [str(tmp_path / "elsewhere" / name) for name in ("deep/a.json", "b.zip")]
    assert silver.prove_again(Lake(lake), DAY, again) == 9


@pytest.mark.parametrize("size", [10, 1 << 20])
def test_a_field_of_that_name_keeps_it_and_the_column_is_called_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr("workbench.bronze.scanning.Pool", lambda workers: Pool(0))
    path = tmp_path / "a.json"
    path.write_text('{"_id":1}\n{"_id":2,"source_file":7}\n{"_id":3,"_source_file":"x"}\n')
    found = scan([str(path)], tmp_path / "staged", source_file=True, block_size=size)
    parts = sorted((found.folder / "documents").iterdir())
    told = [row for part in parts for row in pq.read_table(part).to_pylist()]
    assert [(r["__source_file"], r["source_file"], r["_source_file"]) for r in told] == [
        (str(path), None, None),
        (str(path), 7, None),
        (str(path), None, "x"),
    ]
    assert "__source_file: the files of the documents, for source_file is a field of the dump" in (
        found.notes()
    )


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("in/deep/a.json", "in/deep/a.json"),
        ("./in/deep", "in/deep/a.json"),
        ("in/deep/*.json", "in/deep/a.json"),
        ("in/./deep/a.json", "deep/a.json"),
        ("../{}/in/deep/a.json", "../{}/in/deep/a.json"),
    ],
)
def test_a_run_calls_files_as_they_were_given(
    tmp_path: Path, dump: Path, given: str, name: str
) -> None:
    """Its notebooks, which work in another folder, are given absolute paths."""
    given, name = given.format(tmp_path.name), name.format(tmp_path.name)
    found = scan([marked(tmp_path, given)], tmp_path / "staged", source_file=True)
    assert [source.label for source in found.sources] == [name]
    assert found.sources[0].path.startswith("/") and "/./" not in found.sources[0].path
    assert found.passed_over == []


@pytest.mark.parametrize("source_file", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_what_was_piped_in_is_called_so_and_not_by_the_copy_of_it(
    tmp_path: Path, source_file: bool, packed: bool
) -> None:
    text, copy, name = '{"_id":1}\n{"_id":1}\n{bad', tmp_path / "-", "-/x/a.json" if packed else "-"
    copy.write_text(text)
    if packed:
        with zipfile.ZipFile(copy, "w") as archive:
            archive.writestr("x/a.json", text)
            archive.writestr("x/a.csv", text)
    values = {"source": [f"{tmp_path}/./-"], "source_file": source_file, "contract": "", "lake": ""}
    found = scan(absolute(values)["source"], tmp_path / "staged", source_file=source_file)
    (part,) = (found.folder / "documents").iterdir()
    files = pq.read_table(part).to_pydict().get("source_file", [])
    assert files == [name] * 2 * source_file
    told = [table["source_file"].to_pylist() for table in quarantined(found, {0})]
    assert told == [[name], [name]] and staged_at(found, {name: {0}}) == {0}
    assert found.passed_over == ["-/x/a.csv"] * packed and found.position(1) == (name, 2)
