"""Runs over a lake that holds an older ingestion, killed at each step and at seeded moments, met by
a full disk (the system's limit for a file's size stands for one), stopped, or waiting for ever.

Each is survived if every table is the old or the new one as its manifest says, no process is left,
and what it says is in words. At the end one run is left alone, and must make what an undisturbed
one makes.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.projects import DEADLOCK, project_with_a_cell
from workbench.chain import STEPS
from workbench.sample import write_sample

DAY, USERS = "2022-01-18", 4000
TABLES = ("silver/users", "gold/user_products", "gold/user_scores", "quarantine/users")
WORKBENCH = Path(sys.executable).with_name("workbench")
PATIENCE = {"WORKBENCH_PATIENCE": "5"}
Line = tuple[str, str, bool]  # what was done, what became of it, whether that is well
Rows = list[list[str]]


@dataclass
class Ground:
    """A lake with an older ingestion, a dump of a newer one, and what a run makes of them."""

    work: Path
    new: Path
    before: Rows
    expected: Rows
    seconds: float

    @property
    def lake(self) -> Path:
        return self.work / "lake"

    def start(self, *more: object, **given: Any) -> subprocess.Popen[str]:
        return run(self.new, self.lake, self.work / "runs", *more, **given)

    def judge(self, process: subprocess.Popen[str], told: str | None = None) -> tuple[str, bool]:
        """What became of a run, and whether that is well; `told`: what it said, if it was asked."""
        told = process.communicate()[1] if told is None else told
        found = zip(tables(self.lake), self.before, self.expected, strict=True)
        whole = all(table in either for table, *either in found)
        well = whole and not left(self.lake) and "Traceback" not in told
        said = " ".join(told.replace(str(self.work), "").split())[:90]
        return f"exit {process.returncode}; every table is whole" if well else f"lost: {said}", well


def run(dump: Path, lake: Path, runs: Path, *more: object, **given: Any) -> subprocess.Popen[str]:
    asked = ["run", "--source", dump, "--lake", lake, "--runs", runs, "--ingestion-date", DAY]
    options = {"stdout": subprocess.DEVNULL, "env": {}} | given
    options["env"] = os.environ | options["env"] | {"STARTED_FOR": str(lake)}
    return subprocess.Popen(
        [str(WORKBENCH), *map(str, [*asked, *more])],
        stderr=subprocess.PIPE, text=True, start_new_session=True, **options,
    )  # fmt: skip


def tables(lake: Path) -> Rows:
    """The rows of each table as text, in order. Raises where one is not what its manifest says."""
    found = []
    for name in TABLES:
        folder = lake / name / f"ingestion_date={DAY}"
        parts = [pq.read_table(part, partitioning=None) for part in folder.glob("*.parquet")]
        rows = sorted(repr(row) for part in parts for row in part.to_pylist())
        manifest = json.loads((folder / "_manifest.json").read_text(encoding="utf-8"))
        assert manifest["rows"] == len(rows) and len(list((lake / name).iterdir())) == 1, name
        found.append(rows)
    return found


def left(lake: Path) -> bool:
    """Whether a process of a run is still there after five seconds."""
    for _ in range(50):
        if not any(names(process, str(lake)) for process in psutil.process_iter()):
            return False
        time.sleep(0.1)
    return True


def names(process: psutil.Process, lake: str) -> bool:
    try:
        return process.environ().get("STARTED_FOR") == lake
    except psutil.Error:
        return False


def finish(process: subprocess.Popen[str]) -> None:
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"a run that nobody disturbed failed: {said}")


def ground(work: Path) -> Ground:
    lake, runs = work / "lake", work / "runs"
    old, plain, new = work / "old.json", work / "plain.json", work / "new.json.gz"
    write_sample(old, USERS // 4)
    write_sample(plain, USERS, seed=5)
    new.write_bytes(gzip.compress(plain.read_bytes(), 1))  # so that workers read it
    finish(run(old, lake, runs))
    before = tables(lake)
    shutil.copytree(lake, work / "undisturbed")  # with its key, so that hashes are the same
    start = time.monotonic()
    finish(run(new, work / "undisturbed", runs))
    return Ground(work, new, before, tables(work / "undisturbed"), time.monotonic() - start)


def survived(work: Path, number: int, seed: int) -> Iterator[Line]:
    """Every fault, one line each; the last tells of a run that is left alone behind them."""
    here = ground(work)
    yield from at_each_step(here)
    yield from at_seeded_moments(here, number, seed)
    yield from waiting(here)
    finish(here.start())
    same = tables(here.lake) == here.expected
    yield "a run that nobody disturbs, behind all of these", "made the same tables", same


def at_each_step(here: Ground) -> Iterator[Line]:
    for step in STEPS:
        for event in ("started", "cell", "done"):
            process = here.start("--json", stdout=subprocess.PIPE)
            until(process, step.name, event)
            process.kill()
            yield f"killed: {step.name}, {event}", *here.judge(process)


def until(process: subprocess.Popen[str], step: str, event: str) -> None:
    """Waits for what a run tells; for no longer than it tells anything."""
    for line in process.stdout or ():
        told = json.loads(line)
        if (told["event"], told.get("step")) == (event, step):
            return


def at_seeded_moments(here: Ground, number: int, seed: int) -> Iterator[Line]:
    choose = random.Random(seed)
    for at in range(number):
        if at % 2:
            most = int(10 ** choose.uniform(3, 6))
            process = here.start(preexec_fn=limit_of(most))
            yield f"full disk, {most / 1000:,.0f} kB a file", *here.judge(process)
            continue
        process, moment = here.start(), choose.uniform(0, here.seconds)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
        yield f"killed, at {moment / here.seconds:.0%} of the usual time", *here.judge(process)


def limit_of(most: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def waiting(here: Ground) -> Iterator[Line]:
    """What stands still is ended, in words: exit code 1, and every table is whole."""
    for name, sign in (("a worker", "multiprocessing.spawn"), ("Sail", "workbench.engines.sail")):
        process = here.start(env=PATIENCE)
        child_of(process, sign).send_signal(signal.SIGSTOP)
        yield f"{name} that was stopped", *ended(here, process, "was stopped by a signal")
    project = project_with_a_cell(here.work / "project", "03_gold_user_scores", DEADLOCK)
    for engine in ("sail", "spark"):
        process = here.start("--engine", engine, env=PATIENCE, cwd=project)
        yield f"{engine}: a query that never ends", *ended(here, process, "so the engine hangs")


def child_of(process: subprocess.Popen[str], sign: str) -> psutil.Process:
    while process.poll() is None:
        with suppress(psutil.Error):  # those that end meanwhile
            for child in psutil.Process(process.pid).children(recursive=True):
                if sign in " ".join(child.cmdline()):
                    return child
        time.sleep(0.02)
    raise SystemExit(f"no {sign}: {process.communicate()[1]}")


def ended(here: Ground, process: subprocess.Popen[str], words: str) -> tuple[str, bool]:
    said = process.communicate()[1]
    told, well = here.judge(process, said)
    return told, well and process.returncode == 1 and words in said
