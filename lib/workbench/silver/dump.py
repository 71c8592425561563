"""A dump that was read into a lake, for notebook 01."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath

import pandas as pd

from workbench.bronze import DumpRequest, Scan, StagedDump, in_clear, json_fields_of, stage_dump
from workbench.errors import RequestError
from workbench.kept_memory import give_back
from workbench.lake import DATE, Lake, earlier_schema, key_mark, lake_at
from workbench.schema import Change, Node, as_rows, changes, key_paths, key_text, show, walk

TABLE = "users"
RESERVED = (DATE,)  # names of columns that no field of the documents keeps
IN_CLEAR = "looks personal and is not in pii, so it stays as it is"


@dataclass
class Dump:
    """A dump that was read into a lake's staging folder: every good document as a typed row."""

    staged: StagedDump
    lake: Lake
    ingestion_date: str
    staging: FilePath
    drifted: list[Change]
    since: str | None = None
    key_mark: str | None = None  # of the key that personal values were hashed with

    @property
    def scan(self) -> Scan:
        return self.staged.scan

    def files(self) -> pd.DataFrame:
        """Grain: one row per file of the source."""
        return pd.DataFrame(
            [
                {
                    "file": FilePath(s.path).name,
                    "layout": s.layout,
                    "compression": s.compression,
                    "bytes": s.bytes,
                }
                for s in self.scan.sources
            ]
        )

    def quarantine(self) -> pd.DataFrame:
        """Grain: one row per reason for which documents were not accepted."""
        rows = sorted(self.scan.reasons.items())
        return pd.DataFrame(rows, columns=["reason", "documents"])

    def schema(self) -> pd.DataFrame:
        """Grain: one row per leaf path, with its kind and its number of non-null values."""
        counts = {show(p): f.count for p, f in self.staged.fingerprints.items()}
        rows = [
            {"path": show(path), "kind": node.kind, "values": counts.get(show(path), 0)}
            for path, node in walk(self.staged.table)
            if is_leaf(node)
        ]
        return pd.DataFrame(rows, columns=["path", "kind", "values"])

    def drift(self) -> pd.DataFrame:
        """Grain: one row per path that differs from the last earlier ingestion, if there is one."""
        columns = ["path", "change", "before", "after"]
        return pd.DataFrame(as_rows(self.drifted), columns=columns)

    def notes(self) -> list[str]:
        """What a reader should know of how the documents were read, and what stays in clear."""
        return [*self.staged.notes(), *self._by_values]

    @cached_property
    def _by_values(self) -> list[str]:
        held = [f"{one}; expand makes fields of it" for one in json_fields_of(self.staged)]
        found = [*held, *(f"{one}: {IN_CLEAR}" for one in in_clear(self.staged))]
        give_back()
        return found


def is_leaf(node: Node) -> bool:
    return node.kind != "list" and not (node.kind == "struct" and node.fields)


def read_dump(
    source: Sequence[str],
    lake: str,
    ingestion_date: str,
    *,
    key: str | Sequence[str],
    pii: Sequence[str],
    contract: str = "",
    explode: str = "",
    records: str = "",
    as_map: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    expand: Sequence[str] = (),
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    as_columns: Sequence[str] = (),
    lenient: bool = False,
    typed_json: str = "",
    source_file: bool = False,
) -> Dump:
    """Reads every document of the source and stages the typed rows.

    `key` is a path, several with commas between or as a list, or `position`: the place of a
    document in the dump. `contract` is a file that fixes types (see `workbench.schema.contract`),
    or empty; `explode` the array that rows are to be made of, or empty: there a lone object is an
    array of one.
    `records` is the path where the documents stand in files that are one object around them;
    `as_map` are objects whose fields are ids, which become arrays of entries. `types` are the types
    that values are read as, by path; `expand` the paths of texts that hold JSON, and become what
    they hold; `include` those that are read (none: all), `exclude` those that are not;
    `as_columns` are arrays whose elements become fields, one for each place.
    `lenient`: near-JSON is read too. `typed_json`: "dynamodb", where documents are in its typed
    JSON. `source_file`: rows have a column with the files of the documents; of a source with `/./`
    in it they are called by what stands behind that.

    Cost: one parallel pass over the bytes, in bounded memory. Raises RequestError where the
    source is not there, SourceError where it is not JSON text or has no document.
    """
    if (DATE,) in key_paths(key):
        raise RequestError(
            f"key: {DATE} is what partitions are called, and the field is called otherwise here. "
            "Name another field that tells documents apart, or position."
        )
    place = lake_at(lake)
    staging = place.shared_staging()
    request = DumpRequest(
        source,
        key_text(key),
        explode=[explode] if explode else [],
        as_map=as_map,
        pii=pii,
        contract=contract,
        records=records,
        types=types or {},
        expand=expand,
        include=include,
        exclude=exclude,
        as_columns=as_columns,
        reserved=RESERVED,
        lenient=lenient,
        typed_json=typed_json,
        source_file=source_file,
    )
    pii_key = place.hash_key(ingestion_date) if pii else b""
    staged = stage_dump(request, staging, pii_key)
    earlier = earlier_schema(place, TABLE, ingestion_date)
    drifted = changes(earlier[1], staged.table) if earlier else []
    since = earlier[0] if earlier else None
    mark = key_mark(pii_key) if pii else None
    return Dump(staged, place, ingestion_date, staging, drifted, since, mark)
