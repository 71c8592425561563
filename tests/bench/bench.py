"""Time and memory of the whole chain against what one would use instead.

`python tests/bench/bench.py --users 1000 100000` makes a dump of each size in each layout, runs
every contestant that reads it as a command, in turns so that a slower minute of the machine hits
all alike, and compares the rows of silver, user_products and each score range with a count of the
dump of its own. What a thousand users take is set beside papermill on four notebooks that import
what ours do, and nothing else.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

import nbformat
import psutil
import pyarrow.dataset as arrow

from workbench.sample import write_sample

HERE = Path(__file__).parent
OURS, EMPTY = "workbench sail", "empty notebooks"
RIVALS = ("plain spark", "duckdb", EMPTY)
CONTESTANTS = (OURS, "workbench spark", "plain spark", "duckdb", "pandas", EMPTY)
LAYOUTS = {"array": CONTESTANTS, "ndjson": (OURS, "duckdb")}  # the others' scripts read arrays
FEW = 1000  # users, up to which a run is little more than its notebooks
IMPORTS = ("pandas", "matplotlib.pyplot", "pyspark.sql", "pyarrow")
RANGES = ((200, "ATE 200"), (400, "DE 201 A 400"), (600, "DE 401 A 600"), (800, "DE 601 A 800"))


@dataclass(frozen=True)
class Rows:
    silver: int
    user_products: int
    users_per_range: dict[str, int]


@dataclass(frozen=True)
class Run:
    """Wall time in seconds, peak memory of the process tree in bytes, and how it ended."""

    seconds: float
    peak: int
    exit_code: int
    right: bool


def command(contestant: str, dump: Path, lake: Path) -> str:
    """The shell line that makes the three tables of `dump` in `lake`."""
    python, source, target = sys.executable, str(dump), str(lake)
    if contestant == EMPTY:
        notebook = empty_notebook(lake / "empty.ipynb")
        each = shlex.join(
            [python, "-m", "papermill", "-k", "python3", str(notebook), f"{target}/done.ipynb"]
        )
        return " && ".join([each] * 4)
    if contestant.startswith("workbench"):
        workbench = str(Path(python).with_name("workbench"))
        chain = [workbench, "run", "--source", source, "--ingestion-date", "2022-01-18"]
        chain += ["--lake", target, "--runs", f"{target}/runs", "--engine", contestant.split()[1]]
        return shlex.join(chain)
    if contestant == "plain spark":
        silver, *gold = (str(HERE / f"plain_spark/{step}.py")
                         for step in ("silver", "user_products", "user_scores"))  # fmt: skip
        steps = [[python, silver, source, target], *([python, step, target] for step in gold)]
        return " && ".join(shlex.join(step) for step in steps)
    return shlex.join([python, str(HERE / f"{contestant}_way.py"), source, target])


def empty_notebook(path: Path) -> Path:
    """One that imports, and does nothing."""
    cell = nbformat.v4.new_code_cell("".join(f"import {name}\n" for name in IMPORTS))
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def memory(process: psutil.Process) -> int:
    """Bytes, pages shared with other processes counted in proportion where the system tells."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def watch(
    line: str, log: Path, tell: Callable[[int], None] = lambda _: None
) -> tuple[float, int, int]:
    """Run a shell line: wall seconds, peak bytes of all its processes together, exit code.

    `tell` is called with the bytes each time that they are looked at.
    """
    with log.open("wb") as output:
        start = time.perf_counter()
        shell = subprocess.Popen(["sh", "-c", line], stdout=output, stderr=output)
        root, family, peak = psutil.Process(shell.pid), set[psutil.Process](), 0
        try:
            while shell.poll() is None:
                looked = time.perf_counter()
                family |= {root, *root.children(recursive=True)}
                now = sum(memory(process) for process in family)
                tell(now)
                peak = max(peak, now)
                # Looking at gigabytes takes a while: look less often then, not to be in the way.
                pause = max(0.03, 10 * (time.perf_counter() - looked))
                try:
                    shell.wait(pause)
                except subprocess.TimeoutExpired:
                    continue
            seconds = time.perf_counter() - start
        finally:
            for process in family:
                if process.is_running():
                    process.kill()
    return seconds, peak, shell.wait()


def count_dump(dump: Path) -> Rows:
    """What is right, from the documents themselves: one a line, between brackets."""
    users, products, ranges = 0, 0, Counter[str]()
    with dump.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("{"):
                continue
            user = json.loads(line.rstrip(",\n"))
            users += 1
            products += len(user.get("alreadyHaveProducts") or [None])
            score = user.get("score", {}).get("score")
            fitting = (label for upper, label in RANGES if score is not None and score <= upper)
            ranges[next(fitting, "SEM SCORE" if score is None else "ACIMA DE 800")] += 1
    return Rows(users, products, dict(ranges))


def count_lake(lake: Path) -> Rows | None:
    tables = [lake / table for table in ("silver/users", "gold/user_products", "gold/user_scores")]
    files = [sorted(table.rglob("*.parquet")) for table in tables]
    if not all(files):
        return None
    silver, user_products, user_scores = map(arrow.dataset, files)
    scores = user_scores.to_table(columns=["score_group", "users"]).to_pylist()
    ranges = {row["score_group"]: row["users"] for row in scores if row["users"]}
    return Rows(silver.count_rows(), user_products.count_rows(), ranges)


def race(contestant: str, dump: Path, expected: Rows) -> Run:
    lake = dump.parent / contestant.replace(" ", "_")
    shutil.rmtree(lake, ignore_errors=True)
    lake.mkdir()
    log = dump.parent / f"{lake.name}.log"
    seconds, peak, exit_code = watch(command(contestant, dump, lake), log)
    right = exit_code == 0 and (contestant == EMPTY or count_lake(lake) == expected)
    state = "ok" if right else f"exit code {exit_code}, rows not right; see {log}"
    print(f"  {contestant}: {seconds:.1f} s, {peak / 2**20:.0f} MB, {state}", flush=True)
    return Run(seconds, peak, exit_code, right)


def report(runs: dict[str, list[Run]]) -> None:
    """Medians of the time, and the greatest peak; a failed contestant has neither."""
    print(f"\n{'contestant':<16}{'runs':>5}{'seconds':>9}{'peak MB':>9}  rows right")
    for contestant, of in runs.items():
        failed = sorted({run.exit_code for run in of if run.exit_code})
        if failed:
            codes = ", ".join(map(str, failed))
            print(f"{contestant:<16}{len(of):>5}{'-':>9}{'-':>9}  failed, exit code {codes}")
            continue
        seconds, peak = median(run.seconds for run in of), max(run.peak for run in of) / 2**20
        verdict = "yes" if all(run.right for run in of) else "NO"
        print(f"{contestant:<16}{len(of):>5}{seconds:>9.1f}{peak:>9.0f}  {verdict}")
    for rival in RIVALS:
        ours, theirs = runs.get(OURS, []), runs.get(rival, [])
        if ours and theirs and all(run.right for run in ours + theirs):
            ratio = median(run.seconds for run in ours) / median(run.seconds for run in theirs)
            memory_ratio = max(run.peak for run in ours) / max(run.peak for run in theirs)
            print(f"{OURS} / {rival}: {ratio:.2f} of the time, {memory_ratio:.2f} of the memory")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=[*LAYOUTS])
    parser.add_argument("--once", nargs="*", choices=CONTESTANTS, default=[], metavar="CONTESTANT",
                        help="run these once only, for the slow")  # fmt: skip
    parser.add_argument("--work", type=Path, help="keep dumps, lakes and logs here")
    options = parser.parse_args()

    memory_gb = psutil.virtual_memory().total / 2**30
    print(f"{platform.platform()}, {os.cpu_count()} cores, {memory_gb:.0f} GB of memory")
    every_run: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as temporary:
        for users, layout in product(options.users, options.layouts):
            folder = (options.work or Path(temporary)).resolve() / f"{users} {layout}"
            dump = folder / f"dump.{'json' if layout == 'array' else layout}"
            if not dump.exists():
                write_sample(dump, users, layout=layout)
            print(f"\n{users:,} users, {layout}, {dump.stat().st_size / 1e6:,.1f} MB", flush=True)
            expected, runs = count_dump(dump), dict[str, list[Run]]()
            reading = [one for one in options.contestants if one in LAYOUTS[layout]]
            there = [one for one in reading if one != EMPTY or users <= FEW]
            for turn in range(options.repeat):
                for contestant in there:
                    if turn == 0 or contestant not in options.once:
                        runs.setdefault(contestant, []).append(race(contestant, dump, expected))
            report(runs)
            every_run += [run for of in runs.values() for run in of]
    return 0 if all(run.right for run in every_run) else 1


if __name__ == "__main__":
    sys.exit(main())
