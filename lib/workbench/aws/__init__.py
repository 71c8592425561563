"""The chain in an AWS account: its state machine, what is deployed, what runs there."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.aws.bundle import build
    from workbench.aws.glue_run import GlueKernels, check_installed
    from workbench.aws.sessions import SESSION_VARIABLE, SessionSettings, settings_for
    from workbench.aws.state_machine import generated, layers, machine

__all__ = [
    "SESSION_VARIABLE",
    "GlueKernels",
    "SessionSettings",
    "build",
    "check_installed",
    "generated",
    "layers",
    "machine",
    "settings_for",
]

__getattr__ = on_demand(__name__)
