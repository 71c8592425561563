"""A dump that nobody has described yet: read as often as its form asks for, then proposed for."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from workbench.bronze import (
    DYNAMODB,
    MOST_KEYS,
    Scan,
    bad_told,
    first_documents,
    is_typed,
    json_fields,
    proposed_records,
    scan,
    shown,
)
from workbench.errors import BoundExceeded, SourceError
from workbench.propose.proposal import Proposal, propose
from workbench.propose.shapes import shaped
from workbench.schema import show


class Look:
    """A pass over the dump each time that it is called, in a folder of its own."""

    def __init__(self, source: list[str], folder: FilePath, lenient: bool) -> None:
        self.source, self.folder = source, folder
        self.known: dict[str, Any] = {"key": None, "lenient": lenient}

    def __call__(self, name: str, **more: Any) -> Scan:
        return scan(self.source, self.folder / name, **self.known | more)

    def learning(self, name: str, **more: Any) -> Scan:
        """With what is now known of the dump, as all passes after it."""
        self.known |= more
        return self(name)


def proposed_for(
    source: list[str], folder: FilePath, name: str = "", lenient: bool = False
) -> tuple[Scan, Proposal]:
    """The dump as a run would read it, staged in the folder, and what to run the chain with.

    Raises SourceError where no document is good, BoundExceeded where there are more fields than a
    table should have, and they are not those of maps.
    """
    look = Look(source, folder, lenient)
    read, too_wide = in_full_width(look)
    records = proposed_records(read.sources, read.documents, read.schema)
    if records is not None:
        read = look.learning("records", records=records)
    typed = is_typed(read.schema)
    if typed:
        read = look.learning("typed", typed_json=DYNAMODB)
    check_any_good(read)
    held = json_fields(read.schema, first_documents(read))
    if held:
        read = look.learning("held", expand=[one.path for one in held])
    read, shape = shaped(read, look)
    if too_wide and not shape.maps:
        raise too_wide
    made = propose(read, name, shape)
    if held:
        reason = f"{'; '.join(map(str, held))}, which becomes fields"
        made.add("expand", [show(one.path) for one in held], reason)
    if records is not None:
        made.add("records", shown(records), "the dump is one document; these stand in it")
    if typed:
        made.add("typed_json", DYNAMODB, "the values are in DynamoDB's types: {N: '1'}")
    if lenient:
        made.add("lenient", True, "near-JSON is read too, as --lenient said")
    made.notes.extend(filter(None, [bad_told(read)]))
    return read, made


def in_full_width(look: Look) -> tuple[Scan, BoundExceeded | None]:
    """The first pass, and why it would be refused, unless most of its fields are those of maps."""
    try:
        return look("whole"), None
    except BoundExceeded as error:
        return look.learning("wide", most_fields=MOST_KEYS), error


def check_any_good(read: Scan) -> None:
    if not read.good:
        reasons = ", ".join(f"{n} {reason}" for reason, n in sorted(read.reasons.items()))
        raise SourceError(
            f"None of the {read.documents} documents is good ({reasons or 'there is none'}). "
            "Check the source."
        )
