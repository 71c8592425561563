"""Commands in processes of their own, forked from one which has made their imports.

Most of a small command would be the same imports. `python -P warm.py FD` makes them once, and forks
a process for each request that comes through a socket; it ends when that closes. What forks the
kernels of their runs is forked too, from a second process which has made the imports of notebooks.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from atexit import register
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FORGES = "forges"
RUNS = ("run", "sweep")  # commands that have a forge
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


class Forked:
    """A process under way, with what of `subprocess.Popen` is asked for."""

    returncode: int | None = None

    def __init__(self, to: socket.socket, request: dict[str, Any], files: list[int]) -> None:
        """Has it forked where the socket leads; the files are its standard streams."""
        told, tells = os.pipe()
        self.status = os.fdopen(told, "rb", buffering=0)
        socket.send_fds(to, [json.dumps(request).encode()], [*files, tells])
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


class Command(Forked):
    """A command under way."""

    def __init__(
        self, command: list[str], env: dict[str, str], cwd: str | None = None, session: bool = False
    ) -> None:
        self.said = (TemporaryFile(), TemporaryFile())  # noqa: SIM115 - until it is closed
        request = {"argv": command, "env": env, "cwd": cwd or os.getcwd(), "session": session}
        with open(os.devnull) as nothing:
            files = [nothing.fileno(), *(file.fileno() for file in self.said)]
            super().__init__(server(), request | {"umask": umask()}, files)

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


# --- the processes that fork --------------------------------------------------------------------


def serve(to: socket.socket, become: Callable[[dict[str, Any]], None]) -> None:
    """Forks a process for each request."""
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those that watch leave no zombies
    while True:
        data, files, _, _ = socket.recv_fds(to, LARGEST, 4)
        if not data:
            return
        request = json.loads(data)
        if request["argv"][1] in RUNS and not request["session"]:
            server_of_forges()  # begins, where it has not, for all that are forked from here
        if os.fork() == 0:
            to.close()
            watch(request, files, become)
        for file in files:
            os.close(file)


def watch(
    request: dict[str, Any], files: list[int], become: Callable[[dict[str, Any]], None]
) -> None:
    """In the forked process: forks the one asked for, tells its pid, and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *streams, status = files
    pid = os.fork()
    if pid == 0:
        os.close(status)
        take_over(request, streams)
        become(request)
    for file in streams:
        os.close(file)
    os.write(status, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(status, f"{code}\n".encode())
    os._exit(0)


def take_over(request: dict[str, Any], streams: list[int]) -> None:
    """In the process that was asked for: what it would have from whoever starts it."""
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
    os.umask(request["umask"])
    sys.argv = request["argv"]


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


# --- commands -----------------------------------------------------------------------------------


def take_on() -> None:
    """Imports what commands do; an engine's own client is left to those that need it."""
    import pandas  # noqa: F401
    import papermill  # noqa: F401

    from workbench.cli import run_terminal  # noqa: F401
    from workbench.runs.forge import import_of_library

    import_of_library("from workbench import bronze, lake, records, report, runs")


def carry_out(request: dict[str, Any]) -> None:
    """To the end of the command, as its script would."""
    from workbench.cli import main
    from workbench.runs import forge

    if not request["session"]:  # else somebody looks at each process of the run
        vars(forge)["subprocess"] = Forging
    sys.exit(main())


# --- what forks kernels -------------------------------------------------------------------------


class Forging:
    """In the place of the module `subprocess`, for a forge that is forked."""

    PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL

    class Popen(Forked):
        def __init__(self, command: list[Any], env: dict[str, str], **_: Any) -> None:
            theirs, ours = os.pipe()
            self.stdin = os.fdopen(ours, "w")
            ours, tells = os.pipe()
            self.stdout = os.fdopen(ours)
            argv = [*map(str, command[command.index("-m") + 1 :])]
            request = {"argv": argv, "env": env, "cwd": os.getcwd(), "session": True}
            with open(os.devnull, "w") as nothing:
                files = [theirs, tells, nothing.fileno()]
                super().__init__(server_of_forges(), request | {"umask": umask()}, files)
            os.close(theirs)
            os.close(tells)


@cache
def server_of_forges() -> socket.socket:
    """The way to the process that forks them, which lives as long as anybody may ask it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-P", __file__, str(theirs.fileno()), FORGES]
        subprocess.Popen(command, pass_fds=[theirs.fileno()])
    return ours


def forge_for(_: dict[str, Any]) -> None:
    """To the end of the forge, as its program would."""
    from workbench.runs import forge

    forge.serve()


def take_on_notebooks() -> None:
    """Imports what a forge does, as it does."""
    from workbench.on_demand import use_own_distutils
    from workbench.runs import forge

    use_own_distutils()
    forge.import_all(sorted(map(str, ROOT.glob("notebooks/0*.ipynb"))))


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        if FORGES in sys.argv:
            take_on_notebooks()
            serve(asked, forge_for)
        else:
            take_on()
            serve(asked, carry_out)
