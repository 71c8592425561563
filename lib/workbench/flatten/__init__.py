"""Nested JSON to tables: nothing lost, nothing doubled, every name stable, every rename listed."""

from workbench.flatten.array_tables import Tables, relational
from workbench.flatten.array_tables_plan import plan_tables
from workbench.flatten.as_columns import as_columns
from workbench.flatten.flat_table import flatten
from workbench.flatten.flat_table_plan import Explode, FlatPlan, array_paths, plan_flat
from workbench.flatten.maps import as_map
from workbench.flatten.outline import Plan, plan
from workbench.flatten.selected import select
from workbench.flatten.verification import verify

__all__ = [
    "Explode",
    "FlatPlan",
    "Plan",
    "Tables",
    "array_paths",
    "as_columns",
    "as_map",
    "flatten",
    "plan",
    "plan_flat",
    "plan_tables",
    "relational",
    "select",
    "verify",
]
