"""Silver: one typed row per key, proved and published with its quarantine."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.silver.checks import check_bad_share, check_drift, check_superseded
    from workbench.silver.dump import TABLE, Dump, read_dump
    from workbench.silver.held import held
    from workbench.silver.proving import prove_again
    from workbench.silver.publish import publish_silver, silver_users
    from workbench.silver.restating import RESTATE, WRITTEN_AGAIN
    from workbench.silver.superseded import find_superseded

__all__ = [
    "RESTATE",
    "TABLE",
    "WRITTEN_AGAIN",
    "Dump",
    "check_bad_share",
    "check_drift",
    "check_superseded",
    "find_superseded",
    "held",
    "prove_again",
    "publish_silver",
    "read_dump",
    "silver_users",
]

__getattr__ = on_demand(__name__)
