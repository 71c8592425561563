"""The engines that a run starts: Spark with its JVM, and Sail. Their names and settings."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.engines.channel import SocketChannel
    from workbench.engines.child import Child
    from workbench.engines.conf import checked_conf, given_conf, keep_conf
    from workbench.engines.names import ENGINES, check_engine
    from workbench.engines.private import FILE, REQUIRED, required
    from workbench.engines.s3a import S3A_VARIABLE
    from workbench.engines.sail import SAIL_VARIABLE, SailServer
    from workbench.engines.spark import (
        LOCAL,
        PORT_VARIABLE,
        SETTINGS,
        SPARK_SETTINGS,
        SparkServer,
        attached,
        local_environment,
        session_settings,
    )

__all__ = [
    "ENGINES",
    "FILE",
    "LOCAL",
    "PORT_VARIABLE",
    "REQUIRED",
    "S3A_VARIABLE",
    "SAIL_VARIABLE",
    "SETTINGS",
    "SPARK_SETTINGS",
    "Child",
    "SailServer",
    "SocketChannel",
    "SparkServer",
    "attached",
    "check_engine",
    "checked_conf",
    "given_conf",
    "keep_conf",
    "local_environment",
    "required",
    "session_settings",
]

__getattr__ = on_demand(__name__)
