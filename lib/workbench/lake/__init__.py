"""The lake: tables, partitions, manifests; several ingestions read as one."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.lake.hash_key import (
        CHANGED_VARIABLE,
        KEY_VARIABLE,
        given_key,
        key_mark,
        lake_key,
    )
    from workbench.lake.ingestions import read_arrow, read_pandas, read_together
    from workbench.lake.lake import LAYERS, Lake
    from workbench.lake.opening import lake_at
    from workbench.lake.partitions import earlier_schema, partition_state
    from workbench.lake.restating import OneSchema, one_schema, restated
    from workbench.lake.verification import published, verify
    from workbench.lake.versions import Current, Versions

__all__ = [
    "CHANGED_VARIABLE",
    "KEY_VARIABLE",
    "LAYERS",
    "Current",
    "Lake",
    "OneSchema",
    "Versions",
    "earlier_schema",
    "given_key",
    "key_mark",
    "lake_at",
    "lake_key",
    "one_schema",
    "partition_state",
    "published",
    "read_arrow",
    "read_pandas",
    "read_together",
    "restated",
    "verify",
]

__getattr__ = on_demand(__name__)
