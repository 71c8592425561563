"""Kernels that are forked end with the process that forked them."""

import subprocess
import sys

from support.processes import gone

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
