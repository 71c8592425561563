"""`workbench flatten`: a dump to tables, without notebooks and without a lake."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.convert.documents import Request
    from workbench.convert.dump_to_tables import Outcome, flatten_dump, show_plan
    from workbench.convert.on_store import flatten_to_store, show_plan_on_store

__all__ = [
    "Outcome",
    "Request",
    "flatten_dump",
    "flatten_to_store",
    "show_plan",
    "show_plan_on_store",
]

__getattr__ = on_demand(__name__)
