"""Kernels that are forked end with the process that forked them."""

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from support.processes import LIMIT, gone
from workbench.runs.forge import Forge, end_kernels, wait_for_groups

KILLED = """
import asyncio
from workbench.runs.forge import Forge
from workbench.runs.kernels import ForkingKernelManager

async def main():
    forge, manager = Forge(), ForkingKernelManager(kernel_name="python3")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready()
    print(manager.provisioner.pid, flush=True)
    forge.process.kill()

asyncio.run(main())
"""


def test_a_kernel_ends_when_the_process_that_forked_it_is_killed() -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    assert gone(int(done.stdout.split()[0]))


TOLD_TO_EXIT = """
import atexit, os, signal, sys, threading, time
atexit.register(time.sleep, 600)  # as sockets that are open may be waited for
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
"""


def test_a_kernel_that_is_told_to_exit_waits_for_nothing() -> None:
    told = f"await client.execute_interactive({TOLD_TO_EXIT!r})"
    ended = "while manager.provisioner.process.poll() is None: await asyncio.sleep(0.1)"
    code = KILLED.replace("    forge.process.kill()", f"    {told}\n    {ended}")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr


def test_the_workers_of_a_kernel_have_ended_with_it() -> None:
    """They write into what is swept next; each would notice within a second that it is alone."""
    kernel = subprocess.Popen(
        ["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, start_new_session=True
    )
    assert kernel.stdout
    worker = psutil.Process(int(kernel.stdout.readline()))
    end_kernels([kernel.pid])
    kernel.wait()
    kernel.stdout.close()
    wait_for_groups([kernel.pid])
    with suppress(psutil.NoSuchProcess):
        assert worker.status() == psutil.STATUS_ZOMBIE


AHEAD = """
import asyncio
import psutil
from workbench.runs.forge import Forge
from workbench.runs.kernels import Forked, ForkingKernelManager

async def kernel():
    manager = ForkingKernelManager(kernel_name="python3")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready()
    return manager

async def main():
    with Forge() as forge:
        def living():
            return {child.pid for child in psutil.Process(forge.process.pid).children()}
        with Forked(forge).ahead(3):
            taken = [await kernel(), await kernel()]
            print(len(living()))
        while len(living()) > 2:
            await asyncio.sleep(0.01)
        print(living() == {manager.provisioner.pid for manager in taken})
        taken.append(await kernel())
        print(len(living()))

asyncio.run(main())
"""


def test_kernels_forked_ahead_are_taken_and_those_left_end() -> None:
    done = subprocess.run([sys.executable, "-c", AHEAD], capture_output=True, text=True)
    assert done.stdout.split() == ["3", "True", "3"], done.stderr


def test_what_notebooks_import_of_the_library_is_there_before_the_fork(tmp_path: Path) -> None:
    cells = ["%%time\nfrom workbench.gold import read_scores", "from workbench import charts"]
    write_notebook(tmp_path / "own.ipynb", [*cells, "from workbench.silver import no_such_name"])
    write_notebook(tmp_path / "next.ipynb", ["from workbench.gold import read_users\nprint(1)"])
    asked = f"""
import sys
import time
from workbench.runs.forge import take_on

take_on(["{tmp_path}/not there", "{tmp_path}/own.ipynb", "{tmp_path}/next.ipynb"])
print(*(name in sys.modules for name in ("workbench.charts.heat_map", "workbench.gold.read")))
"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]


def write_notebook(path: Path, cells: list[str]) -> None:
    content = {"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]}
    path.write_text(json.dumps(content))


def test_kernels_keep_what_arrow_frees() -> None:
    with Forge() as forge:
        process = psutil.Process(forge.process.pid)
        while not (told := process.environ()):  # of a process that has only just begun
            time.sleep(0.01)
        assert told["MIMALLOC_PURGE_DELAY"] == "1000"
