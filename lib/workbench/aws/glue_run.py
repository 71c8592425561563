"""A run whose notebooks are executed in a session of AWS Glue's, by its own kernel.

One session serves the whole run: to start one takes longer than most steps, and is paid by the
minute. Its statements run one after another, so steps do too.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from traitlets import default

from workbench.aws.in_session import folder_of
from workbench.aws.sessions import SESSION_VARIABLE, Session, settings_for
from workbench.errors import EngineError
from workbench.lake import LEASE
from workbench.parameters import CHARTS
from workbench.runs import PrivateKernelManager
from workbench.storage import scratch, store_of

KERNEL = [sys.executable, "-P", "-m", "workbench.aws.glue_kernel", "-f", "{connection_file}"]


class Specs(KernelSpecManager):
    """One kernel, whatever the notebook names."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=KERNEL, display_name="Workbench on AWS Glue", language="python")


class GlueKernelManager(PrivateKernelManager):
    """Starts the kernel of a session."""

    folder = Path()

    @property
    def private(self) -> Path:
        return self.folder

    @default("kernel_spec_manager")
    def _specs(self) -> KernelSpecManager:
        return Specs(parent=self)


class GlueKernels:
    """The kernels of a run, and the session that they share; it is stopped at the end.

    Raises what `settings_for` raises, EngineError where the kernel is not installed, ServiceError
    where a session is refused.
    """

    side_by_side = False
    manager = GlueKernelManager

    def __init__(self, lake: str, source: Sequence[str]) -> None:
        check_installed()
        self.settings = settings_for(lake, source)
        GlueKernelManager.folder = scratch.for_sockets()
        self.run = f"workbench-{secrets.token_hex(6)}"
        self.session = Session.of(self.settings, self.run)
        self.left = store_of(lake).join(".workbench", "sessions", self.run)
        os.environ[SESSION_VARIABLE] = replace(self.settings, session=self.run).text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop(SESSION_VARIABLE, None)
        try:
            scratch.discard(GlueKernelManager.folder)
        finally:
            self.stop()

    def parameters(self, step: str) -> dict[str, Any]:
        """The engine is the session's own, and charts are drawn onto its disk."""
        charts = {"charts": str(folder_of(self.run) / "charts")} if step == CHARTS else {}
        return {"engine": "", **charts}

    def ahead(self, number: int) -> AbstractContextManager[None]:
        return nullcontext()

    @cached_property
    def begun(self) -> Session:
        self.session.wait()
        # The session publishes under the lease that this process holds and renews.
        self.well("begin", repr(self.settings.environment() | {LEASE: os.environ[LEASE]}))
        return self.session

    @contextmanager
    def step(self, folder: Path) -> Iterator[None]:
        _ = self.begun
        self.well("begin_step", f"{self.run!r}, globals()")
        try:
            yield
        finally:
            self.bring(folder)

    def bring(self, folder: Path) -> None:
        """Brings what a notebook has left in the session into the run's folder."""
        self.well("bring", f"{self.run!r}, {str(self.left)!r}")
        for found in self.left.files():
            target = folder / found.address.removeprefix(str(self.left)).lstrip("/")
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(store_of(found.address).read())
        self.left.remove([found.address for found in self.left.files()])

    def well(self, function: str, given: str) -> None:
        """A statement of the library's own. Raises EngineError where it fails."""
        code = f"from workbench.aws.in_session import {function} as _ours\n_ours({given})"
        said = self.session.run(code)
        if said.error:
            raise EngineError(
                f"The Glue session {self.run} cannot do what a run needs ({function}): "
                f"{said.error}: {said.message}"
            )

    def stop(self) -> None:
        self.session.stop()


def check_installed() -> None:
    """Raises EngineError where there is no kernel of Glue's."""
    from importlib.util import find_spec

    if not find_spec("aws_glue_interactive_sessions_kernel"):
        raise EngineError(
            "glue: the kernels of AWS Glue's sessions are not installed. Install workbench[aws]."
        )
