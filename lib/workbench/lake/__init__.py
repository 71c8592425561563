"""The lake, here or on a store: tables, partitions, manifests; several ingestions read as one."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.lake.copies import copy_of
    from workbench.lake.hash_key import (
        CHANGED_VARIABLE,
        KEY_VARIABLE,
        given_key,
        key_mark,
        lake_key,
    )
    from workbench.lake.ingestions import DATE, read_arrow, read_pandas, read_together
    from workbench.lake.lake import Lake
    from workbench.lake.lease import LEASE
    from workbench.lake.object_lake import ObjectLake
    from workbench.lake.opening import lake_at
    from workbench.lake.partitions import earlier_schema, partition_state
    from workbench.lake.registered import catalog_of, planned, put_right, tables_of
    from workbench.lake.restating import OneSchema, one_schema, restated
    from workbench.lake.tables import LAYERS, STAGED_FOR
    from workbench.lake.verification import published, verify
    from workbench.lake.versions import Current, Versions

__all__ = [
    "CHANGED_VARIABLE",
    "DATE",
    "KEY_VARIABLE",
    "LAYERS",
    "LEASE",
    "STAGED_FOR",
    "Current",
    "Lake",
    "ObjectLake",
    "OneSchema",
    "Versions",
    "catalog_of",
    "copy_of",
    "earlier_schema",
    "given_key",
    "key_mark",
    "lake_at",
    "lake_key",
    "one_schema",
    "partition_state",
    "planned",
    "published",
    "put_right",
    "read_arrow",
    "read_pandas",
    "read_together",
    "restated",
    "tables_of",
    "verify",
]

__getattr__ = on_demand(__name__)
