"""Partitions on S3: a reader sees the old version or the new one, whole, whatever happens."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.fs as arrow_fs
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from support.cloud import answer, faults
from support.processes import LIMIT
from workbench.errors import LakeError, StorageError
from workbench.lake import versions
from workbench.lake.lease import lease
from workbench.lake.versions import Versions
from workbench.storage import s3, store_of

pytestmark = pytest.mark.cloud
PARTS, ROWS = 2, 50
STEPS = [*(f"uploaded {n}.parquet" for n in range(PARTS)), "committed"]


def staged(folder: Path, value: int) -> Path:
    """Some files whose rows all hold one value."""
    folder.mkdir(parents=True)
    for n in range(PARTS):
        pq.write_table(pa.table({"v": [value] * ROWS}), folder / f"{n}.parquet")
    return folder


def store() -> arrow_fs.S3FileSystem:
    address = os.environ["AWS_ENDPOINT_URL"].split("//")[1]
    return arrow_fs.S3FileSystem(endpoint_override=address, scheme="http")


def rows(files: list[str]) -> list[int]:
    """What a plain reader of the paths finds."""
    there = store()
    read = [pq.read_table(f.removeprefix("s3://"), filesystem=there)["v"] for f in files]
    return [value for column in read for value in column.to_pylist()]


def rows_in_duckdb(files: list[str]) -> list[int]:
    there = dataset.dataset([dataset.dataset(file) for file in files])  # as the README says
    found = duckdb.connect().register("there", there).execute("select v from there").fetchall()
    return [value for (value,) in found]


def killed_at(step: str, publish: Callable[[Callable[[str], None]], object]) -> None:
    """Publishes in a process that is killed behind a step."""

    def kill(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        publish(kill)
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("step", STEPS)
def test_a_writer_killed_at_any_step_leaves_a_whole_version(
    step: str, bucket: str, tmp_path: Path
) -> None:
    partition = Versions(store_of(f"{bucket}/silver/users/ingestion_date=2022-01-18"))
    partition.publish(staged(tmp_path / "one", 1), None)
    two = staged(tmp_path / "two", 2)
    killed_at(step, lambda at: partition.publish(two, partition.current(), at))
    assert rows(partition.files()) == [2 if step == "committed" else 1] * ROWS * PARTS
    partition.publish(staged(tmp_path / "three", 3), partition.current())
    assert rows(partition.files()) == [3] * ROWS * PARTS
    partition.sweep(grace=0)
    assert all_of(partition) == sorted([str(partition.pointer), *partition.files()])


def all_of(partition: Versions) -> list[str]:
    return sorted(found.address for found in partition.partition.files())


def test_a_writer_killed_in_the_middle_of_a_file_leaves_no_part_of_it(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.storage.s3_place.PART", 5 << 20)
    partition = Versions(store_of(f"{bucket}/users"))
    partition.publish(staged(tmp_path / "one", 1), None)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "0.parquet").write_bytes(os.urandom(11 << 20))

    def publish(kill: Callable[[str], None]) -> None:
        with faults("UploadPart", None, lambda request: kill("in the middle")):
            partition.publish(tmp_path / "two", partition.current())

    killed_at("in the middle", publish)
    uploads = partial(s3.client().list_multipart_uploads, Bucket=bucket.removeprefix("s3://"))
    assert len(uploads()["Uploads"]) == 1 and rows(partition.files()) == [1] * ROWS * PARTS
    partition.sweep(grace=0)
    assert "Uploads" not in uploads() and rows(partition.files()) == [1] * ROWS * PARTS


def test_a_version_stays_for_those_who_read_it(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "made_at", lambda version: 0.0)  # long ago
    partition = Versions(store_of(f"{bucket}/users"))
    partition.publish(staged(tmp_path / "one", 1), None)
    read = partition.files()
    partition.publish(staged(tmp_path / "two", 2), partition.current())
    assert rows(read) == [1] * ROWS * PARTS
    partition.sweep(grace=0)
    assert all_of(partition) == sorted([str(partition.pointer), *partition.files()])


@pytest.mark.parametrize("operation", ["PutObject", "GetObject", "ListMultipartUploads"])
def test_a_store_that_is_slow_or_cuts_connections_is_asked_again(
    operation: str, bucket: str, tmp_path: Path
) -> None:
    partition = Versions(store_of(f"{bucket}/users"))
    lost = [ConnectionClosedError(endpoint_url="x"), ReadTimeoutError(endpoint_url="x")]
    with faults(operation, answer(503, "SlowDown"), *lost, answer(500, "InternalError")) as sent:
        partition.publish(staged(tmp_path / "one", 1), None)
    assert rows(partition.files()) == [1] * ROWS * PARTS and len(sent) > 4


def test_a_commit_whose_answer_was_lost_was_made_once(bucket: str, tmp_path: Path) -> None:
    partition = Versions(store_of(f"{bucket}/users"))
    partition.publish(staged(tmp_path / "one", 1), None)

    def done_but_cut(request: Any) -> None:
        URLLib3Session().send(request)
        raise ConnectionClosedError(endpoint_url="x")

    with faults("PutObject", *[None] * PARTS, done_but_cut):
        partition.publish(staged(tmp_path / "two", 2), partition.current())
    assert rows(partition.files()) == [2] * ROWS * PARTS


def test_of_two_writers_at_once_one_wins_and_readers_see_no_half(
    bucket: str, tmp_path: Path
) -> None:
    partition = Versions(store_of(f"{bucket}/users"))
    folders = [staged(tmp_path / str(value), value) for value in range(4)]
    partition.publish(folders[0], None)
    ended, looks, wrong = threading.Event(), [0, 0, 0], []

    def ours() -> list[int]:
        folder = partition.fetch(tmp_path / "copies")
        assert folder
        return [*map(int, pq.read_table(folder)["v"].to_pylist())]

    def look(number: int, read: Callable[[], list[int]]) -> None:
        while not ended.is_set():
            try:
                seen: Any = read()
            except Exception as error:
                seen = [error]
            looks[number] += 1
            if len(seen) != ROWS * PARTS or len(set(seen)) != 1:
                wrong.append(seen)

    ways = (ours, lambda: rows(partition.files()), lambda: rows_in_duckdb(partition.files()))

    def write(folder: Path, before: versions.Current | None) -> bool:
        try:
            partition.publish(folder, before)
        except LakeError as error:
            if "was published by another run in the meantime" not in str(error):
                raise
            return False
        return True

    readers = [threading.Thread(target=look, args=way) for way in enumerate(ways)]
    for reader in readers:
        reader.start()
    try:
        with ThreadPoolExecutor(2) as writers:
            for race in range(20):
                before = partition.current()
                pair = folders[1:3] if race % 2 else folders[2:4]
                assert sorted(writers.map(write, pair, [before, before])) == [False, True]
    finally:  # else they would ask the store during other tests
        ended.set()
        for reader in readers:
            reader.join()
    assert not wrong and min(looks) > 5


def test_the_paths_can_be_read_by_other_tools(bucket: str, tmp_path: Path) -> None:
    partition = Versions(store_of(f"{bucket}/users"))
    assert partition.files() == [] and partition.fetch(tmp_path / "copies") is None
    partition.publish(staged(tmp_path / "one", 1), None)
    copy = partition.fetch(tmp_path / "copies")
    assert copy and copy == partition.fetch(tmp_path / "copies")
    query = f"select count(*), min(v) from '{copy}/*.parquet'"
    found = duckdb.connect().execute(query).fetchall()
    assert found == [(ROWS * PARTS, 1)]


def test_what_does_not_arrive_as_it_was_is_not_published(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = Versions(store_of(f"{bucket}/users"))
    one = staged(tmp_path / "one", 1)
    monkeypatch.setattr(versions, "file_digest", str)
    with pytest.raises(LakeError, match="does not hold the bytes that were written"):
        partition.publish(one, None)
    assert partition.current() is None
    monkeypatch.undo()


def test_a_refused_commit_leaves_the_old_version(bucket: str, tmp_path: Path) -> None:
    partition = Versions(store_of(f"{bucket}/users"))
    partition.publish(staged(tmp_path / "one", 1), None)
    denied = answer(400, "ExpiredToken")
    with (
        faults("PutObject", None, None, denied),
        pytest.raises(StorageError, match="the credentials have expired"),
    ):
        partition.publish(staged(tmp_path / "two", 2), partition.current())
    assert rows(partition.files()) == [1] * ROWS * PARTS
    partition.remove()
    assert partition.current() is None and not [*partition.partition.files()]


def test_one_holds_the_lease_and_a_dead_one_is_taken_over(bucket: str) -> None:
    place = store_of(f"{bucket}/lake")
    refusal = pytest.raises(LakeError, match=r"is in use by another run \(.*process \d+\)")
    with lease(place, seconds=30), refusal:
        lease(place).__enter__()
    child = os.fork()
    if child == 0:
        lease(place, seconds=1).__enter__()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    with lease(place, wait_seconds=LIMIT):
        pass


def test_a_lease_is_renewed_for_as_long_as_it_is_held(bucket: str) -> None:
    place = store_of(f"{bucket}/lake")
    with lease(place, seconds=1.5):
        time.sleep(3)
        with pytest.raises(LakeError, match="is in use"):
            lease(place).__enter__()
