"""A cluster gives the tables that this machine gives, or says why it cannot, whatever is killed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from support import passes
from support.cloud import environment as aws
from support.cloud import make_bucket, object_store
from support.cluster import (
    SMALL,
    Cluster,
    bare_python,
    cluster,
    fetch_connect,
    kill,
    server_of,
)
from support.dumps import LAYOUTS
from support.passes import BLOCK
from support.processes import LIMIT, environment, workbench
from support.processes import started as command_started
from workbench.engines.cluster import check_python
from workbench.errors import EngineError
from workbench.lake import lake_at, object_lake, read_arrow
from workbench.lake.hash_key import KEY_VARIABLE
from workbench.sample import write_sample
from workbench.storage import Place, place_of, s3, store_of

pytestmark = [
    pytest.mark.cloud,
    pytest.mark.skipif(os.geteuid() != 0, reason="networks and file systems apart need root"),
]
DAY = "2022-01-18"
TABLES = ("silver.users", "gold.user_products", "gold.user_scores")
PII_KEY = "of nobody but those who ask for it"
SECRET = "of those whom the store knows"
CONF = [word for name, value in SMALL.items() for word in ("--conf", f"{name}={value}")]
JOBS = 24  # of a chain, the pass over the dump too
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    fetch_connect()
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def server(here: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server_of(here, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def store(here: Cluster) -> Iterator[dict[str, str]]:
    """What finds a store that only the driver is told of."""
    with object_store() as address, pytest.MonkeyPatch.context() as patch:
        make_bucket(address)
        found = aws(address) | {"AWS_SECRET_ACCESS_KEY": SECRET}
        for name, value in found.items():
            patch.setenv(name, value)
        s3.made_client.cache_clear()
        yield found
    s3.made_client.cache_clear()


def variables(here: Cluster, **more: str) -> dict[str, str]:
    return environment() | here.environment | {KEY_VARIABLE: PII_KEY} | more


def asked(here: Cluster, *command: Any, **more: str) -> subprocess.CompletedProcess[str]:
    return workbench(*command, env=variables(here, **more))


def well(here: Cluster, *command: Any, **more: str) -> str:
    done = asked(here, *command, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def same_tables(one: Path | str, other: Path | str) -> bool:
    def rows(lake: Path | str, table: str) -> list[str]:
        return sorted(map(repr, read_arrow(lake, table).to_pylist()))

    return all(rows(one, table) == rows(other, table) for table in TABLES)


@pytest.fixture(scope="module")
def dump(here: Cluster) -> Path:
    """Users, in a file that only the driver sees; compressed, so that executors read it."""
    plain = here.private / "users.json"
    write_sample(plain, 400, flaws=True)
    with plain.open("a", encoding="utf-8") as out:
        out.write(
            json.dumps({"_id": 1, "name": "Ana", "an. odd `name`": {"a.b": 1, "$": [2]}}) + "\n"
        )
    packed = plain.with_suffix(".json.gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    return packed


@pytest.fixture(scope="module")
def local(here: Cluster, dump: Path) -> Path:
    """The lake that this machine makes of it."""
    lake = here.private / "lake"
    well(here, *chain(dump, lake, here.private / "runs", "sail"))
    return lake


def chain(source: Any, lake: Any, runs: Any, engine: str) -> list[Any]:
    told = ["--source", source, "--lake", lake, "--runs", runs, "--ingestion-date", DAY]
    return ["run", *told, "--engine", engine]


@pytest.mark.parametrize("kind", ["classic", "connect"])
@pytest.mark.parametrize("place", ["folder", "store"])
def test_the_chain_makes_the_same_tables_and_its_keys_are_told_to_no_log(
    here: Cluster,
    dump: Path,
    local: Path,
    store: dict[str, str],
    kind: str,
    place: str,
    request: pytest.FixtureRequest,
) -> None:
    """On a store nothing is shared, and executors are told by the driver alone how to ask it."""
    address = here.address if kind == "classic" else request.getfixturevalue("server")
    lake = here.shared / f"lake-{kind}" if place == "folder" else f"s3://lakes/{kind}"
    source: Path | str = dump
    if place == "store":
        source = f"s3://lakes/{kind}.json.gz"
        store_of(source).write(dump.read_bytes())
    logs = here.shared / f"logs-{kind}-{place}"
    logs.mkdir()
    logged = ["spark.eventLog.enabled=true", f"spark.eventLog.dir=file://{logs}"]
    more = [word for pair in logged for word in ("--conf", pair)]
    runs = here.private / f"runs {kind} {place}"
    command = chain(source, lake, runs, address)
    command += CONF + more if kind == "classic" else []
    sent_before = sent_libraries(here)
    with closing(command_started(*command, env=variables(here, **store))) as run:
        if place == "store" and kind == "classic":  # those that come then need what 01 has sent
            silver = store_of(f"{lake}/silver/users/ingestion_date={DAY}/_current.json")
            until(lambda: silver.exists() or run.poll() is not None)
            lose_executors(here)
        said, why = run.communicate(timeout=LIMIT)
    assert run.returncode == 0, why
    assert f" on {address}" in said
    assert same_tables(lake, local)
    events = b"".join(file.read_bytes() for file in logs.rglob("*") if file.is_file())
    assert kind == "connect" or (b"SparkListenerTaskEnd" in events and b"carried_out" in events)
    assert kind == "connect" or events.count(b"SparkListenerJobStart") <= JOBS
    assert len(sent_libraries(here) - sent_before) == (kind == "connect")  # one session for all
    written = [*here.shared.parent.glob("worker*"), *servers(here)]
    files = (file for folder in written for file in [folder, *folder.rglob("*")] if file.is_file())
    everything = events + b"".join(file.read_bytes() for file in files)
    for key in (PII_KEY, PII_KEY.encode().hex(), SECRET):
        assert key.encode() not in everything
    if isinstance(lake, Path):
        assert not [*(lake / ".workbench/staging").iterdir()]
    else:
        assert not [*store_of(f"{lake}/.workbench/staging").files()]


def servers(here: Cluster) -> list[Path]:
    """Where servers of this file work, and log."""
    return [*here.shared.parent.parent.glob("server[0-9]")]


def sent_libraries(here: Cluster) -> set[Path]:
    """What servers were sent, one for each session."""
    return {file for folder in servers(here) for file in folder.rglob("workbench-????????.zip")}


@pytest.fixture(scope="module")
def dumps(here: Cluster) -> dict[str, str]:
    """Dumps of several layouts, some of which the executors see, and what is found in each here."""
    documents = [
        {"_id": n, "name": f"Ana {n}", "mixed": "x" if n == 777 else n, "late": {"n": n}}
        for n in range(1000)
    ]
    found = {}
    for number, layout in enumerate(("ndjson", "pretty array", "minified array")):
        file = (here.private if number == 0 else here.shared) / f"dump{number}.json"
        text = LAYOUTS[layout][1](documents)
        damaged = text if number else text.replace('"name": "Ana 5"', '"name": ', 1) + '{"_id"'
        file.write_text(damaged, encoding="utf-8")
        if number == 1:
            packed = file.with_suffix(".json.gz")
            packed.write_bytes(gzip.compress(file.read_bytes()))
            file = packed
        found[str(file)] = passes.found(str(file), here.private / f"here{number}")
    lines = here.shared / "lines.json"
    shutil.copy(here.private / "dump0.json", lines)
    return found | {str(lines): found[str(here.private / "dump0.json")]}


def on_store(dump: str) -> str:
    """The address of a copy."""
    place = store_of(f"s3://lakes/dumps{dump}")
    place.write(Path(dump).read_bytes())
    return str(place)


def started(
    here: Cluster, address: str, folder: Path | str, *dumps: str, **more: str
) -> subprocess.Popen[str]:
    conf = {"WORKBENCH_CONF": json.dumps(SMALL)} if address.startswith("spark:") else {}
    if isinstance(folder, Path):
        folder.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "support.passes", address, str(folder), *dumps],
        env=variables(here, PYTHONPATH=str(TESTS), **conf, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("kind", "place"), [("classic", "folder"), ("classic", "store"), ("connect", "store")]
)
def test_a_pass_finds_the_same_in_every_dump(
    here: Cluster,
    dumps: dict[str, str],
    store: dict[str, str],
    kind: str,
    place: str,
    request: pytest.FixtureRequest,
) -> None:
    address = here.address if kind == "classic" else request.getfixturevalue("server")
    folder: Path | str = here.shared / kind
    if place == "store":
        folder = f"s3://lakes/passes/{kind}"
        some = [*dumps][1:3] if kind == "classic" else [*dumps][3:]
        dumps = {on_store(dump): dumps[dump] for dump in some}
    passing = started(here, address, folder, *dumps, **store)
    said, why = passing.communicate(timeout=LIMIT)
    digests = said.split()[: len(dumps)]
    assert digests == [*dumps.values()], why
    if place == "folder":
        blocks = sum(os.path.getsize(dump) for dump in dumps if dump.endswith(".json")) // BLOCK
        assert int(said.split()[-1]) < 60 < blocks


def test_who_is_lost_is_done_without_and_nothing_is_there_twice(
    here: Cluster, dumps: dict[str, str]
) -> None:
    dump, folder = str(here.shared / "lines.json"), here.shared / "lost"
    passing = started(here, here.address, folder, dump, dump)
    for number, lose in enumerate((lose_executor, lose_worker)):
        documents = folder / f"pass{number}" / "documents"
        end = time.monotonic() + LIMIT
        while passing.poll() is None and not (documents.is_dir() and [*documents.iterdir()]):
            assert time.monotonic() < end
            time.sleep(0.01)
        lose(here)
    said, why = passing.communicate(timeout=LIMIT)
    here.start()
    assert said.split()[:2] == [dumps[dump]] * 2, why


def lose_executor(here: Cluster) -> None:
    here.executors()[0].kill()


def lose_executors(here: Cluster) -> None:
    for executor in here.executors():
        executor.kill()


def lose_worker(here: Cluster) -> None:
    kill(here.workers.pop())


@pytest.mark.parametrize("place", ["folder", "store"])
def test_what_a_killed_run_has_staged_is_swept_and_nothing_that_is_in_use(
    here: Cluster,
    server: str,
    dump: Path,
    store: dict[str, str],
    place: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = here.shared / "killed" if place == "folder" else "s3://lakes/killed"
    lake, staging = lake_at(root), place_of(f"{root}/.workbench/staging")
    command = chain(dump, root, here.private / f"killed {place}", server)
    run = command_started(*command, env=variables(here, **store))
    until(lambda: has_documents(staging) or run.poll() is not None)
    lake.sweep()
    assert has_documents(staging), run.communicate()
    run.kill()
    run.close()
    if place == "store":
        lake.sweep()
        assert has_documents(staging)
        monkeypatch.setattr(object_lake, "LONGEST_RUN", -60)

    def swept() -> bool:
        lake.sweep()
        with suppress(FileNotFoundError):  # while tasks end
            return not any(staging.files())
        return False

    until(swept)


def has_documents(staging: Place) -> bool:
    """Whether something of a dump is staged there, as far as can be seen while others work."""
    with suppress(FileNotFoundError):
        return any("/documents/" in found.address for found in staging.files())
    return False


def until(there: Callable[[], bool]) -> None:
    """Waits for what the kernel or a task does soon."""
    end = time.monotonic() + LIMIT
    while not there():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("whose", ["Python's", "Spark's"])
def test_a_full_disk_of_executors_ends_the_run_with_nothing_published(
    here: Cluster, dump: Path, store: dict[str, str], whose: str
) -> None:
    """Where they keep what is temporary: what is staged on its way to a store, the library."""
    small = here.shared / "small"
    small.mkdir(exist_ok=True)
    conf, places = [*CONF, "--conf", f"spark.executorEnv.TMPDIR={small}"], [small] * 2
    if whose == "Spark's":
        conf, places = CONF, [work_folder(worker) for worker in here.workers]
    size = "size=64k" if whose == "Python's" else "size=256k"
    for worker, place in zip(here.workers, places, strict=True):  # each has its own there
        within(worker, "mount", "-t", "tmpfs", "-o", size, "none", place)
    lake = f"s3://lakes/full-{whose[:2]}"
    full = asked(
        here, *chain(dump, lake, here.private / f"full {whose}", here.address), *conf, **store
    )
    for worker, place in zip(here.workers, places, strict=True):
        within(worker, "umount", "--lazy", place)
    assert full.returncode == 1 and "the disk of one is full" in full.stderr, full.stderr
    left = [f.address for f in store_of(lake).files() if "/.workbench/" not in f.address]
    assert not left and not [*store_of(f"{lake}/.workbench/staging").files()]


def within(worker: subprocess.Popen[bytes], *command: Any) -> None:
    """A command in the file system that a worker sees."""
    subprocess.run(["nsenter", "-t", str(worker.pid), "-m", *command], check=True)


def work_folder(worker: subprocess.Popen[bytes]) -> Path:
    words = psutil.Process(worker.pid).cmdline()
    return Path(words[words.index("--work-dir") + 1])


@pytest.mark.parametrize("left", [0, 60, 100])
def test_a_full_disk_of_all_ends_the_run_with_nothing_published(
    here: Cluster, server: str, dump: Path, left: int
) -> None:
    """Wherever it is met: by what is staged, by the pass over the dump, by a table."""
    lake, ballast = here.tight / "lake", here.tight / "ballast"
    # Of what is free: a task of an earlier run may have a file open that is removed.
    ballast.write_bytes(bytes(max(0, shutil.disk_usage(here.tight).free - (left << 10))))
    full = asked(here, *chain(dump, lake, here.private / f"tight {left}", server))
    published = [*lake.glob("[a-z]*")]
    left_over = [*lake.glob(".workbench/staging/*")]
    assert full.returncode == 1 and "Traceback" not in full.stderr
    assert " is full" in full.stderr or "No space left on device (" in full.stderr, full.stderr
    assert not published and not left_over
    shutil.rmtree(lake, ignore_errors=True)
    ballast.unlink()


def test_the_library_flattens_on_a_server_to_a_shared_folder_and_to_a_store(
    here: Cluster, server: str, dump: Path, store: dict[str, str]
) -> None:
    lines = ["--key", "_id", "--engine"]
    out, local_out = here.shared / "tables", here.private / "tables"
    said = well(here, "flatten", dump, "--out", out, *lines, server)
    assert "are accounted for" in said
    well(here, "flatten", dump, "--out", local_out, *lines, "sail")
    for table in (path.name for path in local_out.iterdir() if path.is_dir()):
        assert rows_of(out / table) == rows_of(local_out / table)
    there = "s3://lakes/flat/tables"
    assert there in well(here, "flatten", dump, "--out", there, *lines, server, **store)
    assert store_rows(there, "root") == rows_of(local_out / "root")
    others = {f.address for f in store_of("s3://lakes/flat").files() if there not in f.address}
    assert not others


def rows_of(folder: Path) -> list[str]:
    import pyarrow.parquet as pq

    return sorted(repr(r) for f in folder.glob("*.parquet") for r in pq.read_table(f).to_pylist())


def store_rows(there: str, table: str) -> list[str]:
    import io

    import pyarrow.parquet as pq

    from workbench.lake import Versions

    files = [f for f in Versions(store_of(there)).files() if f"/{table}/" in f]
    read = (pq.read_table(io.BytesIO(store_of(file).read())) for file in files)
    return sorted(repr(row) for rows in read for row in rows.to_pylist())


def test_a_lake_that_only_the_driver_sees_is_refused_before_anything_is_read(
    here: Cluster, server: str, dump: Path
) -> None:
    lake, runs = here.private / "own lake", here.private / "refused"
    refused = asked(here, *chain(dump, lake, runs, server))
    assert refused.returncode == 2 and "Traceback" not in refused.stderr
    assert f"lake: {lake}/.workbench/staging is not the same folder on this" in refused.stderr
    assert not (lake / "silver").exists() and not (lake / "quarantine").exists()
    out = here.private / "own tables"
    refused = asked(here, "flatten", dump, "--out", out, "--engine", server)
    assert refused.returncode == 2 and f"--out: {out.parent}/." in refused.stderr
    assert not out.exists()


SENDS_AROUND = """
import sys
from pyspark.sql import functions as F
from workbench.engines import keep_conf
from workbench.session import session
keep_conf(sys.argv[3::2])
spark = session(sys.argv[1])
rows = spark.range(0, 1000, 1, 4).groupBy((F.col("id") % 7).alias("n")).count()
print(sorted(rows.collect())[0]["count"])
"""


def test_executors_of_one_host_that_do_not_see_the_disks_of_each_other_send_rows_around(
    here: Cluster,
) -> None:
    """As those in containers."""
    words = [sys.executable, "-c", SENDS_AROUND, here.address, *CONF]
    there = list(zip(here.workers, map(work_folder, reversed(here.workers)), strict=True))
    for worker, other in there:
        within(worker, "mount", "-t", "tmpfs", "none", other)
    done = subprocess.run(words, env=variables(here), capture_output=True, text=True, timeout=LIMIT)
    for worker, other in there:
        within(worker, "umount", "--lazy", other)
    assert done.stdout.strip() == "143", done.stderr


ASKS_FOR_MUCH = """
import sys
from pathlib import Path
from workbench.engines import cluster, keep_conf
from workbench.errors import EngineError
from workbench.session import session
cluster.WAITING = 5
keep_conf(["spark.executor.memory=64g"])
spark = session(sys.argv[1])
here = Path(sys.argv[2])
for ask in (cluster.send_library, lambda spark: cluster.check_shared(spark, here, "lake")):
    try:
        ask(spark)
    except EngineError as error:
        print(error)
"""


def test_a_cluster_that_gives_no_executor_is_not_waited_for_without_an_end(here: Cluster) -> None:
    words = [sys.executable, "-c", ASKS_FOR_MUCH, here.address, str(here.shared)]
    done = subprocess.run(words, env=variables(here), capture_output=True, text=True, timeout=LIMIT)
    assert done.stdout.count("not done a job of 16 rows in 5 s: it gives no executor") == 2, done


READS = """
import sys
from pyspark.sql import SparkSession
from workbench.errors import RequestError
from workbench.lake import read_together
address, _, lake = sys.argv[1:]
own = SparkSession.builder.config("spark.driver.host", "127.0.0.1")
own = own.config("spark.executor.memory", "600m").config("spark.cores.max", "2")
remote = address.startswith("sc:")
spark = (SparkSession.builder.remote(address) if remote else own.master(address)).getOrCreate()
try:
    print(len(read_together(spark, lake, "silver.users").collect()))
except RequestError as error:
    print(error)
"""


@pytest.mark.parametrize("kind", ["classic", "connect"])
def test_executors_that_may_not_read_what_a_reader_holds_read_the_lake_or_are_refused(
    here: Cluster, local: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    """As those of another user than the lake's owner: what a reader holds is the owner's alone."""
    address = here.address if kind == "classic" else request.getfixturevalue("server")
    lake = here.shared / f"read {kind}"
    shutil.copytree(local, lake)
    reading = lake / ".workbench/reading"
    reading.mkdir(exist_ok=True)

    def read_without(hidden: Path) -> str:
        for worker in here.workers:
            within(worker, "mount", "-t", "tmpfs", "none", hidden)
        words = [sys.executable, "-c", READS, address, "--", lake]
        done = subprocess.run(
            words, env=variables(here), capture_output=True, text=True, timeout=LIMIT
        )
        for worker in here.workers:
            within(worker, "umount", "--lazy", hidden)
        return done.stdout.strip() or done.stderr

    assert read_without(reading) == str(read_arrow(local, "silver.users").num_rows)
    assert "Have them work as the user who owns the lake" in read_without(lake)


def test_a_python_that_cannot_carry_out_the_library_is_named(
    here: Cluster, dump: Path, tmp_path: Path
) -> None:
    python = bare_python(tmp_path, without="pandas")
    command = ["flatten", dump, "--out", here.shared / "none", "--engine", here.address, *CONF]
    done = asked(here, *command, PYSPARK_PYTHON=str(python))
    assert done.returncode == 1 and "pandas missing" in done.stderr, done.stderr
    assert "They need Python 3.11 with pyspark 3.5, pandas 2" in done.stderr
    assert not (here.shared / "none").exists()


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        ("Job aborted: ExecutorLostFailure", "could not take the library, .* a machine that was"),
        ("Master removed our application: FAILED", "could not take the library, .* ended the appl"),
        ("Cannot call methods on a stopped SparkContext.", "the server of an sc:// address again"),
        ("java.io.FileNotFoundException: /tmp/x_lock", "could not take the library, .* their logs"),
        ("No space left on device", "the disk of one is full"),
        ("x\nModuleNotFoundError: No module named 'pandas'", "cannot carry .* No module named"),
        ("PythonException: Traceback", "Python cannot carry out the library: PythonException"),
    ],
)
def test_a_python_is_blamed_for_its_own_faults_alone(engine: str, said: str) -> None:
    class Lost:
        def __getattr__(self, name: str) -> Any:
            if name == "collect":
                raise RuntimeError(engine)
            return lambda *_: self

    with pytest.raises(EngineError, match=said):
        check_python(Lost())
