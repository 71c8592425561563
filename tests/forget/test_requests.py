"""Forgetting a date or a person: gone from every table and every run, and nothing else is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.chain import (
    bytes_of,
    partition,
    publish_products,
    publish_scores,
    publish_silver,
    rows,
    table,
    write_dump,
)
from support.people import TRACES, mentions, people, user
from support.processes import environment, workbench
from workbench.bronze.quarantine import QUARANTINE
from workbench.cli import main
from workbench.errors import LakeError, NotWhole, RequestError
from workbench.forget.person import person_of
from workbench.forget.places import Places
from workbench.forget.requests import forget_date, forget_key
from workbench.lake.lake import Lake
from workbench.proof.fingerprint import told
from workbench.proof.manifest import Manifest, SilverManifest
from workbench.stored import as_json

DAYS = ("2022-01-17", "2022-01-18")
TABLES = ("silver.users", "quarantine.users", "gold.user_products", "gold.user_scores")
ROOT = Path(__file__).resolve().parents[2]


KEPT = [user("b", 300), user("c", 900, late=1.5), user("paul", 150), '{"_id": "xx", ']
GONE = [user("a'1", 100), user("a'1", 150), '{"_id": "a\'1", "name": ']


def chain(spark: Any, lake: Path, day: str, documents: list[Any]) -> None:
    source = write_dump(lake.with_name(f"{day}.json"), documents)
    publish_silver(spark, source, lake, day)
    publish_products(spark, lake, day=day)
    publish_scores(spark, lake, day)


@pytest.fixture(scope="module")
def made() -> dict[str, Path]:
    """The lakes that were made, by engine: each once, to be copied."""
    return {}


@pytest.fixture
def lake(
    engine: str,
    spark: Any,
    made: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Two dates: in the first the person is there three times, in the second never."""
    monkeypatch.setenv("WORKBENCH_PII_KEY", "one key of tests")
    if engine not in made:
        lake = tmp_path_factory.mktemp("a=b") / "lake"  # no column `a`
        chain(spark, lake, DAYS[0], [*GONE, *KEPT])
        chain(spark, lake, DAYS[1], KEPT)
        made[engine] = lake
    return Path(shutil.copytree(made[engine], tmp_path / "c=d" / "lake"))


def contents(lake: Path, day: str) -> dict[str, Any]:
    return {name: rows(partition(lake, name, day)) for name in TABLES}


def without_places(found: dict[str, Any]) -> dict[str, Any]:
    """Where a quarantined document stood differs between dumps."""
    quarantine = [(row["reason"], row["raw"]) for row in found["quarantine.users"]]
    return found | {"quarantine.users": quarantine}


def forgotten(
    spark: Any, lake: Path, key: str, path: str = "_id", unkeyed: bool = False
) -> list[str]:
    places = Places(Lake(lake), lake.with_name("runs"), unkeyed=unkeyed)
    return list(forget_key(places, key, path, lambda: spark))


# A person


def test_whom_another_key_has_hashed_is_not_said_to_be_nowhere(
    spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_PII_KEY", "another key of tests")
    said = f"of {DAYS[0]}, {DAYS[1]}: these were hashed with another key"
    with pytest.raises(NotWhole, match=said):
        forgotten(spark, lake, "Ana", "name")


def files_of(lake: Path, name: str, day: str) -> set[str]:
    return {file.name for file in partition(lake, name, day).glob("*.parquet")}


def test_a_person_is_gone_as_if_never_there(spark: Any, lake: Path) -> None:
    before = files_of(lake, "silver.users", DAYS[0])
    reading = Lake(lake).existing("silver", "users", DAYS[0])
    said = forgotten(spark, lake, "a'1")
    assert not reading.exists() and not before & files_of(lake, "silver.users", DAYS[0])
    assert said == [
        "quarantine.users of 2022-01-17: 2 documents removed",
        "silver.users of 2022-01-17: 1 row removed",
        "gold.user_products of 2022-01-17: 2 rows removed",
        "gold.user_scores of 2022-01-17: counted again, 3 users",
    ]
    never = without_places(contents(lake, DAYS[1]))
    assert without_places(contents(lake, DAYS[0])) == never
    assert list(lake.glob(".workbench/staging/*")) == []


def test_types_and_counts_are_those_of_a_run_without_the_person(spark: Any, lake: Path) -> None:
    forgotten(spark, lake, "a'1")
    for name in TABLES:
        layer, _, short = name.partition(".")
        found, other = (Lake(lake).manifest(layer, short, day) for day in DAYS)
        for fact in ("rows", "documents", "quarantined", "reasons", "leaves", "users", "rows_in"):
            one, same = (as_json(manifest).get(fact) for manifest in (found, other))
            assert one == same, (name, fact)
        schemas = [table(partition(lake, name, day)).schema for day in DAYS]
        assert schemas[0] == schemas[1].with_metadata(None) or schemas[0].equals(schemas[1])
        prints = [told(manifest.fingerprints or {}).get("table") for manifest in (found, other)]
        assert prints[0] == prints[1]


def test_other_dates_are_untouched(spark: Any, lake: Path) -> None:
    before = [bytes_of(partition(lake, name, DAYS[1])) for name in TABLES]
    forgotten(spark, lake, "a'1")
    assert [bytes_of(partition(lake, name, DAYS[1])) for name in TABLES] == before


def test_a_person_may_be_named_by_a_hashed_field(spark: Any, lake: Path) -> None:
    said = forgotten(spark, lake, "name of c", "name", unkeyed=True)
    assert "silver.users of 2022-01-18: 1 row removed" in said
    assert [row["_id"] for row in rows(partition(lake, "silver.users", DAYS[1]))] == ["b", "paul"]


def test_rows_that_do_not_say_whose_they_are_are_named(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    silent = user("d", 100) | {"name": None}
    chain(spark, lake, DAYS[0], [silent, user("b", 100), user("c", 200)])
    chain(spark, lake, DAYS[1], [silent])
    with pytest.raises(NotWhole) as told:
        forgotten(spark, lake, "name of c", "name")
    for day in DAYS:
        assert f"silver.users of {day}: 1 row without a value at name" in str(told.value)
    assert [row["_id"] for row in rows(partition(lake, "silver.users", DAYS[0]))] == ["b", "d"]
    assert "silver.users of 2022-01-17: 1 row removed" in forgotten(spark, lake, "b")


def test_the_last_person_of_a_date_leaves_no_table(spark: Any, tmp_path: Path) -> None:
    chain(spark, tmp_path / "lake", DAYS[0], [user(7, 100)])
    said = forgotten(spark, tmp_path / "lake", "7")
    assert said[-1] == "2022-01-17: no user is left, so its tables are removed"
    assert Lake(tmp_path / "lake").dates("silver", "users") == []
    assert not list((tmp_path / "lake").glob("gold/*/*"))


@pytest.mark.parametrize(
    "key", ["a", "1", "' OR 1=1 --", "a'1' OR 'x'='x", "*", ".*", "%", "../..", "`_id`", "\0", "é"]
)
def test_a_key_is_a_value_and_nothing_else(spark: Any, lake: Path, key: str) -> None:
    before = contents(lake, DAYS[0])
    with pytest.raises(LakeError, match="has nothing of that key at _id") as error:
        forgotten(spark, lake, key)
    assert contents(lake, DAYS[0]) == before and f"{key!r}" not in str(error.value)


@pytest.mark.parametrize("path", ["", "a[]", "nowhere", "alreadyHaveProducts", "score", "_id`; --"])
def test_a_path_that_is_no_value_is_refused(spark: Any, lake: Path, path: str) -> None:
    before = contents(lake, DAYS[0])
    with pytest.raises(RequestError, match="--key-path: "):
        forgotten(spark, lake, "b", path)
    assert contents(lake, DAYS[0]) == before


@pytest.mark.parametrize(
    ("key", "others", "said"),
    [
        ("1", [user(1, 5), user("1", 6)], "as a number and as a text, which may be two persons"),
        ("today", [user({"$date": "2020-01-01T00:00:00Z"}, 5)], "is a time; give it as ISO 8601"),
    ],
)
def test_a_key_that_may_be_two_is_refused(
    spark: Any, tmp_path: Path, key: str, others: list[Any], said: str
) -> None:
    lake = tmp_path / "lake"
    publish_silver(spark, write_dump(tmp_path / "a.json", others), lake, DAYS[0])
    with pytest.raises(RequestError, match=said):
        list(forget_key(Places(Lake(lake), tmp_path), key, "_id", lambda: spark))
    assert table(partition(lake, "silver.users", DAYS[0])).num_rows == len(others)


def test_a_number_is_the_same_however_it_is_written(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    people = [user(7.0, 100), user(1.5, 200), user(7, 300)]
    publish_silver(spark, write_dump(tmp_path / "a.json", people), lake, DAYS[0])
    said = list(forget_key(Places(Lake(lake), tmp_path), "7.0", "_id", lambda: spark))
    assert [line.split(": ")[1] for line in said] == ["1 document removed", "1 row removed"]
    assert [row["_id"] for row in rows(partition(lake, "silver.users", DAYS[0]))] == [1.5]


def test_a_time_is_a_key_too(spark: Any, tmp_path: Path) -> None:
    lake, day = tmp_path / "lake", "2020-01-01T00:00:00"
    people = [user({"$date": f"{day}Z"}, 1), user({"$date": f"{day}.001Z"}, 2)]
    publish_silver(spark, write_dump(tmp_path / "a.json", people), lake, DAYS[0])
    said = list(forget_key(Places(Lake(lake), tmp_path), f"{day}+00:00", "_id", lambda: spark))
    assert said == [f"silver.users of {DAYS[0]}: 1 row removed"]


def test_a_key_in_the_name_of_a_field_is_out_of_reach(
    sail_session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an object that is used as a map, and was not made one."""
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    people = [user("somebody", 100, by={"somebody": 1}), user("another", 200)]
    publish_silver(
        sail_session, write_dump(tmp_path / "a.json", people), tmp_path / "lake", DAYS[0]
    )
    places = Places(Lake(tmp_path / "lake"), tmp_path / "runs")
    with pytest.raises(NotWhole, match=f"of {DAYS[0]}: the key is in the name of a field"):
        list(forget_key(places, "somebody", "_id", lambda: sail_session))
    again = Places(Lake(tmp_path / "lake"), tmp_path / "runs")
    with pytest.raises(LakeError, match="has nothing of that key"):
        list(forget_key(again, "another one", "_id", lambda: sail_session))


def test_a_path_may_be_missing_in_other_dates(spark: Any, lake: Path) -> None:
    source = write_dump(lake.with_name("a.json"), [user("n", 100, email="n@example.com")])
    publish_silver(spark, source, lake, "2022-01-19")
    before = contents(lake, DAYS[0])
    places = Places(Lake(lake), lake.with_name("runs"))
    said: list[str] = []
    with pytest.raises(NotWhole, match="documents of which nobody can tell whose they are"):
        said.extend(forget_key(places, "n@example.com", "email", lambda: spark))
    assert said == [
        "silver.users of 2022-01-19: 1 row removed",
        "2022-01-19: no user is left, so its tables are removed",
    ]
    assert contents(lake, DAYS[0]) == before


@pytest.mark.parametrize("survived", range(4))
def test_after_a_failure_between_two_tables_the_same_request_does_the_rest(
    spark: Any, lake: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    publish = Lake.publish
    done: list[Any] = []

    def breaks(*args: Any) -> Path:
        if len(done) == survived:
            raise OSError("no space left on device")
        done.append(1)
        return publish(*args)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "publish", breaks)
        with pytest.raises(OSError, match="no space"):
            forgotten(spark, lake, "a'1")
    assert forgotten(spark, lake, "a'1")
    assert without_places(contents(lake, DAYS[0])) == without_places(contents(lake, DAYS[1]))
    found = Lake(lake).manifest("silver", "users", DAYS[0], SilverManifest)
    assert (found.documents, found.rows, found.reasons) == (4, 3, {"truncated": 1})


@pytest.mark.parametrize(
    ("key", "raw", "theirs"),
    [
        ("7", '{"_id": 7, "n": ', True),
        ("7", '{"_id": {"$numberLong": "7"}, ', True),
        ("7", '{"_id": 77, "n": 7.5, "m": -7, "t": "7 x', False),
        ("7", '{"_id": {"$numberInt": "7"}}', True),
        ("7", '{"_id": 8, "n": 7}', False),
        ("7", '{"n": 7}', True),
        ("x", '{"_id": "x", ', True),
        ("x", '{"_id": "y", "t": "x y', False),
        ("é", '{"_id": "\\u00e9", ', True),
        ("7", "[7]", True),
        ("7", '{"_id": 7.0}', True),
        ("7", '{"_id": 7.0, "n": ', True),
        ("7.0", '{"_id": 7}', True),
        ("7", '{"_id": 7.05, "n": ', False),
        ("7", '{"_id": "7.0"}', False),
        ("9007199254740993", '{"_id": 9007199254740992}', False),
    ],
)
def test_whose_a_quarantined_document_is(tmp_path: Path, key: str, raw: str, theirs: bool) -> None:
    assert person_of(Lake(tmp_path), key, "_id").in_text(raw) is theirs


# A date


def test_a_date_is_gone_and_others_are_untouched(
    sail_session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    lake = tmp_path / "lake"
    for day in DAYS:
        chain(sail_session, lake, day, KEPT)
    before = [bytes_of(partition(lake, name, DAYS[1])) for name in TABLES]
    said = list(forget_date(Places(Lake(lake), tmp_path / "runs"), DAYS[0]))
    assert said == [
        "quarantine.users of 2022-01-17: 1 row removed",
        "gold.user_products of 2022-01-17: 6 rows removed",
        "gold.user_scores of 2022-01-17: 6 rows removed",
        "silver.users of 2022-01-17: 3 rows removed",
    ]
    assert not list(lake.glob(f"*/*/ingestion_date={DAYS[0]}"))
    assert [bytes_of(partition(lake, name, DAYS[1])) for name in TABLES] == before
    with pytest.raises(LakeError, match=r"has nothing of 2022-01-17; silver.users is there of"):
        list(forget_date(Places(Lake(lake), tmp_path / "runs"), DAYS[0]))


@pytest.mark.parametrize("date", ["2022-01-18/../2022-01-17", "..", "*", "2022-1-18", "", "'; --"])
def test_a_date_is_a_date_and_no_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], date: str
) -> None:
    (tmp_path / "lake" / "silver").mkdir(parents=True)
    assert main(["forget", "--lake", str(tmp_path / "lake"), "--ingestion-date", date]) == 2
    assert capsys.readouterr().err.startswith("error: ingestion_date: ")
    assert (tmp_path / "lake" / "silver").is_dir()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--key", "x", "--lake", "nowhere"], "--lake: nowhere is no folder"),
        (["--key", "", "--lake", "."], "--key: it is empty"),
        (["--key", "x", "--engine", "duckdb", "--lake", "."], "engine: duckdb is not known"),
    ],
)
def test_a_wrong_request_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["forget", *options]) == 2
    assert said in capsys.readouterr().err and not os.listdir(tmp_path)


# What runs have left


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake and a run whose notebook shows the rows of a person."""
    place = tmp_path_factory.mktemp("run")
    source = write_dump(place / "a.json", people())
    asked = ["--source", source, "--lake", place / "lake", "--runs", place / "runs"]
    done = workbench("run", *asked, "--ingestion-date", DAYS[0], env=environment())
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture
def place(first: Path, tmp_path: Path) -> Path:
    """A copy of it, whose run says that it was on the copy's lake."""
    copied = Path(shutil.copytree(first, tmp_path / "place"))
    (path,) = copied.glob("runs/*/run.json")
    path.write_text(path.read_text().replace(str(first), str(copied)))
    return copied


def test_a_persons_rows_are_gone_from_the_notebooks_that_showed_them(place: Path) -> None:
    key = str(10**9 + 3)
    (place / "a.json").unlink()
    assert "02_gold_user_products.ipynb" in mentions(place, key)
    asked = ["--lake", place / "lake", "--runs", place / "runs"]
    done = workbench("forget", "--key", key, *asked)
    assert done.returncode == 0, done.stderr
    (run,) = (place / "runs").iterdir()
    told = done.stdout
    assert re.search(rf"run {run.name}: what \d+ cells showed and the charts .*product_types", told)
    assert done.stdout.splitlines()[-1].startswith("The dumps are as they were")
    assert not any(mentions(place, trace) for trace in TRACES)
    assert not any(trace in told for trace in TRACES)
    assert (run / "charts" / "score_ranges.json").exists()
    notebook = json.loads((run / "02_gold_user_products.ipynb").read_text())
    texts = [o["text"] for c in notebook["cells"] for o in c.get("outputs", []) if "text" in o]
    assert ["(removed: forgotten)\n"] in texts and len(texts) > 1
    assert (run / "report.html").exists()
    again = workbench("forget", "--key", key, *asked)
    assert again.returncode == 1 and "has nothing of that key" in again.stderr


def test_a_person_is_gone_from_the_numbers_of_charts_that_were_not_drawn(place: Path) -> None:
    """A dump without scores, say, has no picture of products by range, and numbers all the same."""
    (run,) = (place / "runs").iterdir()
    for picture in (run / "charts").iterdir():
        picture.unlink()
    (place / "a.json").unlink()
    asked = ["--lake", place / "lake", "--runs", place / "runs"]
    done = workbench("forget", "--key", str(10**9 + 3), *asked)
    assert done.returncode == 0, done.stderr
    assert not any(mentions(place, trace) for trace in TRACES)


@pytest.mark.parametrize(("born", "start"), [(1951, "1951-05-01"), (1731, "1731-01-01")])
def test_a_period_in_which_only_they_are_is_gone_from_the_charts(
    tmp_path: Path, born: int, start: str
) -> None:
    """A chart of many years counts by month or year; neither the day nor the time stands in it."""
    people_then = people()
    people_then[3]["createdAt"] = {"$date": f"{born}-05-11T03:04:05Z"}
    source = write_dump(tmp_path / "a.json", people_then)
    asked = ["--lake", tmp_path / "lake", "--runs", tmp_path / "runs"]
    run = workbench(
        "run", "--source", source, *asked, "--ingestion-date", DAYS[0], env=environment()
    )
    assert run.returncode == 0, run.stderr
    Path(source).unlink()
    assert mentions(tmp_path, start) and mentions(tmp_path, str(born))
    done = workbench("forget", "--key", str(people_then[3]["_id"]), *asked)
    assert done.returncode == 0, done.stderr
    assert "users_per_day" in done.stdout
    assert not mentions(tmp_path, start) and not mentions(tmp_path, f" {born}")


def test_a_request_that_was_stopped_is_done_with_the_notebooks_too(
    sail_session: Any, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    key, lake = str(10**9 + 3), Lake(place / "lake")
    (place / "a.json").unlink()
    stopped = mock.Mock(side_effect=OSError("no space"))
    asked = forget_key(Places(lake, place / "runs"), key, "_id", lambda: sail_session)
    with monkeypatch.context() as patch:
        patch.setattr("workbench.forget.requests.forget_in_run", stopped)
        with pytest.raises(OSError, match="no space"):
            list(asked)
    again = workbench("forget", "--key", key, "--lake", place / "lake", "--runs", place / "runs")
    assert again.returncode == 0 and mentions(place, key) == [], again.stderr


def test_a_person_is_gone_from_runs_whose_tables_are_no_longer_in_the_lake(place: Path) -> None:
    """Their date was made again without them; one notebook was cut off as its run was killed."""
    key, lake = str(10**9 + 3), place / "lake"
    (place / "a.json").unlink()
    (run,) = (place / "runs").iterdir()
    shown = run / "02_gold_user_products.ipynb"
    (run / "01_silver_users.ipynb").write_text(shown.read_text()[:-9])
    for table_of in lake.glob("*/*/*"):
        shutil.rmtree(table_of)
    done = workbench("forget", "--key", key, "--lake", lake, "--runs", place / "runs")
    assert (done.returncode, done.stderr) == (0, "") and mentions(place, key) == []
    assert f"run {run.name}: what 2 cells showed" in done.stdout
    again = workbench("forget", "--key", key, "--lake", lake, "--runs", place / "runs")
    assert again.returncode == 1 and "has nothing of that key" in again.stderr


def forget(place: Path, *more: Any) -> subprocess.CompletedProcess[str]:
    asked = ["--lake", place / "lake", "--runs", place / "runs", *more]
    return workbench("forget", "--key", 10**9 + 3, *asked, cwd=place)


def every_file(place: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in place.rglob("*") if p.is_file() and p.name != "lock"}


def test_a_request_can_be_tried_first(place: Path) -> None:
    files = every_file(place)
    tried = forget(place, "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert every_file(place) == files
    done = forget(place)
    lines = [f"(dry run) {line}" for line in done.stdout.splitlines()[:-1]]
    assert tried.stdout.splitlines() == lines and len(lines) == 4


def test_runs_of_a_lake_that_has_moved_and_runs_elsewhere_are_reached(place: Path) -> None:
    """The lake knows which folders have taken runs; the run names the lake's place of then."""
    (place / "a.json").unlink()
    shutil.move(place / "runs", place / "other runs")
    (place / "lake" / ".workbench" / "runs").write_text(f"{place / 'other runs'}\n")
    shutil.move(place / "lake", place / "moved" / "lake")
    (run,) = (place / "other runs").iterdir()
    kept = run / ".ipynb_checkpoints" / "02-checkpoint.ipynb"
    kept.parent.mkdir()
    shutil.copy(run / "02_gold_user_products.ipynb", kept)
    (place / "moved" / "runs").mkdir()
    done = forget(place / "moved")
    assert done.returncode == 0, done.stderr
    assert not any(mentions(place, trace) for trace in TRACES)


def test_what_is_out_of_reach_is_named_and_the_request_is_not_whole(place: Path) -> None:
    lake = place / "lake"
    gone = place / "gone"
    with open(lake / ".workbench" / "runs", "a") as file:
        file.write(f"{gone}\n")
    book = place / "notebooks" / "by_hand.ipynb"
    book.parent.mkdir()
    book.write_text(json.dumps({"cells": [{"outputs": [{"text": f"_id {10**9 + 3}"}]}]}))
    (place / "workbench.yml").write_text("")
    nobodys = json.dumps({"name": "x", "salary": 1})
    add_to_quarantine(lake, [nobodys, '{"_id": "other", ', '{"name": "cut of'])
    done = forget(place)
    assert done.returncode == 1 and "silver.users of 2022-01-17: 1 row removed" in done.stdout
    for said in (f"runs that were in {gone}", str(book), "2 documents of which nobody can tell"):
        assert said in done.stderr
    (lake / ".workbench" / "runs").unlink()
    book.unlink()
    last = forget(place, "--unkeyed")
    assert last.returncode == 0, last.stderr
    assert "quarantine.users of 2022-01-17: 2 documents removed" in last.stdout
    left = table(partition(lake, "quarantine.users", DAYS[0]))["raw"].to_pylist()
    assert left == ['{"_id": "other", ']


def add_to_quarantine(lake: Path, raw: list[str]) -> None:
    folder = lake / "new"
    folder.mkdir()
    row = {"reason": "null key", "detail": "", "source_file": "a", "position": 1, "byte_offset": 0}
    rows = [row | {"raw": text} for text in raw]
    pq.write_table(pa.Table.from_pylist(rows, QUARANTINE), folder / "part-00000.parquet")
    Lake(lake).publish(folder, "quarantine", "users", DAYS[0], Manifest(rows=len(rows)))


def test_a_date_leaves_of_its_runs_only_that_they_were(place: Path) -> None:
    (run,) = (place / "runs").iterdir()
    (place / "runs" / "notes").mkdir()
    asked = ["--lake", place / "lake", "--runs", place / "runs"]
    done = workbench("forget", "--ingestion-date", DAYS[0], *asked)
    assert done.returncode == 0, done.stderr
    assert f"run {run.name}: notebooks, charts and report removed" in done.stdout
    assert [p.name for p in run.iterdir()] == ["run.json"]
    state = json.loads((run / "run.json").read_text())
    assert (state["state"], state["run_id"], state["steps"]) == ("forgotten", run.name, {})
    assert not list((place / "lake").glob("*/*/*"))
    resumed = workbench("run", "--resume", run.name, "--runs", place / "runs")
    assert resumed.returncode == 2 and "was forgotten" in resumed.stderr
