"""Commands in processes of their own, forked from one which has made their imports.

Most of a small command would be the same imports. `python -P warm.py FD` makes them once, and forks
a process for each request that comes through a socket; it ends when that closes.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from atexit import register
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

LARGEST = 1 << 20  # bytes of a request


def server() -> socket.socket:
    """The way to the one that serves this process."""
    return server_in(os.readlink("/proc/thread-self/ns/net"))


@cache
def server_in(network: str) -> socket.socket:
    """The same, of one of the networks that this process is in by turns; the first request in each
    starts it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        started = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        started.wait()

    register(end)
    return ours


class Command:
    """A command under way, with what of `subprocess.Popen` the tests ask for."""

    returncode: int | None = None

    def __init__(
        self, command: list[str], env: dict[str, str], cwd: str | None = None, session: bool = False
    ) -> None:
        self.said = (TemporaryFile(), TemporaryFile())  # noqa: SIM115 - until it is closed
        told, tells = os.pipe()
        self.status = os.fdopen(told, "rb", buffering=0)
        request = {"argv": command, "env": env, "cwd": cwd or os.getcwd(), "session": session}
        with open(os.devnull) as nothing:
            files = [nothing.fileno(), *(file.fileno() for file in self.said), tells]
            socket.send_fds(server(), [json.dumps(request).encode()], files)
        os.close(tells)
        self.pid = int(self.status.readline())

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self.status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = int(self.status.readline())
            self.status.close()
        return self.returncode

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it has printed until its end."""
        self.wait(timeout)
        texts = []
        for file in self.said:
            file.seek(0)
            texts.append(file.read().decode())
        return texts[0], texts[1]

    def close(self) -> None:
        """Ends it where it goes on, and lets go of what it has printed."""
        self.kill()
        self.wait()
        for file in self.said:
            file.close()


def run(
    command: list[str], env: dict[str, str], cwd: str | Path | None, timeout: float
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` would, with what was printed."""
    started = Command(command, env, str(cwd) if cwd else None)
    try:
        said = started.communicate(timeout)
        return subprocess.CompletedProcess(command, started.wait(), *said)
    finally:
        started.close()


# --- the process that forks ---------------------------------------------------------------------


def serve(to: socket.socket) -> None:
    """Forks a process for each request."""
    take_on()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that watch leave no zombies
    while True:
        data, files, _, _ = socket.recv_fds(to, LARGEST, 4)
        if not data:
            return
        if os.fork() == 0:
            to.close()
            watch(json.loads(data), files)
        for file in files:
            os.close(file)


def take_on() -> None:
    """Imports what commands do; an engine's own client is left to those that need it."""
    import gc

    import pandas  # noqa: F401
    import papermill  # noqa: F401

    from workbench.cli import run_terminal  # noqa: F401
    from workbench.runs.forge import import_of_library

    import_of_library("from workbench import bronze, lake, records, report, runs")
    gc.freeze()


def watch(request: dict[str, Any], files: list[int]) -> None:
    """In the forked process: forks that of the command, tells its pid, and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, status = files
    pid = os.fork()
    if pid == 0:
        os.close(status)
        carry_out(request, streams)
    for file in streams:
        os.close(file)
    os.write(status, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(status, f"{code}\n".encode())
    os._exit(0)


def carry_out(request: dict[str, Any], streams: list[int]) -> None:
    """In the process of the command: to its end, as its script would."""
    if request["session"]:
        os.setsid()
    # What a shell starts in the background ignores Ctrl-C, and so would all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    sys.argv = request["argv"]
    from workbench.cli import main

    sys.exit(main())


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        serve(asked)
