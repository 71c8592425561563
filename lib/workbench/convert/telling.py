"""What a person is told of a dump that is flattened, each with the option that does it."""

from __future__ import annotations

import shlex

from workbench.bronze import StagedDump, in_clear, is_typed, json_fields_of, proposed_records, shown
from workbench.flatten import Counts, maps_of
from workbench.lake import KEY_VARIABLE, given_key
from workbench.schema import show

KEY_LOST = (
    "personal values are hashed with a key of this once, so that only these tables can be joined "
    f"by them; set {KEY_VARIABLE} for hashes that are the same next time"
)


def records_told(staged: StagedDump) -> list[str]:
    """What to do about a dump that is one document around its documents."""
    read = staged.scan
    told = staged.request.records or staged.request.key  # then its documents are known
    path = None if told else proposed_records(read.sources, read.documents, read.schema)
    if path is None:
        return []
    where = shlex.quote(shown(path))
    return [
        "the dump is one document, and its documents may be what stands in it: "
        f"--records {where} makes a row of each"
    ]


def typed_told(staged: StagedDump) -> list[str]:
    """What to do about documents in typed JSON."""
    schema = staged.scan.schema
    inside = next((node for node in schema.fields.values() if node.kind == "list"), None)
    framed = inside is not None and inside.item is not None and is_typed(inside.item)
    if staged.request.typed_json or not (is_typed(schema) or framed):
        return []
    return [
        "the documents look like DynamoDB's typed JSON: --typed-json dynamodb reads the values in "
        'it ({"N": "1"} as 1)'
    ]


def clear_told(staged: StagedDump) -> list[str]:
    """What to do about fields that look personal and are not hashed."""
    return [
        f"{one} looks personal; --pii {shlex.quote(show(one.path))} hashes it"
        for one in in_clear(staged)
    ]


def json_told(staged: StagedDump) -> list[str]:
    """What to do about texts that hold JSON."""
    return [
        f"{one}; --expand {shlex.quote(show(one.path))} makes fields of it"
        for one in json_fields_of(staged)
    ]


def notes(staged: StagedDump) -> list[str]:
    """What a reader should know of how the documents were read."""
    hashed = [KEY_LOST] if staged.request.pii and not given_key() else []
    told = [*records_told(staged), *typed_told(staged), *json_told(staged)]
    return [*staged.notes(), *told, *hashed] + [
        f"{path} looks like a map; --as-map {shlex.quote(path)} makes rows of its fields"
        for path in maps_of(staged.schema, (), Counts())
    ]
