"""Silver: each document is in the table or in quarantine, and the publish step proves it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import functions as F

from support.chain import (
    DAY,
    ODD,
    bytes_of,
    odd_dump,
    partition,
    publish_silver,
    read,
    rows,
    table,
    write_dump,
)
from workbench import silver
from workbench.bronze import read_staged, told_apart
from workbench.columns import frames as key_parts
from workbench.errors import (
    EngineError,
    KeyNotUnique,
    LakeError,
    LeavesLost,
    SourceError,
    TooManyBadDocuments,
)
from workbench.lake.hash_key import CHANGED_VARIABLE, KEY_VARIABLE
from workbench.lake.lake import Lake
from workbench.proof.manifest import SilverManifest
from workbench.storage import scratch

LATER = "2099-01-01"
SILVER, QUARANTINE = "silver.users", "quarantine.users"
NEW, OLD = {"$date": "2022-01-02T00:00:00Z"}, {"$date": "2022-01-01T00:00:00Z"}


# the project's own dump


def test_documents_are_in_silver_or_in_quarantine(lake: Path) -> None:
    record = Lake(lake).manifest("silver", "users", DAY, SilverManifest)
    assert (record.documents, record.rows, record.quarantined) == (1002, 1000, 2)
    assert table(partition(lake, SILVER)).num_rows == 1000
    assert table(partition(lake, QUARANTINE)).num_rows == 2


def test_quarantine_has_the_reason_the_line_and_the_raw_text(lake: Path) -> None:
    found = rows(partition(lake, QUARANTINE))
    lines = Path(found[0]["source_file"]).read_text(encoding="utf-8").splitlines()
    assert sorted(row["reason"] for row in found) == ["null key", "truncated"]
    assert [row["raw"] for row in found] == [lines[row["position"] - 1][:-1] for row in found]


def test_a_field_of_the_last_document_is_a_column(lake: Path) -> None:
    languages = table(partition(lake, SILVER))["preferredLanguage"]
    assert languages.drop_null().to_pylist() == ["pt-BR"]


@pytest.mark.parametrize("name", ["input", "odd"])
@pytest.mark.parametrize("layer", [SILVER, QUARANTINE])
def test_every_engine_writes_the_same_rows(
    lakes: dict[str, dict[str, Path]], other_engine: str, name: str, layer: str
) -> None:
    engines = ("sail", other_engine)
    sail, spark = (table(partition(lakes[engine][name], layer)) for engine in engines)
    assert sail.column_names == spark.column_names
    assert sorted(map(repr, sail.to_pylist())) == sorted(map(repr, spark.to_pylist()))


# what a dump of odd documents becomes


def test_every_odd_value_is_as_it_was_written(lakes: dict[str, dict[str, Path]]) -> None:
    found = {row["_id"]: row for row in rows(partition(lakes["sail"]["odd"], SILVER))}
    assert sorted(found) == ["a", "b", "c", "d", "e", "f"]
    assert found["a"]["a.b"] == {"c`d": 2, "$x": 3, "": {"q r": 4, "": [{"": 0.1}]}}
    assert found["a"]["doubles"] == ODD[0]["doubles"]  # type: ignore[index]
    assert (found["b"]["n"], found["d"]["n"]) == (-(2**63), 2**63 - 1)
    assert [found[k]["mix"] for k in "abc"] == ["1", "[1]", '{"a":[1.5,2]}']


def test_mixed_kinds_and_missing_personal_fields_are_noted(tmp_path: Path) -> None:
    notes = read(odd_dump(tmp_path), tmp_path / "lake").notes()
    assert "mix: values of several kinds, kept as JSON text" in notes
    assert "score.origin.ip: named in pii, but not in this dump" in notes


def test_what_looks_personal_and_is_not_hashed_is_noted(tmp_path: Path) -> None:
    people = [{"_id": n, "name": "x", "contact": f"a{n}@example.com"} for n in range(3)]
    notes = read(write_dump(tmp_path / "a.json", people), tmp_path / "lake").notes()
    assert [note for note in notes if "looks personal" in note] == [
        "contact (e-mail addresses, 100% of its values): looks personal and is not in pii, "
        "so it stays as it is"
    ]


def test_an_empty_object_in_every_document_is_a_leaf(spark: Any, tmp_path: Path) -> None:
    source = write_dump(tmp_path / "a.json", [{"_id": 1, "o": {}}, {"_id": 2}])
    publish_silver(spark, source, tmp_path / "lake")
    assert rows(partition(tmp_path / "lake", SILVER)) == [
        {"_id": 1, "o": "{}"},
        {"_id": 2, "o": None},
    ]


# one key more than once


@pytest.mark.parametrize("at_once", [key_parts.ROWS, 4], ids=["at once", "in parts"])
def test_the_greatest_updated_at_stays_and_of_equals_the_last(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(key_parts, "ROWS", at_once)
    documents = [
        {"_id": "newest first", "v": 1, "updatedAt": NEW},
        {"_id": "newest first", "v": 2, "updatedAt": OLD},
        {"_id": "equal", "v": 3, "updatedAt": OLD},
        {"_id": "equal", "v": 4, "updatedAt": OLD},
        {"_id": "missing", "v": 5, "updatedAt": OLD},
        {"_id": "missing", "v": 6},
        {"_id": "without any", "v": 7},
        {"_id": "without any", "v": 8},
        {"_id": "without any", "v": 9},
        {"_id": "once", "v": 10},
    ]
    source = write_dump(tmp_path / "a.json", documents)
    record = publish_silver(spark, source, tmp_path / "lake")
    kept = {row["_id"]: row["v"] for row in rows(partition(tmp_path / "lake", SILVER))}
    assert kept == {"newest first": 1, "equal": 4, "missing": 5, "without any": 9, "once": 10}
    assert record.reasons == {"superseded": 5}
    assert record.documents == record.rows + record.quarantined
    lines = source.read_text().splitlines()
    gone = rows(partition(tmp_path / "lake", QUARANTINE))
    assert sorted((r["position"], r["raw"], r["reason"]) for r in gone) == [
        (at, lines[at - 1], "superseded") for at in (2, 3, 6, 7, 8)
    ]


def test_keys_that_differ_are_told_without_an_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [{"_id": {"a": a, "b": b}, "v": 1} for a in ("x", "y") for b in (1, 2)]
    source, lake = write_dump(tmp_path / "a.json", documents), str(tmp_path / "lake")
    dump = silver.read_dump([str(source)], lake, DAY, key="_id.a,_id.b", pii=[])
    assert silver.find_superseded(None, dump, "v") == set()  # type: ignore[arg-type]
    assert told_apart(dump.scan)
    monkeypatch.setattr("workbench.bronze.keys.MANY", 3)
    assert not told_apart(dump.scan)


def test_zero_with_a_sign_is_the_same_key(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 0.0, "v": 1}, {"_id": -0.0, "v": 2}, {"_id": 0.5, "v": 3}]
    dump = read(write_dump(tmp_path / "a.json", documents), tmp_path / "lake")
    (position,) = silver.find_superseded(spark, dump, "")
    assert dump.scan.position(position)[1] == 1


@pytest.mark.parametrize("path", ["", "nowhere", "updatedAt.deeper", "list[].at", "list"])
def test_without_a_time_the_last_document_stays(spark: Any, tmp_path: Path, path: str) -> None:
    twice = [{"_id": 1, "v": v, "list": [{"at": v}]} for v in (1, 2)]
    dump = read(write_dump(tmp_path / "a.json", twice), tmp_path / "lake")
    (position,) = silver.find_superseded(spark, dump, path)
    assert dump.scan.position(position)[1] == 1


def test_a_key_that_repeats_fails_and_the_unique_fields_are_named(
    spark: Any, tmp_path: Path
) -> None:
    shared = [
        {"country": "BR" if n % 2 else "PT", "cpf": str(n), "at": {"n": n}, "same": 1}
        for n in range(40)
    ]
    source, lake = write_dump(tmp_path / "a.json", shared), tmp_path / "lake"
    dump = silver.read_dump([str(source)], str(lake), "2022-01-18", key="country", pii=[])
    superseded = silver.find_superseded(spark, dump, "updatedAt")
    with pytest.raises(
        KeyNotUnique, match=r"country has 2 different values in 40 .* 0\.9500; max_su"
    ) as said:
        silver.check_superseded(dump, superseded, 0.9)
    assert "Unique in this dump: cpf, at.n. Set key" in str(said.value)
    silver.check_superseded(dump, superseded, 0.95)
    assert not (lake / "silver").exists()


# bad documents


def test_too_many_bad_documents_publish_the_quarantine_alone(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    dump = read(write_dump(tmp_path / "a.json", [{"_id": 1}, {"_id": 2}, "{", "[]"]), lake)
    silver.check_bad_share(dump, 0.5)
    with pytest.raises(TooManyBadDocuments, match=r"2 of 4 documents.*0\.5000; max_bad_share is 0"):
        silver.check_bad_share(dump, 0.49)
    assert [row["raw"] for row in rows(partition(lake, QUARANTINE))] == ["[]", "{"]
    assert not (lake / "silver").exists()


def test_a_share_of_bad_documents_that_is_the_greatest_allowed_passes(tmp_path: Path) -> None:
    documents = [*({"_id": n} for n in range(71)), *["[]"] * 29]
    dump = read(write_dump(tmp_path / "a.json", documents), tmp_path / "lake")
    silver.check_bad_share(dump, 0.29)  # which times 100 is 28.999999999999996
    with pytest.raises(TooManyBadDocuments, match="29 of 100"):
        silver.check_bad_share(dump, 0.28)


def test_a_dump_of_only_bad_documents_is_an_error(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    dump = read(write_dump(tmp_path / "a.json", ['{"_id": null}', "{"]), lake)
    with pytest.raises(SourceError, match=r"None of the 2 documents is good .1 null key, 1 trunc"):
        silver.check_bad_share(dump, 1.0)
    assert table(partition(lake, QUARANTINE)).num_rows == 2


def test_a_dump_of_empty_documents_is_an_error(tmp_path: Path) -> None:
    source = write_dump(tmp_path / "a.json", [{}, {}])
    dump = silver.read_dump([str(source)], str(tmp_path / "lake"), DAY, key="position", pii=())
    with pytest.raises(SourceError, match=r"none of the 2 documents has a field.*all {},"):
        silver.check_bad_share(dump, 1.0)
    assert not (tmp_path / "lake" / "quarantine").exists()


def test_a_dump_of_empty_arrays_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(SourceError, match=r"a.json holds no document, only an empty array"):
        silver.check_bad_share(read(tmp_path / "a.json", tmp_path / "lake"), 1.0)
    assert not (tmp_path / "lake" / "quarantine").exists()


# the proof: a step that is broken on purpose is not published

BREAKS: dict[str, Callable[[Any], Any]] = {
    "nulled": lambda df: df.withColumn("n", F.when(F.col("_id") != "a", F.col("n"))),
    "wrapped": lambda df: df.withColumn("n", F.when(F.col("n") > 2**31, F.col("n") - 2**32)),
    "doubled": lambda df: df.union(df.where("_id = 'a'")),
    "lost": lambda df: df.where("_id != 'a'"),
    "swapped": lambda df: (
        df.withColumnRenamed("t", "x").withColumnRenamed("u", "t").withColumnRenamed("x", "u")
    ),
    "cut in an array": lambda df: df.withColumn("l", F.slice("l", 1, 1)),
    "other in a struct": lambda df: df.withColumn("s", F.struct((F.col("s.x") + 1).alias("x"))),
}
NAMED = {"swapped": "t: ", "cut in an array": r"l\[\]: ", "other in a struct": r"s\.x: "}


def test_a_broken_step_publishes_nothing(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    documents = [
        {"_id": "a", "n": 2**33, "t": "long text", "u": "x", "l": ["q", "rr"], "s": {"x": 1}},
        {"_id": "b", "n": 1, "t": "longer text", "u": "y", "l": None, "s": None},
    ]
    source = write_dump(tmp_path / "a.json", documents)
    publish_silver(spark, source, lake)
    before = bytes_of(partition(lake, SILVER)), bytes_of(partition(lake, QUARANTINE))
    for name, broken in BREAKS.items():
        dump = read(source, lake)
        users = broken(silver.silver_users(spark, dump, set()))
        with pytest.raises(LeavesLost, match=r"silver.users does not hold") as error:
            silver.publish_silver(spark, users, dump, set())
        error.match(NAMED.get(name, "  n: "))
        scratch.discard(dump.staging)
    assert (bytes_of(partition(lake, SILVER)), bytes_of(partition(lake, QUARANTINE))) == before


# what else could go wrong


def test_a_lake_may_stand_in_an_odd_folder_and_other_dates_stay(spark: Any, tmp_path: Path) -> None:
    lake = tmp_path / "a b%20c é#+&='$"
    source = write_dump(tmp_path / "a.json", [{"_id": 1, "a/b": 1, "%41": 2, "'\"": 3}])
    publish_silver(spark, source, lake, "2022-01-17")
    before = bytes_of(partition(lake, SILVER, "2022-01-17"))
    publish_silver(spark, source, lake)
    assert bytes_of(partition(lake, SILVER, "2022-01-17")) == before
    read_back = Lake(lake).read(spark, "silver", "users", DAY).collect()
    assert [row.asDict() for row in read_back] == [{"_id": 1, "a/b": 1, "%41": 2, "'\"": 3}]


def test_deep_documents_go_through_or_name_the_engine_that_takes_them(
    spark: Any, tmp_path: Path
) -> None:
    deep: Any = 1
    for level in range(40):
        deep = {f"l{level}": deep}
    dump = read(write_dump(tmp_path / "a.json", [{"_id": 1, "deep": deep}]), tmp_path / "lake")
    if "connect" in type(spark).__module__:
        with pytest.raises(EngineError, match=r"41 levels deep.*--engine spark"):
            read_staged(spark, dump.staged)
    else:
        users = silver.silver_users(spark, dump, set())
        assert silver.publish_silver(spark, users, dump, set()).rows == 1


# the key of the hashes


def test_a_date_is_not_hashed_with_another_key_than_the_others(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = write_dump(tmp_path / "dump.json", [{"_id": 1, "name": "Ana"}])
    monkeypatch.setenv(KEY_VARIABLE, "one key of the tests")
    publish_silver(spark, dump, tmp_path / "lake")
    monkeypatch.setenv(KEY_VARIABLE, "another key of the tests")
    with pytest.raises(LakeError, match=rf"{DAY} were hashed with.*{CHANGED_VARIABLE}=1"):
        publish_silver(spark, dump, tmp_path / "lake", LATER)
    publish_silver(spark, dump, tmp_path / "lake")  # alone, it is hashed anew
    monkeypatch.setenv(KEY_VARIABLE, "one key of the tests")
    monkeypatch.setenv(CHANGED_VARIABLE, "1")
    publish_silver(spark, dump, tmp_path / "lake", LATER)
    lake = Lake(tmp_path / "lake")
    days = [lake.manifest("silver", "users", day, SilverManifest) for day in (DAY, LATER)]
    assert None not in (marks := {day.key_mark for day in days}) and len(marks) == 2


def test_types_are_chosen_by_path_and_proved_again_from_the_dump(
    spark: Any, tmp_path: Path
) -> None:
    documents = [{"_id": 1, "zip": "01310-100", "d": "2020-01-02"}, {"_id": 2, "zip": 4567000}]
    source, lake = write_dump(tmp_path / "a.json", documents), tmp_path / "lake"
    dump = read(source, lake, types={"zip": "string", "d": "date"})
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    found = rows(partition(lake, SILVER))
    assert [(row["zip"], str(row["d"])) for row in found] == [
        ("01310-100", "2020-01-02"),
        ("4567000", "None"),
    ]
    assert silver.prove_again(Lake(lake), DAY, [str(source)]) == dump.staged.leaves


def test_texts_that_hold_json_become_fields_and_are_proved_again(
    spark: Any, tmp_path: Path
) -> None:
    documents = [{"_id": 1, "body": '{"a": {"b": 1.5}}'}, {"_id": 2, "body": "x"}]
    source, lake = write_dump(tmp_path / "a.json", documents), tmp_path / "lake"
    dump = read(source, lake, expand=["body"])
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    found = [(row["body"], row["body_text"]) for row in rows(partition(lake, SILVER))]
    assert found == [({"a": {"b": 1.5}}, None), (None, "x")]
    assert silver.prove_again(Lake(lake), DAY, [str(source)]) == dump.staged.leaves


def test_paths_are_left_out_and_the_rest_is_proved_again(spark: Any, tmp_path: Path) -> None:
    documents = [{"_id": 1, "a": {"x": 1, "y": 2}, "l": [{"n": 1, "m": 2}]}, {"_id": 2, "z": 3}]
    source, lake = write_dump(tmp_path / "a.json", documents), tmp_path / "lake"
    dump = read(source, lake, include=["a", "l[].n"], exclude=["a.y"])
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    assert rows(partition(lake, SILVER)) == [
        {"_id": 1, "a": {"x": 1}, "l": [{"n": 1}]},
        {"_id": 2, "a": None, "l": None},
    ]
    assert "a.y, l[].m, z: left out, as asked, with 3 values" in dump.notes()
    assert silver.prove_again(Lake(lake), DAY, [str(source)]) == dump.staged.leaves


def test_arrays_become_fields_and_are_proved_again(spark: Any, tmp_path: Path) -> None:
    source = write_dump(tmp_path / "a.json", [{"_id": 1, "t": ["a", "b"]}, {"_id": 2, "t": ["c"]}])
    lake = tmp_path / "lake"
    dump = read(source, lake, as_columns=["t"])
    silver.publish_silver(spark, silver.silver_users(spark, dump, set()), dump, set())
    found = [row["t"] for row in rows(partition(lake, SILVER))]
    assert found == [{"0": "a", "1": "b"}, {"0": "c", "1": None}]
    assert silver.prove_again(Lake(lake), DAY, [str(source)]) == dump.staged.leaves
