"""Jupyter's side of the forked kernels: how a kernel manager gets one."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from queue import Empty, Queue
from typing import Any, ClassVar, Protocol

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo, write_connection_file
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import default

from workbench.runs.forge import Forge, ForkedProcess


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

    def ahead(self, number: int) -> AbstractContextManager[None]:
        """Around steps: kernels for so many of them may start before their notebooks are read."""

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

    @contextmanager
    def ahead(self, number: int) -> Iterator[None]:
        """The first waits for nobody but the forge; the others start while that works."""
        kernels = ForkingKernelManager.promised = Promised(number)
        try:
            yield
        finally:
            ForkingKernelManager.promised = None
            kernels.end()

    def step(self, folder: Path) -> AbstractContextManager[None]:
        return nullcontext()


class Promised:
    """Kernels that are forked one after the other, each for the first notebook that asks."""

    def __init__(self, number: int) -> None:
        self._left, self._lock = number, threading.Lock()
        self._forked: Queue[tuple[str, ForkedProcess] | Exception] = Queue()
        self._forking = threading.Thread(target=self._fork, args=(number,))
        self._forking.start()

    def _fork(self, number: int) -> None:
        for _ in range(number):
            try:
                assert Forge.current
                file = str(Forge.current.folder / connection_file())
                key = secrets.token_hex().encode()
                write_connection_file(file, transport="ipc", ip=f"{file}-ipc", key=key)
                self._forked.put((file, Forge.current.fork(["-f", file], dict(os.environ), None)))
            except Exception as error:  # whoever waits for it hears so
                self._forked.put(error)

    def take(self) -> tuple[str, ForkedProcess] | None:
        """A kernel's connection file and process; nothing where all have been taken.

        Raises what forking it has raised.
        """
        with self._lock:
            if not self._left:
                return None
            self._left -= 1
        taken = self._forked.get()
        if isinstance(taken, Exception):
            raise taken
        return taken

    def end(self) -> None:
        """Those that nobody took end."""
        self._forking.join()
        while not self._forked.empty():
            left = self._forked.get()
            if not isinstance(left, Exception):
                left[1].kill()


def connection_file() -> str:
    """A name for what tells how a kernel is reached."""
    return f"{secrets.token_hex(8)}.json"


PROVISIONER = "workbench-forked"  # the entry point's name in pyproject.toml


class ForkedProvisioner(LocalProvisioner):
    """Jupyter's way to a kernel process: here a fork, which may have been made ahead."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        self.ahead: ForkedProcess | None = None
        promised = ForkingKernelManager.promised
        if promised and (taken := promised.take()):
            manager: Any = self.parent
            manager.connection_file, self.ahead = taken
            manager.load_connection_file()
            manager._connection_file_written = True  # its kernel may be reading it
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        assert Forge.current
        environment = kwargs.get("env") or dict(os.environ)
        forked = self.ahead or Forge.current.fork(cmd, environment, kwargs.get("cwd"))
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
        return str(self.private / connection_file())


class ForkingKernelManager(PrivateKernelManager):
    """A kernel manager whose kernels are forked."""

    promised: ClassVar[Promised | None] = None

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
