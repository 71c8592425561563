"""The Sail server: it ends with whom it serves, and says so when it does not start."""

import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from support.processes import gone, ports
from workbench.engines import connected, private
from workbench.engines.child import Child
from workbench.engines.private import REQUIRED
from workbench.engines.sail import SailServer
from workbench.engines.spark import SparkServer
from workbench.errors import EngineError, WorkbenchError

# the Sail server
MAKE = "from workbench.engines import SailServer; s = SailServer(); print(s.process.pid, s.folder)"
LIVE = "; import sys; sys.stdout.flush(); import time; time.sleep(600)"


def test_a_server_ends_when_it_is_stopped() -> None:
    with SailServer() as server:
        assert server.address == f"unix:{server.sockets}/socket"
    assert server.process.poll() is not None
    server.stop()  # once more does no harm


@pytest.mark.parametrize("engine", [SailServer, SparkServer])
def test_a_user_who_may_have_too_few_processes_is_told(
    monkeypatch: pytest.MonkeyPatch, engine: type[Child]
) -> None:
    begin, begun = threading.Thread.start, list[threading.Thread]()

    def start(thread: threading.Thread) -> None:
        if len(begun) == 7:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(EngineError, match=r"7 threads more could be started.*`ulimit -u`"):
        engine()
    assert not any(thread.is_alive() for thread in begun)


@pytest.mark.parametrize("end", ["; import os; os._exit(0)", LIVE])
def test_a_server_ends_with_its_parent(end: str) -> None:
    flush = "; import sys; sys.stdout.flush()"
    with subprocess.Popen(
        [sys.executable, "-c", MAKE + flush + end], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid, _, folder = parent.stdout.readline().strip().partition(" ")
        if end == LIVE:
            assert psutil.pid_exists(int(pid))
            parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert gone(int(pid)) and not Path(folder).exists()


def test_a_server_ends_though_a_client_has_not_taken_its_answer() -> None:
    with SailServer() as server:
        code = (
            "from workbench.engines import connected\n"
            f"spark = connected({server.address!r})\n"
            "rows = spark.range(0, 500_000_000).toLocalIterator()\n"
            "print(next(rows).id, flush=True)\n"
            "input()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as client:
            assert client.stdout and client.stdout.readline() == "0\n"
            server.stop()
            assert server.process.returncode == 0 and client.poll() is None
            client.kill()


def test_no_other_user_of_the_machine_reaches_a_server() -> None:
    with SailServer() as server:
        assert connected(server.address).range(3).count() == 3
        assert ports(server.process.pid) == []
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700


def test_a_server_that_others_reach_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import sys; from workbench.engines import sail; "
        "sail.leave_network = lambda: 'not permitted'; sail.serve(*sys.argv[1:])"
    )
    monkeypatch.setattr(SailServer, "program", ("-c", code))
    with SailServer() as server:
        assert server.address.startswith("sc://127.0.0.1:")
        assert server.address.endswith(f":{ports(server.process.pid)[0]}")
    assert "can reach Sail while it runs: not permitted." in capsys.readouterr().err
    monkeypatch.setenv(REQUIRED, "1")
    with SailServer() as server, pytest.raises(EngineError, match="--engine spark"):
        assert server.address


def test_a_system_without_private_networks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.exists", lambda path: False)
    assert "no private networks" in private.leave_network()


def test_a_server_that_does_not_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    server = SailServer()
    with pytest.raises(WorkbenchError, match=r"Sail did not start .exit code 1"):
        _ = server.address
    server.stop()
