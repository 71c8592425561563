"""Waiting has an end: a process of ours that was stopped, or an engine that hangs, is ended.

A slow machine is no fault: what is looked at is whether anything moves. A stopped process says so
itself; an engine hangs where it and all around it neither compute nor read nor write.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = "WORKBENCH_PATIENCE"  # seconds without any movement; 0: for ever
USUAL, STOPPED = 900.0, 30.0  # seconds: until an engine hangs, until a process counts as stopped
COMPUTES, MOVES = 0.1, 1 << 16  # share of a processor, bytes a second: from here on it is at work
TRACKER = "multiprocessing.resource_tracker"  # Python's own, of what processes share
STATES = ("T", "t")  # of /proc/<pid>/stat, of a process that a signal or a tracer has stopped


@dataclass(frozen=True)
class Process:
    """A process of this machine, as /proc tells it: seconds of work, bytes read and written."""

    pid: int
    parent: int
    state: str
    seconds: float
    moved: int

    def command(self) -> str:
        with suppress(OSError):
            return Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return ""

    def is_engine(self) -> bool:
        """Whether it is Sail, or Spark on this machine: a cluster works where none of this is."""
        said = self.command()
        return "workbench.engines.sail" in said or ("SparkSubmit" in said and "local[" in said)


def process(pid: int) -> Process | None:
    with suppress(OSError, ValueError, IndexError):
        said = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        seconds = (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")
        moved = 0
        with suppress(OSError):
            lines = Path(f"/proc/{pid}/io").read_text().splitlines()[:2]
            moved = sum(int(line.partition(": ")[2]) for line in lines)
        return Process(pid, int(said[1]), said[0], seconds, moved)
    return None


def family() -> list[Process]:
    """This process and all below it, this one first; empty where the system does not tell."""
    every = [process(int(p.name)) for p in Path("/proc").glob("[0-9]*")]
    children: dict[int, list[Process]] = {}
    for one in filter(None, every):
        children.setdefault(one.parent, []).append(one)
    own = process(os.getpid())
    found = [own] if own else []
    for one in found:
        found += children.get(one.pid, [])
    return found


class Watch:
    """Looks at this process and its children, again and again, and ends what does not move."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.stopped: dict[int, float] = {}
        self.mark: tuple[float, frozenset[int], float, int] | None = None
        self.looked = 0.0
        self.tried = False

    def look(self, now: float) -> None:
        members = family()
        if now - self.looked > min(STOPPED, self.patience):
            self.stopped, self.mark = {}, None  # this process was stopped itself (Ctrl-Z), or slept
        self.looked = now
        still = {one.pid: one for one in members[1:] if one.state in STATES}
        self.stopped = {pid: self.stopped.get(pid, now) for pid in still}
        for pid, since in self.stopped.items():
            if now - since >= min(STOPPED, self.patience):
                say(f"The process {pid} ({brief(still[pid])}) was stopped by a signal, so it ends.")
                kill(pid)
        self.look_for_movement(members, now)

    def look_for_movement(self, members: list[Process], now: float) -> None:
        pids = frozenset(one.pid for one in members)
        seconds, moved = sum(one.seconds for one in members), sum(one.moved for one in members)
        if self.mark is None or self.mark[1] != pids:
            self.mark = (now, pids, seconds, moved)
            return
        since, _, before, earlier = self.mark
        elapsed = now - since
        if elapsed < self.patience:
            return
        self.mark = (now, pids, seconds, moved)
        engines = [one for one in members[1:] if one.is_engine()]
        works = seconds - before > COMPUTES * elapsed or moved - earlier > MOVES * elapsed
        if works or not (engines or self.tried):
            return
        say(
            f"Nothing has moved for {elapsed:.0f} seconds, so the engine hangs, and ends. "
            f"{PATIENCE} says how long to wait."
        )
        for one in members[1:] if self.tried else engines:
            if TRACKER not in one.command():  # it ends by itself, and complains when killed
                kill(one.pid)
        if self.tried:
            os.kill(os.getpid(), signal.SIGTERM)  # a script's `&` and `nohup` ignore Ctrl-C
        self.tried = True


def brief(one: Process) -> str:
    return one.command()[:80].strip() or "a process of this run"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def kill(pid: int) -> None:
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def with_an_end() -> Iterator[None]:
    """Within it a stopped process and a hung engine are ended; whoever waited for them goes on."""
    patience = patience_asked()
    done = threading.Event()

    def watch() -> None:
        looking = Watch(patience)
        while not done.wait(min(5.0, patience / 3)):
            looking.look(time.monotonic())

    if patience:
        threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def patience_asked() -> float:
    """The seconds that the environment says, else the usual ones."""
    given = os.environ.get(PATIENCE, "")
    try:
        return float(given or USUAL)
    except ValueError:
        return USUAL
