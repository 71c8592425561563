"""Where the time of a run goes: CPU seconds of each process, and when each step and cell ended.

`python tests/bench/where_time_goes.py --users 1000 1000000` makes a dump of each size, runs the
chain on it, and prints both. A process is looked at every twentieth of a second, so what it spends
in its last moments is missing.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from workbench.sample import write_sample

LOOK = 0.05
RUNNER = "runner"


@dataclass
class Seen:
    """A process as it was last seen: when it started and ended (UNIX time), its CPU seconds."""

    role: str
    started: float
    ended: float = 0.0
    cpu: float = 0.0


def role(process: psutil.Process) -> str:
    """What a process of a run is: by its command, a kernel by whose child it is."""
    line = process.cmdline()
    if "workbench.engines.sail" in line:
        return "engine (Sail)"
    if any("org.apache.spark" in part for part in line):
        return "engine (Spark)"
    if any("multiprocessing" in part for part in line):
        return "helper of workers" if "resource_tracker" in " ".join(line) else "worker"
    if "workbench.runs.forge" in line:
        parent = process.parent()
        kernel = parent is not None and "workbench.runs.forge" in parent.cmdline()
        return "kernel" if kernel else "forge"
    return RUNNER


def watch(root: psutil.Process, seen: dict[int, Seen], ended: threading.Event) -> None:
    """Keeps what each process of the tree has spent, until told to end."""
    family = [root]
    while not ended.wait(LOOK):
        with suppress(psutil.NoSuchProcess):
            family = [root, *root.children(recursive=True)]
        for process in family:
            try:
                of = seen.get(process.pid) or Seen(role(process), process.create_time())
                if of.role == RUNNER:  # which is what each is, until it becomes another program
                    of.role = role(process)
                times = process.cpu_times()
            except psutil.Error:
                continue
            of.ended, of.cpu = time.time(), times.user + times.system
            seen[process.pid] = of


def run(dump: Path, folder: Path, engine: str) -> None:
    command = [str(Path(sys.executable).with_name("workbench")), "run", "--json"]
    command += ["--source", str(dump), "--ingestion-date", "2022-01-18", "--engine", engine]
    command += ["--lake", str(folder / "lake"), "--runs", str(folder / "runs")]
    seen, ended = dict[int, Seen](), threading.Event()
    begun, clock = time.time(), time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watching = threading.Thread(target=watch, args=(psutil.Process(process.pid), seen, ended))
        watching.start()
        assert process.stdout
        events = [json.loads(line) for line in process.stdout]
    seconds = time.perf_counter() - clock
    ended.set()
    watching.join()
    if process.returncode:
        sys.exit(f"the run failed: {events[-1] if events else 'no event'}")
    print_processes(seen, begun, seconds)
    print_timeline(events, begun)


def print_processes(seen: dict[int, Seen], begun: float, seconds: float) -> None:
    total = sum(of.cpu for of in seen.values())
    print(f"{seconds:.1f} s, {total:.1f} CPU s\n\n{'process':<20}{'CPU s':>7}{'from':>7}{'to':>7}")
    for of in sorted(seen.values(), key=lambda of: of.started):
        print(f"{of.role:<20}{of.cpu:>7.1f}{of.started - begun:>7.1f}{of.ended - begun:>7.1f}")


def moments(events: list[dict[str, Any]]) -> Iterator[tuple[float, str, str]]:
    """(UNIX time, step, what) of each event."""
    for event in events:
        moment = datetime.fromisoformat(event["time"]).timestamp()
        what = f"cell {event['cell']}" if event["event"] == "cell" else event["event"]
        yield moment, event.get("step", ""), what


def print_timeline(events: list[dict[str, Any]], begun: float) -> None:
    """The moments, with what each took since the one before of its step."""
    print(f"\n{'at':>6}{'took':>7}  what")
    before = dict[str, float]()
    for moment, step, what in moments(events):
        took = moment - before.get(step, begun)
        before[step] = moment
        print(f"{moment - begun:>6.1f}{took:>7.2f}  {step} {what}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 1_000_000])
    parser.add_argument("--layout", choices=("ndjson", "array"), default="array")
    parser.add_argument("--engine", choices=("sail", "spark"), default="sail")
    options = parser.parse_args()
    for users in options.users:
        with tempfile.TemporaryDirectory(prefix="workbench-bench-") as folder:
            dump = Path(folder, "dump.json")
            write_sample(dump, users, layout=options.layout)
            print(f"\n{users:,} users, {dump.stat().st_size / 1e6:,.1f} MB, {options.engine}")
            run(dump, Path(folder), options.engine)


if __name__ == "__main__":
    main()
