"""Bronze: one pass over a dump, whatever it is. Check, type, hash, fingerprint, stage, quarantine.

`reading` goes from files to the texts of documents, `parsing` from texts to typed Arrow, and
`scanning` is the pass. No engine is needed here.
"""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.bronze.parsing.decoding import MISSING_KEY, Decoder
    from workbench.bronze.parsing.envelopes import advice, unwrap
    from workbench.bronze.parsing.exact import classify
    from workbench.bronze.parsing.extended_json import WRAPPERS
    from workbench.bronze.personal import hashed
    from workbench.bronze.personal_names import VALUES, is_personal_name
    from workbench.bronze.quarantine import QUARANTINE, quarantined
    from workbench.bronze.reading.breadth import MOST_FIELDS, MOST_KEYS
    from workbench.bronze.reading.sources import find
    from workbench.bronze.results import BIT, POSITION, SEVERAL_KINDS, Scan
    from workbench.bronze.scanning import scan
    from workbench.bronze.staged import (
        column,
        first_documents,
        read_scanned,
        share_like,
        table,
        values_at,
    )

__all__ = [
    "BIT",
    "MISSING_KEY",
    "MOST_FIELDS",
    "MOST_KEYS",
    "POSITION",
    "QUARANTINE",
    "SEVERAL_KINDS",
    "VALUES",
    "WRAPPERS",
    "Decoder",
    "Scan",
    "advice",
    "classify",
    "column",
    "find",
    "first_documents",
    "hashed",
    "is_personal_name",
    "quarantined",
    "read_scanned",
    "scan",
    "share_like",
    "table",
    "unwrap",
    "values_at",
]

__getattr__ = on_demand(__name__)
