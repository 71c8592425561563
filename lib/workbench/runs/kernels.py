"""Jupyter's side of the forked kernels: how a kernel manager gets one."""

from __future__ import annotations

import os
import secrets
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from queue import Empty
from typing import Any, Protocol

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import default

from workbench.runs.forge import Forge


class Kernels(Protocol):
    """What makes the kernels of a run, one per step, whichever engine they work on."""

    @property
    def side_by_side(self) -> bool:
        """Whether several steps can be carried out at once."""

    @property
    def manager(self) -> type[AsyncKernelManager]:
        """The manager that papermill starts a kernel with."""

    def parameters(self, step: str) -> dict[str, Any]:
        """Parameters that are other ones for these kernels."""

    def step(self, folder: Path) -> AbstractContextManager[None]:
        """Around the notebook of a step; what that has left is in the run's folder at the end."""

    def stop(self) -> None:
        """Ends every kernel."""


class Forked:
    """Kernels that the forge forks; they write into the run's folder themselves."""

    side_by_side = True

    def __init__(self, forge: Forge) -> None:
        self.manager, self.stop = ForkingKernelManager, forge.stop

    def parameters(self, step: str) -> dict[str, Any]:
        return {}

    def step(self, folder: Path) -> AbstractContextManager[None]:
        return nullcontext()


PROVISIONER = "workbench-forked"  # the entry point's name in pyproject.toml


class ForkedProvisioner(LocalProvisioner):
    """Jupyter's way to a kernel process: here a fork."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        assert Forge.current
        environment = kwargs.get("env") or dict(os.environ)
        forked = Forge.current.fork(cmd, environment, kwargs.get("cwd"))
        self.process = forked  # type: ignore[assignment]
        self.pid = forked.pid
        self.pgid = None
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        await super().kill(restart)
        if self.process:
            self.process.wait()  # Jupyter would look ten times a second


class _Specs(KernelSpecManager):
    """One kernel, of this Python: what else is installed on the machine is not looked for."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3 (ipykernel)",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": PROVISIONER}},
        )


class PromptClient(AsyncKernelClient):
    """A client that is ready as soon as it hears its kernel."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Until the kernel has answered, and its output is heard here.

        Jupyter's own waits for a fifth of a second of silence to know the latter; the status that
        the kernel sends with its answer tells it at once. Raises RuntimeError where none comes.
        """
        end = time.monotonic() + (timeout or 60)
        while time.monotonic() < end and await self.is_alive():
            asked = self.kernel_info()
            try:
                self._handle_kernel_info_reply(await self.get_shell_msg(timeout=1))
                while True:
                    heard = await self.get_iopub_msg(timeout=0.05)
                    if heard["parent_header"].get("msg_id") == asked:
                        return
            except Empty:
                continue
        raise RuntimeError("the kernel did not start")


class PrivateKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels talk through socket files in a folder that is this user's.

    What a notebook prints goes to all who connect to a kernel's port, which any user of the
    machine may.
    """

    @property
    def private(self) -> Path:
        raise NotImplementedError

    @default("transport")
    def _transport(self) -> str:
        return "ipc"

    @default("connection_file")
    def _connection_file(self) -> str:
        return str(self.private / f"{secrets.token_hex(8)}.json")


class ForkingKernelManager(PrivateKernelManager):
    """A kernel manager whose kernels are forked."""

    @property
    def private(self) -> Path:
        assert Forge.current
        return Forge.current.folder

    @default("client_factory")
    def _client(self) -> type[AsyncKernelClient]:
        return PromptClient

    @default("kernel_spec_manager")
    def _specs(self) -> KernelSpecManager:
        return _Specs(parent=self)
