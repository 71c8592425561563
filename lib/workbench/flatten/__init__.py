"""Nested JSON to tables: nothing lost, nothing doubled, every name stable, every rename listed."""

from workbench.flatten.build import Tables, relational
from workbench.flatten.flat import Explode, FlatPlan, array_paths, flatten, plan_flat
from workbench.flatten.maps import as_map
from workbench.flatten.proof import verify
from workbench.flatten.tables import plan_tables

__all__ = [
    "Explode",
    "FlatPlan",
    "Tables",
    "array_paths",
    "as_map",
    "flatten",
    "plan_flat",
    "plan_tables",
    "relational",
    "verify",
]
