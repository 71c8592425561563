"""Waiting has an end: what was stopped, or hangs, ends the command in words; nothing is lost."""

from __future__ import annotations

import gzip
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support.processes import WORKBENCH, environment, workbench
from support.projects import DEADLOCK, project_with_a_cell
from workbench.cli import waiting
from workbench.cli.waiting import PATIENCE, Process, Watch
from workbench.sample import write_sample


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    write_sample(tmp_path / "users.json", 3000)
    packed = tmp_path / "users.json.gz"  # what is compressed is read by workers, however small
    packed.write_bytes(gzip.compress((tmp_path / "users.json").read_bytes(), 1))
    return packed


def child_of(command: subprocess.Popen[str], sign: str) -> psutil.Process:
    """The first process below a command with a sign in what it was told to run."""
    while command.poll() is None:
        for one in children(command.pid):
            if sign in " ".join(one.cmdline()):
                return one
        time.sleep(0.02)
    raise AssertionError(f"no {sign}: {command.stderr and command.stderr.read()}")


def children(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        yield from psutil.Process(pid).children(recursive=True)


@pytest.mark.parametrize("sign", ["workbench.engines.sail", "multiprocessing.spawn"])
def test_a_process_that_was_stopped_ends_the_command(dump: Path, tmp_path: Path, sign: str) -> None:
    asked = [WORKBENCH, "flatten", dump, "--out", tmp_path / "out"]
    with subprocess.Popen(
        [str(one) for one in asked],
        env=environment(**{PATIENCE: "2"}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        child = child_of(command, sign)
        child.send_signal(signal.SIGSTOP)
        said = command.communicate()[1]
    assert command.returncode == 1 and "was stopped by a signal, so it ends" in said
    assert "error: " in said and "Traceback" not in said and not child.is_running()
    assert not (tmp_path / "out").exists()


HANGS = """
import sys
from workbench.cli import main
from workbench.engines import SailServer

listens = "import socket, sys; at = socket.create_server(('127.0.0.1', 0))"
listens += "\\nprint(f'sc://127.0.0.1:{at.getsockname()[1]}', flush=True); sys.stdin.read()"
SailServer.program = ("-c", listens + "  # workbench.engines.sail")
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("background", ["", "trap '' INT HUP; "])
def test_an_engine_that_hangs_ends_the_command(dump: Path, tmp_path: Path, background: str) -> None:
    # In a process of its own, for it would end the engine that the tests share.
    asked = [sys.executable, "-c", HANGS, "flatten", str(dump), "--out", str(tmp_path / "out")]
    done = subprocess.run(
        ["sh", "-c", f"{background}exec {shlex.join(asked)}"],
        env=environment(**{PATIENCE: "3"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "so the engine hangs, and ends" in done.stderr and "error: " in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_query_that_never_ends_fails_its_step_and_what_is_published_stays(
    dump: Path, tmp_path: Path
) -> None:
    """The engine is as ever; `make bench-faults` has Spark do the same."""
    project = project_with_a_cell(tmp_path / "project", "03_gold_user_scores", DEADLOCK)
    lake = ["--lake", tmp_path / "lake"]
    asked = ["--source", dump, "--ingestion-date", "2022-01-18", "--runs", tmp_path / "runs"]
    done = workbench("run", *asked, *lake, cwd=project, env=environment(**{PATIENCE: "5"}))
    assert done.returncode == 1 and "so the engine hangs, and ends" in done.stderr
    assert "error: 03_gold_user_scores failed: the engine" in done.stderr
    assert "Traceback" not in done.stderr and not (tmp_path / "lake/gold/user_scores").exists()
    verified = workbench("verify", *lake)
    assert (verified.returncode, verified.stdout.count("as published")) == (0, 3)


def at_work(monkeypatch: pytest.MonkeyPatch, seconds: float, moved: int, state: str = "S") -> None:
    members = [Process(os.getpid(), 1, "S", 0, 0), Process(7, os.getpid(), state, seconds, moved)]
    monkeypatch.setattr(waiting, "family", lambda: members)
    monkeypatch.setattr(Process, "command", lambda self: "-m workbench.engines.sail")


def test_what_works_or_was_stopped_for_a_moment_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes: what computes slowly, or only reads, is no fault."""
    killed: list[int] = []
    monkeypatch.setattr(waiting, "kill", killed.append)
    watch = Watch(100)
    for at in range(100):  # computes
        at_work(monkeypatch, at * 4, 0)
        watch.look(at * 20)
    for at in range(100):  # reads
        at_work(monkeypatch, 400, at * 10**7)
        watch.look(2000 + at * 20)
    at_work(monkeypatch, 400, 10**10, "T")
    watch.look(4000)
    at_work(monkeypatch, 800, 10**11)
    watch.look(4020)
    watch.look(9000)  # the command itself was stopped meanwhile (Ctrl-Z), and goes on
    assert not killed
    for at in range(6):
        watch.look(9000 + at * 20)
    assert killed == [7]


@pytest.mark.parametrize("limit", ["-n 16", "-v 900000", "-v 2000000", "-f 1"])
def test_a_limit_of_the_shell_is_said_in_words(dump: Path, tmp_path: Path, limit: str) -> None:
    asked = f"ulimit {limit}; exec {WORKBENCH} flatten {dump} --out {tmp_path / 'out'}"
    # What counts the lines that tests reach would write a file of its own, which the limit ends.
    own = {n: v for n, v in environment().items() if not n.startswith("COVERAGE_")}
    done = subprocess.run(
        ["bash", "-c", asked], env=own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and not (tmp_path / "out").exists()
    assert "error: " in done.stderr and "Traceback" not in done.stderr
