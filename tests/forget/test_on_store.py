"""Forgetting on S3: gone from what is published, from what was before, from runs; at any kill."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from support.chain import rows, write_dump
from support.cloud import answer, faults, met, refusal
from support.people import KEY, TRACES, mentions, people
from support.processes import environment, workbench
from workbench import services
from workbench.catalog import VARIABLE
from workbench.cli import main
from workbench.errors import LakeError, NotWhole, StorageError
from workbench.forget.places import Places
from workbench.forget.requests import forget_date, forget_key
from workbench.lake import lake_at
from workbench.lake.hash_key import KEY_VARIABLE
from workbench.lake.lease import LEASE
from workbench.lake.lease import said as lease_of
from workbench.lake.lock import LOCK_HELD
from workbench.proof import SilverManifest
from workbench.storage import place_of, s3, stand_in, store_of

pytestmark = pytest.mark.cloud
DAYS = ("2022-01-17", "2022-01-18", "2022-01-19")  # in the last the person is not
EVERY = os.environ.get("WORKBENCH_TEST_EVERY_KILL") == "1"
KILLS = 4  # of all at which it could be, unless every one is asked for
SECRET = "the same for all of these lakes"


@pytest.fixture(scope="module")
def made(s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What three runs leave on a store, by name: a lake, its runs; their address is `s3://made`."""
    from support import cloud

    place, own = tmp_path_factory.mktemp("made"), cloud.environment(s3_server)
    cloud.make_bucket(s3_server, "made")
    damaged = f'{{"_id": {KEY}, "name": '
    dumps: list[list[Any]] = [
        [*people(), damaged],
        people()[1:],
        [p for p in people() if p["_id"] != KEY],
    ]
    for day, documents in zip(DAYS, dumps, strict=True):
        source = write_dump(place / f"{day}.json", documents)
        asked = ["--source", source, "--lake", "s3://made/lake", "--runs", "s3://made/runs"]
        more = ["--ingestion-date", day, "-p", "max_bad_share=0.5"]
        done = workbench("run", *asked, *more, env=environment() | own | {KEY_VARIABLE: SECRET})
        assert done.returncode == 0, done.stderr
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        s3.made_client.cache_clear()
        there = store_of("s3://made")
        found = {
            one.address[len("s3://made/") :]: place_of(one.address).read() for one in there.files()
        }
        s3.made_client.cache_clear()
    return found


@pytest.fixture
def place(made: dict[str, bytes], bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy of it, at an address of its own."""
    monkeypatch.setenv(KEY_VARIABLE, SECRET)
    monkeypatch.setenv("SPARK_CONNECT_MODE_ENABLED", "1")
    fill(bucket, made)
    return bucket


def fill(bucket: str, made: dict[str, bytes]) -> None:
    store_of(bucket).remove([found.address for found in store_of(bucket).files()])
    for name, data in made.items():
        place_of(f"{bucket}/{name}").write(data.replace(b"s3://made/", f"{bucket}/".encode()))


def brought(bucket: str, folder: Path) -> Path:
    """All that is there, on this machine."""
    for found in store_of(bucket).files():
        path = folder / found.address[len(bucket) + 1 :]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(place_of(found.address).read())
    return folder


def traces(bucket: str, folder: Path) -> list[str]:
    there = brought(bucket, folder)
    return [f"{name}: {trace}" for trace in TRACES for name in mentions(there, trace)]


def forgotten(bucket: str, spark: Any, dry: bool = False) -> list[str]:
    places = Places(lake_at(f"{bucket}/lake"), stand_in(f"{bucket}/runs"), dry)
    return list(forget_key(places, str(KEY), "_id", lambda: spark))


def what(bucket: str) -> dict[str, bytes]:
    """What stands there, but for the lease."""
    every = (found.address for found in store_of(bucket).files())
    return {one: place_of(one).read() for one in every if not one.endswith("/lock")}


def test_a_person_is_gone_from_all_dates_and_from_all_that_runs_left(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert traces(place, tmp_path / "before")
    before = what(place)
    asked = ["forget", "--key", str(KEY), "--lake", f"{place}/lake", "--runs", f"{place}/runs"]
    assert main([*asked, "--dry-run"]) == 0, capsys.readouterr().err
    tried = capsys.readouterr().out
    assert what(place) == before
    assert main(asked) == 0, capsys.readouterr().err
    told = capsys.readouterr().out
    assert traces(place, tmp_path / "after") == [] and not any(trace in told for trace in TRACES)
    for day in DAYS[:2]:
        for line in ("silver.users of {}: 1 row", "gold.user_scores of {}: counted again, "):
            assert line.format(day) in told and line.format(day) in tried
    assert f"quarantine.users of {DAYS[0]}: 1 document removed" in tried
    assert "files of other versions removed" in told and DAYS[2] not in told
    assert main(["verify", "--lake", f"{place}/lake"]) == 0
    assert capsys.readouterr().out.count("as published") == 12
    lake = lake_at(f"{place}/lake")
    first = lake.manifest("silver", "users", DAYS[0], SilverManifest)
    assert (first.rows, first.documents, first.reasons) == (7, 7, {})
    named = [lake.existing("silver", "users", day) for day in DAYS]
    assert [sorted(row["_id"] for row in rows(folder)) for folder in named[::2]] == [
        sorted(p["_id"] for p in people() if p["_id"] != KEY)
    ] * 2
    assert main(asked) == 1 and "has nothing of that key" in capsys.readouterr().err
    runs = store_of(f"{place}/runs")
    for run in runs.folders():
        assert {"report.html", "run.json"} <= {
            found.address.rsplit("/", 1)[1] for found in runs.join(run).files()
        }


class Killed(BaseException):
    """The process is no more: nothing that it still does reaches the store."""


@contextmanager
def killed_before(change: int) -> Iterator[list[str]]:
    """From so many changes on, no request is sent any more. Gives the changes that were made."""
    made: list[str] = []

    def meet(request: Any, **_: Any) -> None:
        if len(made) == change:
            raise Killed
        if request.method != "GET" and request.method != "HEAD":
            made.append(request.url)

    events = s3.client().meta.events
    events.register("before-send.s3", meet)
    try:
        yield made
    finally:
        events.unregister("before-send.s3", meet)


def ended(bucket: str) -> None:
    """The lease of a process that was killed has run out."""
    store_of(f"{bucket}/lake/.workbench/lock").write(lease_of("of who was killed", 0))


def test_a_request_that_was_killed_anywhere_is_done_whole_when_it_is_asked_again(
    place: str, made: dict[str, bytes], sail_session: Any, tmp_path: Path
) -> None:
    with killed_before(-1) as all_of_them:
        forgotten(place, sail_session)
    changes = len(all_of_them)
    assert changes > 40
    few = range(1, changes, changes // KILLS)
    for change in range(1, changes) if EVERY else few:
        fill(place, made)
        with killed_before(change), pytest.raises(Killed):
            forgotten(place, sail_session)
        ended(place)
        with suppress(LakeError):  # only its last word was left, to give the lease back
            forgotten(place, sail_session)
        assert traces(place, tmp_path / str(change)) == [], change
        assert main(["verify", "--lake", f"{place}/lake"]) == 0, change
        with pytest.raises(LakeError, match="has nothing of that key"):
            forgotten(place, sail_session)


def test_what_nothing_names_any_more_goes_too(
    place: str, sail_session: Any, tmp_path: Path
) -> None:
    """A version that was replaced; that of a run that was killed; uploads cut off; of a date that
    was never published, too, and where nothing else is left."""
    told = store_of(f"{place}/lake/silver/users/ingestion_date={DAYS[0]}")
    (file,) = lake_at(f"{place}/lake").files("silver", "users", DAYS[0])
    rows_of_all = place_of(file).read()
    for where in (told, store_of(f"{place}/lake/silver/users/ingestion_date=2022-02-01")):
        where.join("version-0-killed", "part-00000.parquet").write(rows_of_all)
    cut = told.join("version-1-cut", "part-00000.parquet")
    bucket = place.removeprefix("s3://")
    never = store_of(f"{place}/lake/gold/user_products/ingestion_date=2022-02-02/version-0-cut/0")
    alone = store_of(f"{place}/lake/silver/users/ingestion_date={DAYS[2]}/version-1-cut/0")
    for one in (cut, never, alone, store_of(f"{place}/lake/.workbench/staging/a/0")):
        of_cut = {"Bucket": bucket, "Key": str(one)[len(place) + 1 :]}
        s3.client().create_multipart_upload(**of_cut)
    said = forgotten(place, sail_session)
    assert "silver.users of 2022-02-01: 1 file of other versions removed" in said
    assert traces(place, tmp_path) == []
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=bucket)


def test_a_bucket_that_keeps_what_is_removed_is_named(
    place: str, made: dict[str, bytes], sail_session: Any
) -> None:
    kept = {"Status": "Enabled"}
    s3.client().put_bucket_versioning(
        Bucket=place.removeprefix("s3://"), VersioningConfiguration=kept
    )
    fill(place, made)
    said = rf"earlier states of files below {place}/lake, .*\n.* below {place}/runs, "
    for dry in (True, False):
        with pytest.raises(NotWhole, match=said):
            forgotten(place, sail_session, dry)


def locations(glue: Any) -> dict[tuple[str, str], str]:
    """Where the catalog has the partitions of each table."""
    found = {}
    for layer in ("silver", "gold"):
        for table in glue.get_tables(DatabaseName=layer)["TableList"]:
            named = {"DatabaseName": layer, "TableName": table["Name"]}
            for one in glue.get_partitions(**named)["Partitions"]:
                at = one["StorageDescriptor"]["Location"]
                found[f"{layer}.{table['Name']}", one["Values"][0]] = at
    return found


def test_the_catalog_names_what_is_left_and_nothing_of_before(
    place: str, sail_session: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also where the catalog refused once: then the same request does the rest."""
    services.made_client.cache_clear()
    glue = services.client("glue")
    for layer in ("silver", "gold"):
        glue.create_database(DatabaseInput={"Name": layer})
    with monkeypatch.context() as patch:
        patch.setenv(VARIABLE, "{layer}")
        assert main(["aws", "catalog", "--lake", f"{place}/lake"]) == 0
    before = locations(glue)
    refused = refusal("AccessDeniedException")
    with (
        met(glue, "glue.UpdatePartition", [refused] * 9),
        pytest.raises(LakeError, match="the catalog does not say so"),
    ):
        forgotten(place, sail_session)
    forgotten(place, sail_session)
    after = locations(glue)
    assert len(before) == 9 and before.keys() == after.keys()
    of_them = {name for name, at in before.items() if after[name] != at}
    assert of_them == {name for name in before if name[1] in DAYS[:2]}
    for (name, day), at in after.items():
        files = [one.address for one in store_of(at).files() if one.address.endswith(".parquet")]
        layer, _, table = name.partition(".")
        assert files == lake_at(f"{place}/lake").files(layer, table, day)
    assert not any(list(store_of(before[name]).files()) for name in of_them)
    assert traces(place, tmp_path) == []
    assert main(["aws", "catalog", "--check", "--lake", f"{place}/lake"]) == 0


def test_a_date_is_gone_with_its_runs(place: str) -> None:
    before = what(place)
    places = Places(lake_at(f"{place}/lake"), stand_in(f"{place}/runs"))
    said = list(forget_date(places, DAYS[0]))
    assert f"silver.users of {DAYS[0]}: 8 rows removed" in said and len(said) == 5
    first = sorted(store_of(f"{place}/runs").folders())[0]
    gone = {name for name in before if first in name or f"ingestion_date={DAYS[0]}" in name}
    left = f"{place}/runs/{first}/run.json"
    assert {*what(place)} == ({*before} - gone) | {left}
    assert json.loads(place_of(left).read())["state"] == "forgotten"


def test_a_store_that_fails_is_asked_again_or_said_and_the_next_request_does_the_rest(
    place: str, sail_session: Any, tmp_path: Path
) -> None:
    busy = answer(503, "SlowDown")
    with (
        faults("PutObject", *[None] * 9, busy, busy, *[None] * 12, answer(400, "ExpiredToken")),
        faults("GetObject", *[None, busy] * 9),
        pytest.raises(StorageError, match="the credentials have expired"),
    ):
        forgotten(place, sail_session)
    forgotten(place, sail_session)
    assert traces(place, tmp_path) == []


def test_one_at_a_time_forgets_and_who_comes_late_publishes_nothing_of_before(
    place: str, sail_session: Any, tmp_path: Path
) -> None:
    lake = lake_at(f"{place}/lake")
    staged = tmp_path / "staged"
    shutil.copytree(lake.existing("silver", "users", DAYS[2]), staged)
    manifest = lake.manifest("silver", "users", DAYS[2])

    def by_another() -> None:
        with mock.patch.dict(os.environ):
            for name in (LOCK_HELD, LEASE):
                os.environ.pop(name)
            forgotten(place, sail_session)

    def meanwhile(request: Any) -> None:
        """The lease has run out while files were sent, and another forgets somebody."""
        ended(place)
        by_another()

    with lake.lock():
        with pytest.raises(LakeError, match="is in use by another run"):
            by_another()
        with (
            faults("PutObject", meanwhile),
            pytest.raises(LakeError, match="was taken over by another run"),
        ):
            lake.publish(staged, "silver", "users", DAYS[2], manifest)
    assert main(["verify", "--lake", f"{place}/lake"]) == 0
    with lake.lock():
        lake.publish(staged, "silver", "users", DAYS[2], manifest)


@pytest.mark.parametrize("on_store", ["lake", "runs"])
def test_the_lake_knows_where_its_runs_are_on_either_side(
    on_store: str, place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = brought(place, tmp_path / "here")
    at = {name: place if name == on_store else str(there) for name in ("lake", "runs")}
    for run in [*there.glob("runs/*/run.json")]:
        text = run.read_text().replace(f"{place}/lake", f"{at['lake']}/lake")
        place_of(f"{at['runs']}/runs/{run.parent.name}/run.json").write(text.encode())
    if on_store == "runs":
        for pointer in there.glob("lake/*/*/*/_current.json"):  # as a lake here has it
            (version,) = pointer.parent.glob("version-*")
            pointer.unlink()
            for file in version.iterdir():
                file.rename(pointer.parent / file.name)
            version.rmdir()
    lake_at(f"{at['lake']}/lake").remember_runs(f"{at['runs']}/runs")
    unused = tmp_path / "unused"
    unused.mkdir()
    asked = ["forget", "--key", str(KEY), "--lake", f"{at['lake']}/lake", "--runs", str(unused)]
    assert main(asked) == 0, capsys.readouterr().err
    for side, root in at.items():
        folder = brought(place, tmp_path / "after") if side == on_store else Path(root)
        assert not any(mentions(folder / side, trace) for trace in TRACES)
