"""LGPD, article 18: a person or a date removed from the tables and from what runs have left."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.forget.places import Places
    from workbench.forget.requests import forget_date, forget_key, key_path
    from workbench.forget.tables import Asked
    from workbench.forget.tables_at import forget_in_tables

__all__ = [
    "Asked",
    "Places",
    "forget_date",
    "forget_in_tables",
    "forget_key",
    "key_path",
]

__getattr__ = on_demand(__name__)
