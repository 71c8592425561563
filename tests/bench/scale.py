"""How time, memory and disk of the whole chain grow with the dump.

`python tests/bench/scale.py --users 10000 100000` makes a dump of each size and runs the chain on
Sail: as one document a line, and the size of `--forms` also as an array on one line and in gzip.
Printed per run, and per step of it: seconds, peak memory of all processes together, bytes written
to the lake; and at the end how they grew. The dump is removed once it was read.
"""

import argparse
import gzip
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench import OURS, command, watch
from workbench.sample import write_sample

MOST_MEMORY, MEMORY_GROWTH, TIME_GROWTH = 3e9, 1.3, 11.0


@dataclass(frozen=True)
class Measured:
    """One run: seconds, peak bytes of memory, bytes of the lake, exit code."""

    users: int
    form: str
    seconds: float
    memory: int
    disk: int
    exit_code: int


def minify(lines: Path, target: Path) -> None:
    """An array on one line."""
    with lines.open("rb") as source, target.open("wb") as out:
        for number, line in enumerate(source):
            out.write((b"," if number else b"[") + line.rstrip())
        out.write(b"]")


def compress(lines: Path, target: Path) -> None:
    with lines.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as out:
        shutil.copyfileobj(source, out, 1 << 20)


FORMS: dict[str, Callable[[Path, Path], None]] = {"minified": minify, "gzip": compress}


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def steps(lake: Path, looks: list[tuple[datetime, int]]) -> str:
    """Per step its seconds, as the run has recorded them, peak memory and the bytes it wrote."""
    (record,) = (lake / "runs").glob("*/run.json")
    told = []
    for name, step in json.loads(record.read_text())["steps"].items():
        start = datetime.fromisoformat(step["started"])
        end = start + timedelta(seconds=step["seconds"])
        peak = max((bytes_ for at, bytes_ in looks if start <= at <= end), default=0)
        told.append(f"{name[:2]} {step['seconds']:.1f} s {peak / 2**20:.0f} MB")
    tables = [*lake.glob("silver/*"), *lake.glob("gold/*"), *lake.glob("quarantine/*")]
    told += [f"{table.parent.name}.{table.name} {size(table) / 1e6:.1f} MB" for table in tables]
    return ", ".join(told)


def measure(users: int, form: str, dump: Path, work: Path) -> Measured:
    lake = work / "lake"
    looks: list[tuple[datetime, int]] = []
    seconds, memory, exit_code = watch(
        command(OURS, dump, lake), work / "log", lambda now: looks.append((datetime.now(UTC), now))
    )
    disk = sum(size(lake / layer) for layer in ("silver", "gold", "quarantine"))
    print(
        f"{users:>11,} {form:<9}{dump.stat().st_size / 1e6:>10,.1f}{seconds:>9.1f}"
        f"{memory / 2**20:>9.0f}{disk / 1e6:>9.1f}  "
        + (steps(lake, looks) if exit_code == 0 else (work / "log").read_text()[-2000:]),
        flush=True,
    )
    shutil.rmtree(lake, ignore_errors=True)
    return Measured(users, form, seconds, memory, disk, exit_code)


def grew(runs: list[Measured]) -> bool:
    """Prints how each size compares with a tenth of it; whether all stayed within the limits."""
    lines = {run.users: run for run in runs if run.form == "lines"}
    fine = all(run.exit_code == 0 and run.memory < MOST_MEMORY for run in runs)
    for users, run in lines.items():
        if less := lines.get(users // 10):
            time, memory = run.seconds / less.seconds, run.memory / less.memory
            large = users > 1_000_000  # below, start-up and the first blocks are most of it
            fine &= time <= TIME_GROWTH and (memory <= MEMORY_GROWTH or not large)
            print(
                f"{users:,} / {users // 10:,}: {time:.1f} of the time, {memory:.2f} of the memory"
            )
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--forms", type=int, default=10**6, metavar="USERS",
                        help="the size that is read minified and in gzip, too")  # fmt: skip
    parser.add_argument("--work", type=Path, help="make dumps and lakes below this folder")
    options = parser.parse_args()

    print(f"{platform.platform()}, {os.cpu_count()} cores, "
          f"{psutil.virtual_memory().total / 2**30:.0f} GB of memory")  # fmt: skip
    print(
        f"{'users':>11} {'form':<9}{'dump MB':>10}{'seconds':>9}{'peak MB':>9}{'lake MB':>9}  steps"
    )
    runs: list[Measured] = []
    for users in options.users:
        with tempfile.TemporaryDirectory(prefix="workbench-scale-", dir=options.work) as folder:
            work, lines = Path(folder), Path(folder) / "dump.ndjson"
            write_sample(lines, users, layout="ndjson")
            runs.append(measure(users, "lines", lines, work))
            for form, write in FORMS.items() if users == options.forms else ():
                write(lines, work / "dump")
                runs.append(measure(users, form, work / "dump", work))
    return 0 if grew(runs) else 1


if __name__ == "__main__":
    sys.exit(main())
