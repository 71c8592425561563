"""The entries of a table and its partitions, as the catalog takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.catalog.types import Columns, Types, declared, read

Input = dict[str, Any]
DATE = "ingestion_date"  # the key of partitions: a text, for analyses compare it with texts
OWN = "workbench.types"  # the parameter that keeps the types of a partition's own files
LEFT_OUT = "workbench.left_out"  # and one that keeps the paths without a name there
PLACE = "workbench.lake"  # the parameter of a table that says which lake's it is
LONGEST_DESCRIPTION = 2048
LONGEST_COMMENT = 255
FORMAT = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        "Parameters": {"serialization.format": "1"},
    },
}


@dataclass(frozen=True)
class Entry:
    """What the catalog is to say of one partition: where its files are, and what they hold."""

    day: str
    location: str
    columns: Columns = field(default_factory=Columns)


def table_input(
    name: str, types: Types, location: str, told: tuple[str, Mapping[str, str]], left_out: list[str]
) -> Input:
    """A table. `told` is its description, and comments by column."""
    description, comments = told
    parameters = {"EXTERNAL": "TRUE", "classification": "parquet", PLACE: location}
    if left_out:
        description += f" Without {', '.join(left_out)}: no reader could name these."
    return {
        "Name": name,
        "Description": description[:LONGEST_DESCRIPTION],
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": DATE, "Type": "string", "Comment": "Date of the dump."}],
        "StorageDescriptor": stored(types, location, comments),
        "Parameters": parameters,
    }


def partition_input(entry: Entry, table: Types) -> Input:
    """A partition of a table of these types."""
    own = {name: kind.text(kept=True) for name, kind in entry.columns.types.items()}
    kept = {OWN: own, LEFT_OUT: entry.columns.left_out}
    return {
        "Values": [entry.day],
        "StorageDescriptor": stored(declared(entry.columns.types, table), entry.location, {}),
        "Parameters": {n: json.dumps(v, ensure_ascii=False) for n, v in kept.items()},
    }


def stored(types: Types, location: str, comments: Mapping[str, str]) -> Input:
    columns: list[Input] = [{"Name": name, "Type": kind.text()} for name, kind in types.items()]
    for column in columns:
        if comment := comments.get(column["Name"]):
            column["Comment"] = comment[:LONGEST_COMMENT]
    return {"Columns": columns, "Location": location} | FORMAT


def kept_types(partition: Input) -> Columns | None:
    """What an entry says of its partition's own files; None where it does not, or was changed."""
    try:
        own, left_out = (json.loads(partition["Parameters"][name]) for name in (OWN, LEFT_OUT))
        return Columns({name: read(text) for name, text in own.items()}, left_out)
    except (KeyError, ValueError, AttributeError):
        return None


def described(entry: Input) -> Input:
    """What of an entry is ours to say, for comparing: all but comments and what others add."""
    storage = entry.get("StorageDescriptor") or {}
    columns = [(c["Name"], c.get("Type", "")) for c in storage.get("Columns", [])]
    keys = [(c["Name"], c.get("Type", "")) for c in entry.get("PartitionKeys", [])]
    library = (storage.get("SerdeInfo") or {}).get("SerializationLibrary")
    return {
        "columns": dict(columns),
        "order": [name for name, _ in columns],
        "keys": keys,
        "location": storage.get("Location", ""),
        "format": (storage.get("InputFormat"), storage.get("OutputFormat"), library),
    }


def differences(there: Input, wanted: Input) -> list[str]:
    """In words, what an entry of the catalog says otherwise than it should."""
    is_now, should = described(there), described(wanted)
    said = []
    if is_now["location"] != should["location"]:
        said.append(f"its location is {is_now['location'] or 'empty'}, not {should['location']}")
    said += of_columns(is_now["columns"], should["columns"])
    if not said and is_now["order"] != should["order"]:
        said.append("its columns stand in another order")
    if is_now["keys"] != should["keys"]:
        said.append(f"its partitions are by {named(is_now['keys'])}, not by {DATE} string")
    if is_now["format"] != should["format"]:
        said.append("its files are taken for another format than Parquet")
    return said


def of_columns(is_now: Mapping[str, str], should: Mapping[str, str]) -> list[str]:
    said = [f"the column {name} is missing" for name in should if name not in is_now]
    said += [f"there is no column {name} in the lake" for name in is_now if name not in should]
    return said + [
        f"the column {name} is {is_now[name]}, not {kind}"
        for name, kind in should.items()
        if name in is_now and is_now[name] != kind
    ]


def named(keys: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in keys) or "nothing"
