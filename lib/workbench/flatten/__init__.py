"""Nested JSON to tables: nothing lost, nothing doubled, every name stable, every rename listed."""

from typing import TYPE_CHECKING

from workbench.flatten.array_tables import Tables, build_tables, check_unique, relational
from workbench.flatten.array_tables_plan import plan_tables
from workbench.flatten.as_columns import as_columns
from workbench.flatten.flat_table import build_flat, flatten
from workbench.flatten.flat_table_plan import Explode, FlatPlan, array_paths, plan_flat
from workbench.flatten.maps import as_map, find_struct
from workbench.flatten.outline import DOCUMENT, SAMPLE, FlatOutline, Plan, maps_of, plan, plan_of
from workbench.flatten.selected import select
from workbench.flatten.tables_plan import TablesPlan
from workbench.flatten.verification import verify
from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.flatten.counts import Counts
    from workbench.flatten.expected import expected_flat, expected_tables
    from workbench.flatten.map_entries import mapped
    from workbench.flatten.outline_text import percent, renames_told
    from workbench.flatten.places import Identity, found_flat, found_table
    from workbench.flatten.spread_arrays import check_length, replaced

__all__ = [
    "DOCUMENT",
    "SAMPLE",
    "Counts",
    "Explode",
    "FlatOutline",
    "FlatPlan",
    "Identity",
    "Plan",
    "Tables",
    "TablesPlan",
    "array_paths",
    "as_columns",
    "as_map",
    "build_flat",
    "build_tables",
    "check_length",
    "check_unique",
    "expected_flat",
    "expected_tables",
    "find_struct",
    "flatten",
    "found_flat",
    "found_table",
    "mapped",
    "maps_of",
    "percent",
    "plan",
    "plan_flat",
    "plan_of",
    "plan_tables",
    "relational",
    "renames_told",
    "replaced",
    "select",
    "verify",
]

__getattr__ = on_demand(__name__)
