"""Texts of documents to typed Arrow: the fast way through C++, the exact way in Python."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.bronze.parsing.arrays import NOT_AN_ARRAY
    from workbench.bronze.parsing.contract import enforce
    from workbench.bronze.parsing.decoding import INVALID, MISSING_KEY, TOO_LARGE, Decoder
    from workbench.bronze.parsing.elements import ODD_ELEMENT, elements_of, expected_forms
    from workbench.bronze.parsing.envelopes import advice, proposed_records, unwrap
    from workbench.bronze.parsing.exact import classify
    from workbench.bronze.parsing.extended_json import WRAPPERS, iso_micros
    from workbench.bronze.parsing.parsed import Bad, Rules
    from workbench.bronze.parsing.parser import parse
    from workbench.bronze.parsing.typed_json import DYNAMODB, is_typed

__all__ = [
    "DYNAMODB",
    "INVALID",
    "MISSING_KEY",
    "NOT_AN_ARRAY",
    "ODD_ELEMENT",
    "TOO_LARGE",
    "WRAPPERS",
    "Bad",
    "Decoder",
    "Rules",
    "advice",
    "classify",
    "elements_of",
    "enforce",
    "expected_forms",
    "is_typed",
    "iso_micros",
    "parse",
    "proposed_records",
    "unwrap",
]

__getattr__ = on_demand(__name__)
