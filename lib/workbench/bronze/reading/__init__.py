"""Files to texts of documents: sources, layouts, compression, brackets, and what damage leaves."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.bronze.reading.brackets import BLANK, LARGE, Form, TooMany, form_of, named
    from workbench.bronze.reading.breadth import (
        MOST_FIELDS,
        MOST_KEYS,
        check_letters,
        has_many_names,
        is_wide,
        too_wide,
        widest,
    )
    from workbench.bronze.reading.cutting import BLOCK, blocks
    from workbench.bronze.reading.damage import Span, salvage
    from workbench.bronze.reading.damaged_text import CUT_TOKEN
    from workbench.bronze.reading.digester import Digester, changed, unchanged
    from workbench.bronze.reading.documents import Block, Documents, Extent
    from workbench.bronze.reading.familiar import LESSONS, Known
    from workbench.bronze.reading.layouts import LARGEST_DOCUMENT, Source
    from workbench.bronze.reading.near_json import as_strict, whole_pairs
    from workbench.bronze.reading.records import ROOT, shown
    from workbench.bronze.reading.sources import find, is_json_name, passed_over
    from workbench.bronze.reading.structure import nesting, values_in

__all__ = [
    "BLANK",
    "BLOCK",
    "CUT_TOKEN",
    "LARGE",
    "LARGEST_DOCUMENT",
    "LESSONS",
    "MOST_FIELDS",
    "MOST_KEYS",
    "ROOT",
    "Block",
    "Digester",
    "Documents",
    "Extent",
    "Form",
    "Known",
    "Source",
    "Span",
    "TooMany",
    "as_strict",
    "blocks",
    "changed",
    "check_letters",
    "find",
    "form_of",
    "has_many_names",
    "is_json_name",
    "is_wide",
    "named",
    "nesting",
    "passed_over",
    "salvage",
    "shown",
    "too_wide",
    "unchanged",
    "values_in",
    "whole_pairs",
    "widest",
]

__getattr__ = on_demand(__name__)
