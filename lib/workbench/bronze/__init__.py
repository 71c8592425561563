"""Bronze: one pass over a dump, whatever it is. Check, type, hash, fingerprint, stage, quarantine.

The way down, for the chain (`silver.read_dump`) and for `workbench flatten` (`convert`) alike:

1. `staged_dump.stage_dump` takes a request (source, key or none, arrays, maps, pii, contract);
2. `scanning.scan` has `passes` read the source by the workers of `pool`, till nothing is learned:
3. `reading.sources` finds the files, `reading.layouts` what each holds;
4. `reading.cutting` cuts them into blocks, `reading.documents` those into texts of documents;
5. `parsing.parser` types a block: `parsing.fast` through Arrow, `parsing.exact` where that cannot;
6. `parsing.contract` holds it against a contract, `selecting` drops what was left out, `personal`
   hashes, `proof` fingerprints;
7. `staging` writes the good rows, `quarantine` the bad documents, as Parquet;
8. `maps` makes rows of the objects whose fields are ids, `spread` fields of arrays;
9. the `StagedDump` has the schema, the fingerprints, the notes; `verdict` says whether to go on;
10. `staged.read_staged` gives the rows to an engine, for silver or the tables to be made.

No engine is needed until the last.
"""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.bronze.held_json import JsonField, json_fields, json_fields_of
    from workbench.bronze.keys import (
        distinct,
        keys_told,
        may_be_keys,
        told_apart,
        unique,
        unique_together,
    )
    from workbench.bronze.maps import as_maps, before_entries, texts_made, value_node
    from workbench.bronze.parsing.decoding import MISSING_KEY, Decoder
    from workbench.bronze.parsing.envelopes import advice, proposed_records, unwrap
    from workbench.bronze.parsing.exact import classify
    from workbench.bronze.parsing.extended_json import WRAPPERS, iso_micros
    from workbench.bronze.parsing.holding import values_at_path
    from workbench.bronze.parsing.typed_json import DYNAMODB, is_typed
    from workbench.bronze.personal import hashed
    from workbench.bronze.personal_names import is_personal_name
    from workbench.bronze.personal_values import (
        Personal,
        in_clear,
        personal_by_values,
        personal_fields,
    )
    from workbench.bronze.quarantine import QUARANTINE, keep_quarantine, quarantined, staged_at
    from workbench.bronze.reading.breadth import MOST_FIELDS, MOST_KEYS
    from workbench.bronze.reading.near_json import as_strict
    from workbench.bronze.reading.records import shown
    from workbench.bronze.reading.sources import find
    from workbench.bronze.results import BIT, FILE_COLUMN, LONE, POSITION, SEVERAL_KINDS, Scan
    from workbench.bronze.sample_counts import sample_counts
    from workbench.bronze.scanning import scan
    from workbench.bronze.staged import (
        column,
        first_documents,
        in_staged,
        leaves_at,
        numbered,
        read_staged,
        share_like,
        table,
        values_at,
    )
    from workbench.bronze.staged_dump import DumpRequest, StagedDump, number_column, stage_dump
    from workbench.bronze.verdict import bad_told, check_arrays, check_good

__all__ = [
    "BIT",
    "DYNAMODB",
    "FILE_COLUMN",
    "LONE",
    "MISSING_KEY",
    "MOST_FIELDS",
    "MOST_KEYS",
    "POSITION",
    "QUARANTINE",
    "SEVERAL_KINDS",
    "WRAPPERS",
    "Decoder",
    "DumpRequest",
    "JsonField",
    "Personal",
    "Scan",
    "StagedDump",
    "advice",
    "as_maps",
    "as_strict",
    "bad_told",
    "before_entries",
    "check_arrays",
    "check_good",
    "classify",
    "column",
    "distinct",
    "find",
    "first_documents",
    "hashed",
    "in_clear",
    "in_staged",
    "is_personal_name",
    "is_typed",
    "iso_micros",
    "json_fields",
    "json_fields_of",
    "keep_quarantine",
    "keys_told",
    "leaves_at",
    "may_be_keys",
    "number_column",
    "numbered",
    "personal_by_values",
    "personal_fields",
    "proposed_records",
    "quarantined",
    "read_staged",
    "sample_counts",
    "scan",
    "share_like",
    "shown",
    "stage_dump",
    "staged_at",
    "table",
    "texts_made",
    "told_apart",
    "unique",
    "unique_together",
    "unwrap",
    "value_node",
    "values_at",
    "values_at_path",
]

__getattr__ = on_demand(__name__)
