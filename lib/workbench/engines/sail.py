"""The Sail server: a child process that nobody else reaches, which ends with its parent.

`python -m workbench.engines.sail FOLDER SOCKETS` is that process: it prints its address, and why
others of the machine reach it where they do, and serves until its standard input closes, which
happens when the parent stops it and also when the parent dies in any way. The folders, for what the
engine spills and for its socket, go with it.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from workbench.engines.child import Child, check_threads, end
from workbench.engines.private import FILE, SOCKET, leave_network, pass_on, required
from workbench.errors import EngineError, RequestError
from workbench.storage import scratch

GIB = 1 << 30
ROWS_OF_GROUP = 128 << 10  # that a writer of Parquet holds, at most
ROOM = 3 * GIB  # of addresses, most of which never become memory
SAIL_VARIABLE = "WORKBENCH_SAIL"  # the address of a server that is already there
MOST_VARIABLE = "WORKBENCH_SAIL_MEMORY"  # bytes that a server may hold; with more it ends itself
TOO_MUCH, LOOKS = 86, 0.02  # its exit code then; seconds between two looks at what it holds


class SailServer(Child):
    """A running server. It is starting when made, and listening once `address` is known."""

    # What Python is told to run, with nothing from the folder that it is started in; tests have it
    # work where there are no private networks.
    program: ClassVar = ("-P", "-m", "workbench.engines.sail")

    def __init__(self) -> None:
        check_room()
        check_threads()
        self.folder = scratch.temporary()
        self.sockets = scratch.for_sockets()
        settings = {
            # Aggregates and sorts beyond this spill to disk.
            "SAIL_RUNTIME__MEMORY_POOL__TYPE": "fair",
            "SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE": str(pool()),
            # Else it has four parts of each table in memory on two processors, and is no faster.
            "SAIL_EXECUTION__DEFAULT_PARALLELISM": str(os.cpu_count() or 1),
            # Else the footers of all files are read at once, on up to a hundred threads, which all
            # stay, and each keeps memory of its own from then on: 0.8 GB or 2.7, by chance.
            "SAIL_EXECUTION__COLLECT_STATISTICS": "false",
            # A writer holds one group of rows at a time.
            "SAIL_PARQUET__MAX_ROW_GROUP_SIZE": str(ROWS_OF_GROUP),
            # Texts that hardly repeat are given up as a dictionary sooner, and the least and
            # greatest value are kept of each column, not of each page: a third of a wide write.
            "SAIL_PARQUET__DICTIONARY_PAGE_SIZE_LIMIT": str(128 << 10),
            "SAIL_PARQUET__STATISTICS_ENABLED": "chunk",
            # What Python and Arrow free there is kept for what they ask for next.
            "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
            "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
            "MALLOC_TOP_PAD_": str(64 << 20),
            "MALLOC_ARENA_MAX": "2",
            "SAIL_SPARK__SESSION_TIMEOUT_SECS": "86400",
            "RUST_LOG": "error",
            "TMPDIR": str(self.folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, *self.program, str(self.folder), str(self.sockets)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | settings,
            start_new_session=True,  # Ctrl-C in a terminal is for the run, which stops this
        )

    @cached_property
    def address(self) -> str:
        """Where clients connect. Raises EngineError where the server did not start.

        Where others of this machine reach it too, that is said, or is an EngineError, as
        `private.REQUIRED` says.
        """
        assert self.process.stdout
        address, _, why = self.process.stdout.readline().decode().strip().partition(" ")
        if why:
            self.warn(why)
        if not address:
            raise EngineError(
                f"Sail did not start (exit code {self.process.wait()}). "
                "Run with --engine spark, or reinstall the pysail package."
            )
        return address

    def warn(self, why: str) -> None:
        """Says that others reach it. Raises EngineError, and ends it, where they must not."""
        said = f"Other users of this machine can reach Sail while it runs: {why}."
        if required():
            self.stop()
            raise EngineError(
                f"{said} Use --engine spark, which asks for a password, or leave out "
                "--require-private-engine where nobody else uses this machine."
            )
        print(said, file=sys.stderr)

    @property
    def environment(self) -> dict[str, str]:
        """What kernels find it by. Raises EngineError where it did not start."""
        return {SAIL_VARIABLE: self.address}

    def stop(self) -> None:
        end(self.process)
        assert self.process.stdout
        self.process.stdout.close()
        scratch.discard(self.folder)
        scratch.discard(self.sockets)


def pool() -> int:
    """Bytes that what is grouped and sorted may take."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(memory // 4, GIB), 2 * GIB, most_memory() // 2)


def most_memory() -> int:
    """Bytes that a server may hold in all: texts that functions make count in no pool.

    Raises RequestError where the variable does not say so.
    """
    given = os.environ.get(MOST_VARIABLE, str(sys.maxsize))
    if not given.isdecimal():
        raise RequestError(
            f"{MOST_VARIABLE}: {given!r} is not allowed; it must be a number of bytes. For example "
            f"{4 * GIB}."
        )
    return int(given)


def end_beyond(most: int) -> None:
    """Ends this process once it holds more bytes, where the system tells how many it holds."""
    with suppress(OSError), open("/proc/self/statm", "rb", buffering=0) as told:
        while int(told.read(100).split()[1]) * os.sysconf("SC_PAGE_SIZE") <= most:
            time.sleep(LOOKS)
            told.seek(0)
        os._exit(TOO_MUCH)


def check_room() -> None:
    """Raises EngineError where processes may not have the addresses that it and gRPC ask for.

    They would end without a word.
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if 0 <= limit < ROOM:
        raise EngineError(
            f"A process may have {limit >> 20:,} MB of addresses here (`ulimit -v`), and Sail "
            f"needs {ROOM >> 20:,}. Raise that limit, or run where there is none; the memory "
            "itself has limits of its own."
        )


def serve(folder: str, sockets: str) -> None:
    why = leave_network()
    from pysail.spark import SparkConnectServer  # not before: it may start threads

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    if MOST_VARIABLE in os.environ:
        threading.Thread(target=end_beyond, args=(most_memory(),), daemon=True).start()
    host, port = server.listening_address
    address = f"sc://{host}:{port}"
    if not why:
        path = Path(sockets) / SOCKET
        pass_on(str(path), port)
        address = f"{FILE}{path}"
    with suppress(BrokenPipeError):  # the parent can be dead by now
        print(address, why, flush=True)
        sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(sockets, ignore_errors=True)
    os._exit(0)  # stopping the server would wait for answers that a client has not taken


if __name__ == "__main__":
    serve(*sys.argv[1:])
