"""The engines that a run starts: Spark with its JVM, and Sail. Their names and settings."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.engines.channel import SocketChannel
    from workbench.engines.child import Child
    from workbench.engines.names import ENGINES, check_engine
    from workbench.engines.private import FILE, REQUIRED, required
    from workbench.engines.sail import SAIL_VARIABLE, SailServer
    from workbench.engines.spark import (
        LOCAL,
        PORT_VARIABLE,
        SETTINGS,
        SPARK_SETTINGS,
        SparkServer,
        attached,
        local_environment,
        local_settings,
    )

__all__ = [
    "ENGINES",
    "FILE",
    "LOCAL",
    "PORT_VARIABLE",
    "REQUIRED",
    "SAIL_VARIABLE",
    "SETTINGS",
    "SPARK_SETTINGS",
    "Child",
    "SailServer",
    "SocketChannel",
    "SparkServer",
    "attached",
    "check_engine",
    "local_environment",
    "local_settings",
    "required",
]

__getattr__ = on_demand(__name__)
