"""Nested JSON to tables: nothing lost, nothing doubled, every name stable, every rename listed."""

from workbench.flatten.build import Tables, relational
from workbench.flatten.flat import Explode, FlatPlan, array_paths, plan_flat
from workbench.flatten.flat_rows import flatten
from workbench.flatten.maps import as_map
from workbench.flatten.proof import verify
from workbench.flatten.tables import plan_tables
from workbench.flatten.tree import Plan, plan

__all__ = [
    "Explode",
    "FlatPlan",
    "Plan",
    "Tables",
    "array_paths",
    "as_map",
    "flatten",
    "plan",
    "plan_flat",
    "plan_tables",
    "relational",
    "verify",
]
