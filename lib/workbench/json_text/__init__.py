"""One spelling of JSON text: of columns on engines, of values in Python; its length."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.json_text.arrays import array_texts
    from workbench.json_text.columns import FRACTIONS, array_text
    from workbench.json_text.values import JsonText, json_texts, moments

__all__ = [
    "FRACTIONS",
    "JsonText",
    "array_text",
    "array_texts",
    "json_texts",
    "moments",
]

__getattr__ = on_demand(__name__)
