"""Tables in the catalog of AWS Glue, which Athena reads by: their types, their entries."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.catalog.entries import (
        PLACE,
        Entry,
        differences,
        kept_types,
        partition_input,
        table_input,
    )
    from workbench.catalog.glue import NONE, REGISTERED, VARIABLE, Catalog, check_pattern
    from workbench.catalog.telling import KINDS, TABLES, comments
    from workbench.catalog.types import merged, of_files

__all__ = [
    "KINDS",
    "NONE",
    "PLACE",
    "REGISTERED",
    "TABLES",
    "VARIABLE",
    "Catalog",
    "Entry",
    "check_pattern",
    "comments",
    "differences",
    "kept_types",
    "merged",
    "of_files",
    "partition_input",
    "table_input",
]

__getattr__ = on_demand(__name__)
