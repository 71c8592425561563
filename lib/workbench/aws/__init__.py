"""The chain in an AWS account: its state machine, what is deployed, what runs there."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.aws.bundle import build
    from workbench.aws.deployment import answers, deploy, destroy, variables
    from workbench.aws.executions import follow, latest, log_lines, start, stop
    from workbench.aws.glue_run import GlueKernels, check_installed
    from workbench.aws.sessions import SESSION_VARIABLE, SessionSettings, settings_for
    from workbench.aws.stack import Stack, applied, reached
    from workbench.aws.state_machine import REPORT, generated, layers, machine

__all__ = [
    "REPORT",
    "SESSION_VARIABLE",
    "GlueKernels",
    "SessionSettings",
    "Stack",
    "answers",
    "applied",
    "build",
    "check_installed",
    "deploy",
    "destroy",
    "follow",
    "generated",
    "latest",
    "layers",
    "log_lines",
    "machine",
    "reached",
    "settings_for",
    "start",
    "stop",
    "variables",
]

__getattr__ = on_demand(__name__)
