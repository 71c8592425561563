"""The engines that a run starts: Spark with its JVM, and Sail. Their names and settings."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.engines.child import Child
    from workbench.engines.names import check_engine
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
    "LOCAL",
    "PORT_VARIABLE",
    "SAIL_VARIABLE",
    "SETTINGS",
    "SPARK_SETTINGS",
    "Child",
    "SailServer",
    "SparkServer",
    "attached",
    "check_engine",
    "local_environment",
    "local_settings",
]

__getattr__ = on_demand(__name__)
