"""Drift: what differs between two schemas, and what a run does about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from support.chain import partition, publish_silver, read, write_dump
from workbench import silver
from workbench.bronze.results import Scan
from workbench.bronze.scanning import scan
from workbench.errors import SchemaDrift
from workbench.lake.lake import Lake
from workbench.proof.manifest import Drift, SilverManifest
from workbench.schema.drift import Change, changes, direction, refuse_drift
from workbench.schema.kinds import Node, decimal_node, from_json, to_json

DAYS = ("2022-01-16", "2022-01-17", "2022-01-18")
BEFORE = {"_id": 1, "n": 1, "gone": {"x": 1}, "s": {"a": 1, "c": "t"}, "l": [{"p": 1}], "f": 1.5}
AFTER = {"_id": 1, "n": 2.5, "s": {"a": {"b": 1}, "c": "t", "new": True}, "l": [{"p": "t"}], "f": 1}
DRIFT = [
    Change("n", "widened", "int", "double"),
    Change("s.a", "conflicting", "int", "struct"),
    Change("s.new", "added", None, "bool"),
    Change("l[].p", "conflicting", "int", "string"),
    Change("f", "narrowed", "double", "int"),
    Change("gone.x", "removed", "int", None),
]


def scanned(place: Path, *documents: Any) -> Scan:
    place.mkdir()
    return scan([str(write_dump(place / "a.json", documents))], place / "out")


def test_every_path_that_differs_is_listed_nested_too(tmp_path: Path) -> None:
    before, after = scanned(tmp_path / "1", BEFORE), scanned(tmp_path / "2", AFTER)
    assert changes(before.schema, after.schema) == DRIFT
    assert changes(before.schema, before.schema) == []


def test_an_object_or_an_array_that_is_new_is_listed_by_its_leaves(tmp_path: Path) -> None:
    one = {"_id": 1}
    more = one | {"o": {"x": {"y": 1}, "z": []}, "e": {}}
    found = changes(scanned(tmp_path / "1", one).schema, scanned(tmp_path / "2", more).schema)
    assert [(c.path, c.after) for c in found] == [
        ("o.x.y", "int"),
        ("o.z[]", "null"),
        ("e", "struct"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Node("null"), Node("string"), "widened"),
        (Node("int"), decimal_node(20, 0), "widened"),
        (decimal_node(20, 0), decimal_node(20, 2), "widened"),
        (Node("timestamp"), Node("datetext"), "widened"),
        (Node("string"), Node("null"), "narrowed"),
        (Node("text"), Node("int"), "narrowed"),
        (Node("int"), Node("text"), "conflicting"),
        (Node("string"), Node("list", item=Node("string")), "conflicting"),
    ],
)
def test_the_direction_of_a_change(before: Node, after: Node, said: str) -> None:
    assert direction(before, after) == said


def test_a_schema_survives_being_stored() -> None:
    item = Node("list", item=Node("struct", {"": decimal_node(3, 2), "b": Node("timestamp")}))
    schema = Node("struct", {"a": item, "n": Node()})
    assert from_json(to_json(schema)) == schema


# What a run does


def test_fail_names_the_paths_and_report_does_not_fail() -> None:
    refuse_drift(DRIFT, "2022-01-17", "report")
    with pytest.raises(SchemaDrift, match=r"2022-01-17 in 5 path") as error:
        refuse_drift(DRIFT, "2022-01-17", "fail")
    for said in ("n widened (int -> double)", "s.new added (bool)", "gone.x removed (int)"):
        assert f"  {said}\n" in str(error.value)


def test_what_only_narrowed_never_fails() -> None:
    refuse_drift([Change("f", "narrowed", "double", "int")], "2022-01-17", "fail")


def test_drift_is_told_from_the_last_earlier_date_and_kept(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for name, day in zip(("oldest", "later", "own"), (DAYS[0], DAYS[2], DAYS[1]), strict=True):
        publish_silver(
            spark, write_dump(tmp_path / f"{name}.json", [{"_id": 1, name: 1}]), lake, day
        )
    dump = read(tmp_path / "oldest.json", lake, DAYS[1])
    assert (dump.since, dump.drifted) == (DAYS[0], [])
    kept = Lake(lake).manifest("silver", "users", DAYS[1], SilverManifest).drift
    assert kept and kept.since == DAYS[0]
    assert [(c.path, c.change) for c in kept.changes] == [
        ("own", "added"),
        ("oldest", "removed"),
    ]
    first = Lake(lake).manifest("silver", "users", DAYS[0], SilverManifest).drift
    assert first == Drift(since=None, changes=[])


def test_fail_publishes_nothing_not_even_the_quarantine(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    publish_silver(spark, write_dump(tmp_path / "a.json", [{"_id": 1}]), lake, DAYS[0])
    dump = read(write_dump(tmp_path / "b.json", [{"_id": 1, "n": 1}, "{"]), lake, DAYS[1])
    assert dump.drift().to_dict("records") == [
        {"path": "n", "change": "added", "before": None, "after": "int"}
    ]
    with pytest.raises(SchemaDrift, match=r"n added \(int\)"):
        silver.check_drift(dump, "fail")
    assert not partition(lake, "quarantine.users", DAYS[1]).exists()


def test_a_partition_that_no_run_has_published_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "lake/silver/users/ingestion_date=2022-01-01").mkdir(parents=True)
    dump = read(write_dump(tmp_path / "a.json", [{"_id": 1}]), tmp_path / "lake")
    assert dump.since is None
    silver.check_drift(dump, "fail")
