"""What is said of forgetting, in a lake and in tables alike: how many, and what is out of reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.errors import NotWhole, StorageError
from workbench.forget.person import Field
from workbench.schema import spelled


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def without_value(table: str, rows: int, fields: Sequence[Field]) -> str:
    """That rows may be theirs, for they have not all of the key."""
    paths = spelled([field.path for field in fields])
    return (
        f"{table}: {counted(rows, 'row')} without a value at {paths}, of which nobody can tell "
        "whose they are. Forget them by another field that they have, with --key-path"
    )


def kept_by_bucket(place: str, states: Iterable[str]) -> list[str]:
    """What a bucket keeps of files below a place that were replaced or removed, if it does."""
    try:
        kept = sum(1 for _ in states)
    except StorageError as error:
        return [f"what the bucket may keep of what was at {place}: {error}"[:-1]]
    if not kept:
        return []
    return [
        f"{counted(kept, 'earlier state')} of files below {place}, which the bucket keeps, as it "
        "has versioning. Delete those versions, or wait until a rule of its lifecycle does"
    ]


def check_whole(left: Sequence[str], dry: bool) -> None:
    """Raises NotWhole, naming what could not be reached, if there is any such."""
    if left:
        did = "would not be reached" if dry else "was not reached"
        raise NotWhole(f"This {did}:\n" + "\n".join(f"  {one}." for one in left))
