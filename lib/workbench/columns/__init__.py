"""Spark columns that mean the same on every engine."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.columns.connected import by_connect
    from workbench.columns.fields import (
        CARRIED,
        HANDED,
        hidden,
        needs_guards,
        reachable,
        reference,
        renamed,
        value,
    )
    from workbench.columns.frames import few_rows, key_parts, small
    from workbench.columns.typed import as_number, as_text, type_at

__all__ = [
    "CARRIED",
    "HANDED",
    "as_number",
    "as_text",
    "by_connect",
    "few_rows",
    "hidden",
    "key_parts",
    "needs_guards",
    "reachable",
    "reference",
    "renamed",
    "small",
    "type_at",
    "value",
]

__getattr__ = on_demand(__name__)
