"""A process that has imported everything, and forks notebook kernels that start at once.

Most of a small run would be imports, four times over. `python -m workbench.runs.forge FOLDER
NOTEBOOK...` imports them once, those of the notebooks too, and then forks a kernel for each request
on its standard input; it ends, with its kernels and the folder, when that closes.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.engines import SAIL_VARIABLE, Child
from workbench.kept_memory import OF_ARROW
from workbench.on_demand import use_own_distutils
from workbench.storage import scratch

# Of a process or a group. macOS forbids signals to a group whose processes have all ended.
NONE_LEFT = (ProcessLookupError, PermissionError)


class Forge(Child):
    """The process that forks kernels, and a folder for how they are reached. One per run."""

    current: Forge | None = None

    def __init__(self, notebooks: Sequence[Path] = ()) -> None:
        """Starts it; `notebooks` are those whose imports it takes on itself."""
        self.folder = scratch.for_sockets()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "workbench.runs.forge", self.folder, *notebooks],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=OF_ARROW | os.environ,
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is for the run, which stops this
        )
        self._one_at_a_time = threading.Lock()
        Forge.current = self

    def fork(self, argv: list[str], environment: dict[str, str], cwd: str | None) -> ForkedProcess:
        request = {"argv": argv, "env": environment, "cwd": cwd}
        assert self.process.stdin and self.process.stdout
        answer = ""
        with self._one_at_a_time, suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError("the process that forks kernels has ended")
        return ForkedProcess(int(answer))

    def stop(self) -> None:
        """Ends the process and every kernel of it."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        scratch.discard(self.folder)


class ForkedProcess:
    """A kernel's process, as far as Jupyter asks for one; it is a child of the forge."""

    stdout = stderr = stdin = None
    returncode: int | None = None

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            self.returncode = 1
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        end = time.monotonic() + (timeout or 60)
        while self.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


# --- the process that forks ---------------------------------------------------------------------


def serve() -> None:
    """Reads one request a line, answers with the pid of the kernel forked for it."""
    gc.disable()  # nothing of what is imported will ever be garbage
    use_own_distutils()
    import_all(sys.argv[2:3])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended kernels leave no zombies
    kernels: list[int] = []
    # A run that is killed just now takes no answer; its kernel must end all the same.
    with suppress(BrokenPipeError):
        fork_as_asked(kernels)
    end_kernels(kernels)
    # What they have locked is free once they are gone; who waits for this process sweeps next.
    with suppress(ChildProcessError):
        os.waitpid(-1, 0)
    wait_for_groups(kernels)
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    os._exit(0)  # taking down all that was imported would take half a second


def end_kernels(kernels: Sequence[int]) -> None:
    """Ends kernels, and with each its workers, which would go on writing what is swept next."""
    for pid in kernels:
        for end in (os.kill, os.killpg):  # one that was forked just now has no group yet
            with suppress(*NONE_LEFT):
                end(pid, signal.SIGKILL)


def wait_for_groups(kernels: Sequence[int]) -> None:
    """Until no process of these groups is left, or for five seconds: where nobody reaps orphans,
    as in many containers, an ended one stays in its group."""
    end = time.monotonic() + 5
    for pid in kernels:
        with suppress(*NONE_LEFT):
            while time.monotonic() < end:
                os.killpg(pid, 0)
                time.sleep(0.002)


def import_all(notebooks: Sequence[str]) -> None:
    """Imports what kernels are made of, and what is in those notebooks."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    import pandas
    import pyspark.sql.connect.session  # noqa: F401

    import_kernel()
    take_on(notebooks)
    # What is imported here takes itself to be in a terminal; its readers are notebooks.
    pandas.set_option("display.max_columns", 20)


def import_kernel() -> None:
    """Imports what a kernel is made of, but for its debugger, which is half of that."""
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    import ipykernel.debugger
    import ipykernel.kernelapp  # noqa: F401

    del sys.modules["debugpy"]


def take_on(notebooks: Sequence[str]) -> None:
    """Imports what notebooks import of the library; what is wrong there, they will say."""
    for notebook in notebooks:
        cells: list[Any] = []
        with suppress(Exception):
            cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            with suppress(Exception):
                if cell["cell_type"] == "code":
                    import_of_library("".join(cell["source"]))


def import_of_library(code: str) -> None:
    """Carries out what a cell imports of the library, and all of a room that it imports whole."""
    lines = [n for n in ast.parse(code).body if isinstance(n, ast.ImportFrom)]
    for line in [n for n in lines if (n.module or "").split(".")[0] == "workbench"]:
        found: dict[str, Any] = {}
        exec(compile(ast.Module([line], []), "imports", "exec"), found)
        for thing in [t for t in found.values() if isinstance(t, ModuleType)]:
            for name in getattr(thing, "__all__", ()):
                getattr(thing, name)


def fork_as_asked(kernels: list[int]) -> None:
    """Forks a kernel for each request, until there are no more."""
    forge = os.getpid()
    for line in sys.stdin:
        request = json.loads(line)
        gc.freeze()  # kernels do not look through it either, nor copy its pages by that
        pid = os.fork()
        if pid == 0:
            gc.enable()
            become_kernel(request, forge, first=not kernels)
        kernels.append(pid)
        print(pid, flush=True)
        take_on(sys.argv[3:])  # what the first step does not need, while it runs


def become_kernel(request: dict[str, Any], forge: int, first: bool) -> None:
    """In the forked process: run the kernel until it is shut down."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.setsid()
    os.environ.clear()
    os.environ.update(request["env"])
    if request["cwd"]:
        os.chdir(request["cwd"])
    if first and SAIL_VARIABLE in os.environ:
        from workbench.engines import greet

        threading.Thread(target=greet, args=(os.environ[SAIL_VARIABLE],), daemon=True).start()
    from ipykernel.kernelapp import launch_new_instance

    arguments = request["argv"]
    # Jupyter's own watch over the parent: the kernel ends when the forge does. Its variable for
    # this, JPY_PARENT_PID, was read when the module was imported, in the forge.
    own = [f"--IPKernelApp.parent_handle={forge}", "--HistoryManager.enabled=False"]
    try:
        launch_new_instance(argv=[*arguments[arguments.index("-f") :], *own])
    finally:  # one that is told to exit in any other way could wait for its sockets for ever
        os._exit(0)


if __name__ == "__main__":
    serve()
