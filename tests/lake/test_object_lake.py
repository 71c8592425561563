"""A lake on S3 holds what one on this machine holds; the commands take it as they take that."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import NoCredentialsError

from support.chain import write_dump
from support.cloud import answer, faults
from support.processes import environment, workbench
from workbench.cli import main
from workbench.errors import LakeError, RequestError
from workbench.lake import (
    Versions,
    lake_at,
    object_lake,
    read_arrow,
    read_pandas,
    read_together,
    versions,
)
from workbench.lake.hash_key import KEY_VARIABLE
from workbench.lake.lease import said as lease_of
from workbench.proof import Manifest, SilverManifest
from workbench.sample import write_sample
from workbench.schema import of_arrow, to_json
from workbench.sql import run_sql
from workbench.storage import LONGEST_RUN, Store, place_of, s3, stamped, store_of

pytestmark = pytest.mark.cloud
DAY = "2022-01-18"
TABLES = ("silver.users", "gold.user_products", "gold.user_scores")


def aws() -> dict[str, str]:
    """The environment of a command, which finds the store."""
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return environment() | own | {KEY_VARIABLE: "the same for both lakes"}


def well(*command: str | Path, cwd: Path | None = None, **more: str) -> str:
    """What a command says that ends well."""
    done = workbench(*command, env=aws() | more, timeout=500, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run(source: str, lake: str, runs: str, engine: str, **more: Any) -> str:
    asked = ("--source", source, "--lake", lake, "--runs", runs, "--ingestion-date", DAY)
    return well("run", *asked, "--engine", engine, **more)


@pytest.mark.parametrize("engine", ["sail", "spark"])
def test_the_chain_makes_the_same_tables_there(engine: str, bucket: str, tmp_path: Path) -> None:
    dump, here, there = tmp_path / "users.json", tmp_path / "lake", f"{bucket}/lake"
    write_sample(dump, 300, flaws=True)
    place_of(f"{bucket}/users.json").write(dump.read_bytes())
    run(str(dump), str(here), str(tmp_path / "runs"), engine)
    runs = f"{bucket}/runs"
    well("aws", "catalog", "--lake", there, "--catalog", f"{engine}_{{layer}}")  # remembered
    (temporary := tmp_path / "t").mkdir()
    said = run(f"{bucket}/users.json", there, runs, engine, TMPDIR=str(temporary))
    assert not [*temporary.iterdir()]  # no copy of a table stays on this machine
    known = well("aws", "catalog", "--check", "--lake", there)
    assert known.splitlines() == [f"{engine}_{table}: as the lake has it" for table in TABLES]
    assert f"tables     {there}" in said and "are accounted for" in said
    for table in TABLES:
        ours, theirs = (read_arrow(lake, table).to_pylist() for lake in (here, there))
        assert sorted(map(repr, theirs)) == sorted(map(repr, ours))
    (folder,) = store_of(runs).folders()
    assert f"report     {runs}/{folder}/report.html" in said
    kept = store_of(f"{runs}/{folder}")
    names = {found.address.removeprefix(f"{kept}/") for found in kept.files()}
    steps = json.loads(kept.join("run.json").read())["steps"]
    assert names > {f"{step}.ipynb" for step in steps} | {f"records/{step}.json" for step in steps}
    assert names > {"report.html", "charts/score_ranges.png", "charts/score_ranges.svg"}
    assert steps["01_silver_users"]["output"].startswith(f"{there}/silver/users/")
    another, of_another = tmp_path / "another", tmp_path / "temporary"
    for folder_of_it in (another, of_another):
        folder_of_it.mkdir()
    machine: dict[str, Any] = {"cwd": another, "TMPDIR": str(of_another)}
    again = well("run", "--resume", folder, "--runs", runs, **machine)
    assert again.count("reused") == 4 and not [*another.iterdir()]
    listed = well("runs", "--runs", runs, "--format", "csv", **machine).splitlines()
    assert len(listed) == 3 and listed[2].startswith(folder)
    for name in (folder, f"{runs}/{folder}"):
        report = Path(well("open", name, "--runs", runs, **machine).strip())
        assert report.read_bytes() == kept.join("report.html").read()
    compared = well("compare", folder, "latest", "--runs", runs, **machine)
    page = compared.split("charts     ")[1].strip()
    assert page.startswith(f"{runs}/") and place_of(page).exists()


@pytest.fixture
def held(bucket: str, tmp_path: Path) -> str:
    """A lake there with a table of two dates; its address."""
    lake = lake_at(f"{bucket}/lake")
    with lake.lock():
        for day, score in (("2022-01-17", 1), (DAY, 2.5)):
            table = pa.table({"_id": ["a"], "score": [score]})
            (tmp_path / day).mkdir()
            pq.write_table(table, tmp_path / day / "0.parquet")
            schema = to_json(of_arrow(pa.struct(list(table.schema))))
            told = SilverManifest(
                rows=1, documents=1, quarantined=0, reasons={}, sources=[], schema=schema
            )
            lake.publish(tmp_path / day, "silver", "users", day, told)
    return str(lake.root)


def test_commands_and_readers_take_it(held: str, spark: Any) -> None:
    both = read_together(spark, held, "silver.users").orderBy("ingestion_date").collect()
    assert [(str(row.ingestion_date), row.score) for row in both] == [("2022-01-17", 1), (DAY, 2.5)]
    assert read_pandas(held, "silver.users", [DAY])["score"].to_list() == [2.5]
    lake = lake_at(held)
    assert lake.dates("silver", "users") == ["2022-01-17", DAY]
    assert lake.tables("silver") == ["users"] and lake.tables("gold") == []
    with pytest.raises(LakeError, match=rf"no ingestion_date 2021-01-01 .*there: .*{DAY}"):
        lake.manifest("silver", "users", "2021-01-01")
    asked = run_sql("select count(*) as n from silver.users", held, {}, spark=lambda: spark)
    assert asked["n"].to_list() == [2]


def test_who_reads_while_another_publishes_has_one_version(
    held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_at(held)
    existing, staged = lake.existing, tmp_path / "next"

    def overtaken(layer: str, table: str, day: str) -> Path:
        found = existing(layer, table, day)
        if not staged.exists():
            staged.mkdir()
            pq.write_table(pa.table({"_id": ["b"], "score": [3.5]}), staged / "1.parquet")
            with lake.lock():
                lake.publish(staged, layer, table, day, lake.manifest(layer, table, day))
        return found

    monkeypatch.setattr(lake, "existing", overtaken)
    read = [pq.read_table(lake.proved("silver", "users", DAY)) for _ in range(2)]
    assert [table["score"].to_pylist() for table in read] == [[2.5], [3.5]]


def test_the_files_of_a_table_are_named(held: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["files", "silver.users", "--lake", held]) == 0
    named = capsys.readouterr().out.split()
    assert len(named) == 2 and all(name.startswith(f"{held}/silver/users/") for name in named)
    assert main(["files", "silver.users", "--lake", held, "--ingestion-date", DAY]) == 0
    (last,) = capsys.readouterr().out.split()
    assert last == named[1] and f"ingestion_date={DAY}/version-" in last
    assert main(["verify", "--lake", held]) == 0
    assert capsys.readouterr().out.count("as published") == 2
    assert main(["schema", "--lake", held]) == 0
    assert "score: double" in capsys.readouterr().out
    for table, told in (("silver.none", "no ingestion in the lake"), ("users", "layer.table")):
        assert main(["files", table, "--lake", held]) in (1, 2)
        assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("operation", "fault", "said"),
    [
        ("ListObjectsV2", answer(400, "ExpiredToken"), "the credentials have expired"),
        ("ListObjectsV2", answer(403, "AccessDenied"), "there is no permission"),
        ("ListObjectsV2", answer(301, "PermanentRedirect"), "in another region"),
        ("ListObjectsV2", NoCredentialsError(), "there are no credentials"),
        ("HeadObject", answer(403, "403"), "there is no permission"),
        ("ListObjectsV2", None, "there is no bucket nowhere"),
    ],
)
def test_a_command_says_in_one_sentence_what_a_store_refuses(
    operation: str, fault: Any, said: str, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = held if fault else "s3://nowhere/lake"
    with faults(operation, *[fault] * 3), faults("GetObject", *[fault] * 2):
        assert main(["files", "silver.users", "--lake", lake]) == 1
    err = capsys.readouterr().err
    assert said in err and err.startswith("error: s3://") and err.count("\n") == 1


def test_what_nothing_names_is_swept_hours_later_wherever_it_is(
    held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, bucket = lake_at(held), held.split("/")[2]
    files = {found.address for found in store_of(held).files()}
    left = [f"{held}/silver/users/ingestion_date={day}" for day in (DAY, "2020-01-01")]
    for partition in left:
        place_of(f"{partition}/version-0-dead/0.parquet").write(b"rows")
    cut = f"{left[1]}/version-1-dead/0.parquet".removeprefix(f"s3://{bucket}/")
    s3.client().create_multipart_upload(Bucket=bucket, Key=cut)

    def swept() -> tuple[set[str], int]:
        lake.sweep()
        uploads = s3.client().list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        return {found.address for found in store_of(held).files()} - files, len(uploads)

    with monkeypatch.context() as patch:
        patch.setattr(versions, "made_at", lambda version: time.time())
        assert len(swept()[0]) == 2  # to moto, every upload began in 2010
    monkeypatch.setattr(object_lake, "GRACE", -60)
    assert swept() == (set(), 0)
    assert read_arrow(held, "silver.users").num_rows == 2


def test_what_a_killed_driver_has_staged_is_swept_two_days_later_or_by_who_forgets(
    held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a lake, and beside the tables of `workbench flatten`; what may be in use stays."""
    lake, tables = lake_at(held), Versions(store_of(f"{held}-tables"))
    now = time.time()

    def begun(place: Store, ago: float) -> str:
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: now - ago)
            file = place.join(stamped(), "documents", "block-000000.parquet")
        file.write(b"rows")
        return str(file)

    for place, sweep in (
        (store_of(f"{held}/.workbench/staging"), lake.sweep),
        (tables.partition.join(".staging"), tables.sweep),
    ):
        begun(place, LONGEST_RUN + 600)
        young = begun(place, LONGEST_RUN - 600)
        sweep()
        assert [found.address for found in place.files()] == [young]
    assert lake.left_staged() == len(tables.others()) == 1
    (mine, others) = (f"{held}/.workbench/staging/{stamped()}-{mark}/a" for mark in ("m", "xm"))
    for file in (mine, others):
        place_of(file).write(b"rows")
    lake.sweep(over="m")
    assert not place_of(mine).exists() and place_of(others).exists()
    with lake.lock():
        lake.remove_staged()
    tables.remove_others()
    assert lake.left_staged() == len(tables.others()) == 0
    assert read_arrow(held, "silver.users").num_rows == 2


def test_it_keeps_no_key_of_the_hashes(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    with pytest.raises(RequestError, match=f"Set {KEY_VARIABLE}"):
        lake_at(f"{bucket}/lake").hash_key("2022-01-18")


def test_a_run_without_a_key_is_refused_before_it_starts(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    dump, runs = write_dump(tmp_path / "dump.json", [{"_id": "a"}]), tmp_path / "runs"
    asked = ["run", "--source", str(dump), "--lake", f"{bucket}/lake", "--runs", str(runs)]
    assert main(asked) == 2
    assert f"Set {KEY_VARIABLE}" in capsys.readouterr().err
    assert not [*store_of(bucket).files()]


def test_a_run_whose_lease_was_taken_over_publishes_nothing(bucket: str, tmp_path: Path) -> None:
    lake = lake_at(f"{bucket}/lake")
    staged = tmp_path / "staged"
    staged.mkdir()
    with lake.lock():
        store_of(f"{bucket}/lake/.workbench/lock").write(lease_of("another", 60))
        with pytest.raises(LakeError, match="was taken over by another run"):
            lake.publish(staged, "silver", "users", DAY, Manifest(rows=0))
    assert not lake.has("silver", "users", DAY)


def test_ingestions_there_are_restated_too(bucket: str, tmp_path: Path) -> None:
    days = {"2024-01-01": {"_id": "a", "n": 1, "o": {"p": 1}}, DAY: {"_id": "b", "n": 0.5, "m": 1}}
    place = f"{bucket}/drifting"
    for day, document in days.items():
        dump = write_dump(tmp_path / f"{day}.json", [document])
        asked = ("--source", dump, "--lake", place, "--runs", tmp_path, "--ingestion-date", day)
        well("run", *asked, "-p", "on_drift=restate")
    lake = lake_at(place)
    for layer, table in (("silver", "users"), ("gold", "user_products")):
        read = [pq.read_table(lake.existing(layer, table, day), partitioning=None) for day in days]
        assert read[0].schema.equals(read[1].schema)
        assert sorted(row["n"] for one in read for row in one.to_pylist()) == [0.5, 1.0]


def test_a_step_that_is_a_job_waits_for_another_that_publishes(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_at(f"{bucket}/lake")
    lock = store_of(f"{bucket}/lake/.workbench/lock")
    lock.write(lease_of("another", 60))
    with pytest.raises(LakeError, match="is in use by another run"), lake.lock():
        pass
    lock.write(lease_of("another", 1))
    monkeypatch.setenv(object_lake.WAITS, "60")
    with lake.lock():
        pass
