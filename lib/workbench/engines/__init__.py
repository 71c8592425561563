"""The engines: Spark with its JVM, and Sail, started here; clusters and servers elsewhere."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.engines.child import Child
    from workbench.engines.cluster import check_shared, executors_failed, send_library
    from workbench.engines.conf import checked_conf, given_conf, keep_conf
    from workbench.engines.connect import (
        check_answers,
        configured,
        connected,
        greet,
        served,
        server_at,
        server_of,
        settings_of,
    )
    from workbench.engines.elsewhere import (
        CONNECT_MODE,
        SESSION_VARIABLE,
        is_cluster,
        on_a_cluster,
        work_on,
    )
    from workbench.engines.library import LIBRARY, pack
    from workbench.engines.names import ENGINES, check_engine
    from workbench.engines.private import FILE, REQUIRED, required
    from workbench.engines.s3a import S3A_VARIABLE
    from workbench.engines.sail import MOST_VARIABLE, SAIL_VARIABLE, TOO_MUCH, SailServer
    from workbench.engines.spark import (
        LOCAL,
        MASTER_VARIABLE,
        PORT_VARIABLE,
        SETTINGS,
        SPARK_SETTINGS,
        SparkServer,
        attached,
        cluster_environment,
        local_environment,
        session_settings,
    )
    from workbench.engines.store_tables import (
        give_access,
        may_read,
        read_folder,
        use_access,
        write_folder,
    )
    from workbench.engines.told import Told, forget_secret, tell_secret

__all__ = [
    "CONNECT_MODE",
    "ENGINES",
    "FILE",
    "LIBRARY",
    "LOCAL",
    "MASTER_VARIABLE",
    "MOST_VARIABLE",
    "PORT_VARIABLE",
    "REQUIRED",
    "S3A_VARIABLE",
    "SAIL_VARIABLE",
    "SESSION_VARIABLE",
    "SETTINGS",
    "SPARK_SETTINGS",
    "TOO_MUCH",
    "Child",
    "SailServer",
    "SparkServer",
    "Told",
    "attached",
    "check_answers",
    "check_engine",
    "check_shared",
    "checked_conf",
    "cluster_environment",
    "configured",
    "connected",
    "executors_failed",
    "forget_secret",
    "give_access",
    "given_conf",
    "greet",
    "is_cluster",
    "keep_conf",
    "local_environment",
    "may_read",
    "on_a_cluster",
    "pack",
    "read_folder",
    "required",
    "send_library",
    "served",
    "server_at",
    "server_of",
    "session_settings",
    "settings_of",
    "tell_secret",
    "use_access",
    "work_on",
    "write_folder",
]

__getattr__ = on_demand(__name__)
