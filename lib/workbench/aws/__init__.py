"""The chain in an AWS account: its state machine, what is deployed, what runs there."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.aws.bundle import build
    from workbench.aws.state_machine import generated, layers, machine

__all__ = [
    "build",
    "generated",
    "layers",
    "machine",
]

__getattr__ = on_demand(__name__)
