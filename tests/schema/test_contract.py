"""A contract: made from an ingestion, edited by hand, and kept by every document or else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.chain import partition, publish_silver, read, table, write_dump
from workbench import silver
from workbench.bronze.scanning import scan
from workbench.cli import main
from workbench.errors import RequestError
from workbench.schema.arrow_types import arrow_type
from workbench.schema.contract import frozen, load_contract, misfit
from workbench.schema.kinds import Node, walk

GOOD = {
    "_id": 1,
    "n": 1,
    "s": {"x": "t"},
    "l": [{"p": True}, None],
    "w": {"$date": "2022-01-01T00:00:00Z"},
}


# The file
def test_a_frozen_schema_loads_as_the_same_types(tmp_path: Path) -> None:
    odd = {"a.b": {"": 1, "c`d": [[1.5]]}, "yes": True, "big": 12345678901234567890123, "é": "t"}
    documents = [GOOD | odd | {"nothing": None, "mix": 1}, {"_id": 2, "mix": "t"}]
    source = write_dump(tmp_path / "a.json", documents)
    found = scan([str(source)], tmp_path / "out", contract=Node("struct"))
    text = frozen(found.schema, "silver.users of 2022-01-18")
    assert text.startswith("# The types of silver.users of 2022-01-18.")
    assert "# free, for no value is known yet: nothing\n" in text
    (tmp_path / "c.yml").write_text(text)
    found.schema.fields.pop("nothing")
    assert arrow_type(load_contract(str(tmp_path / "c.yml"))) == arrow_type(found.schema)
    assert [p for p, _ in walk(load_contract(str(tmp_path / "c.yml")))] == [
        p for p, _ in walk(found.schema)
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fields: [", "cannot be read as YAML"),
        ("a: int", "must hold `fields:`"),
        ("fields:\n  a: int\nmore: 1", "must hold `fields:`"),
        ("fields:\n  a: integer", "a: 'integer' is no type. Did you mean int"),
        ("fields:\n  a: doubel", "Did you mean double?"),
        ("fields:\n  a: decimal(38,39)", "is no type"),
        ("fields:\n  a: [int]", "is no type"),
        ("fields:\n  a: int\n  a.b: int", "a.b stands in the way of another line"),
        ("fields:\n  a.b: int\n  a: int", "a stands in the way of another line"),
        ("fields:\n  a[]: int\n  a.b: int", "a.b stands in the way of another line"),
        ("fields:\n  a[].b: int\n  a[]: int", r"a\[\] stands in the way of another line"),
        ("fields:\n  '': int", "is no path of a field"),
    ],
)
def test_a_file_that_is_no_contract_is_refused_by_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "c.yml").write_text(text)
    with pytest.raises(RequestError, match=said):
        load_contract(str(tmp_path / "c.yml"))


def test_a_contract_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"contract: .*gone.yml cannot be read"):
        load_contract(str(tmp_path / "gone.yml"))


def test_a_path_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.yml"
    path.write_text("fields:\n  _id: int\n  _id: string\n")
    with pytest.raises(RequestError, match=r"c\.yml gives _id twice"):
        load_contract(str(path))


def test_null_fits_every_type_and_text_takes_every_value() -> None:
    assert misfit(Node("null"), Node("int"), frozenset()) == ""
    assert misfit(Node("struct", {"a": Node("int")}), Node("text"), frozenset()) == ""


# In the chain
def test_freezing_and_keeping_it_in_the_next_ingestion(
    spark: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake, file = tmp_path / "lake", tmp_path / "users.yml"
    publish_silver(spark, write_dump(tmp_path / "a.json", [GOOD]), lake)
    assert main(["schema", "--lake", str(lake), "--freeze", str(file)]) == 0
    source = write_dump(tmp_path / "b.json", [{"_id": 1}, {"_id": 2, "n": "t"}])
    dump = read(source, lake, "2022-01-19", contract=str(file))
    assert dump.drifted == [] and dump.scan.reasons == {"contract": 1}
    capsys.readouterr()
    assert main(["schema", "--lake", str(lake)]) == 0
    assert capsys.readouterr().out == file.read_text()


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--freeze", "there.yml"], 2, "--freeze: there.yml cannot be written: File exists"),
        (["--freeze", "no/where.yml"], 2, "cannot be written: No such file or directory"),
        (["--ingestion-date", "2020-01-01"], 1, "no ingestion_date 2020-01-01"),
        (["--ingestion-date", "../x"], 2, "ingestion_date: '../x' is not allowed"),
        (["--lake", "none"], 1, "silver.users has no ingestion in the lake"),
    ],
)
def test_what_cannot_be_frozen_is_said(
    sail_session: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    Path("there.yml").write_text("edited")
    publish_silver(sail_session, write_dump(tmp_path / "a.json", [GOOD]), tmp_path / "lake")
    assert main(["schema", "--lake", "lake", *options]) == code
    assert said in capsys.readouterr().err and Path("there.yml").read_text() == "edited"
    assert not list(Path().glob(".*.yml.*"))


def test_a_run_refuses_a_bad_contract_before_it_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = tmp_path / "lake"
    assert main(["run", "--lake", str(lake), "-p", f"contract={tmp_path}/none.yml"]) == 2
    assert "none.yml cannot be read" in capsys.readouterr().err and not lake.exists()


def test_rules_that_held_are_switched_on_for_the_next_ingestion(spark: Any, tmp_path: Path) -> None:
    lake, file = tmp_path / "lake", tmp_path / "users.yml"
    publish_silver(spark, write_dump(tmp_path / "a.json", [GOOD, GOOD | {"_id": 2}]), lake)
    assert main(["schema", "--lake", str(lake), "--freeze", str(file)]) == 0
    said = "#  n: {type: int, required: true, min: 1, max: 1}"
    assert said in file.read_text()
    file.write_text(file.read_text().replace("  n: int\n", "").replace(said, said[1:]))
    source = write_dump(tmp_path / "b.json", [GOOD, GOOD | {"_id": 2, "n": 2}, {"_id": 3}])
    dump = read(source, lake, "2022-01-19", contract=str(file))
    assert dump.scan.reasons == {"contract": 2}
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    details = table(partition(lake, "quarantine.users", "2022-01-19")).column("detail")
    assert sorted(details.to_pylist()) == ["n: above max", "n: required, and it is missing or null"]
