"""Jupyter's side of the forked kernels: how a kernel manager gets one."""

from __future__ import annotations

import os
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import default

from workbench.forge import Forge

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


class _Specs(KernelSpecManager):
    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        spec.metadata = {"kernel_provisioner": {"provisioner_name": PROVISIONER}}
        return spec


class ForkingKernelManager(AsyncKernelManager):
    """A kernel manager whose kernels are forked."""

    @default("kernel_spec_manager")
    def _specs(self) -> KernelSpecManager:
        return _Specs(parent=self)
