"""What is said of forgetting, in a lake and in tables alike: how many, and what is out of reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.errors import NotWhole, StorageError


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


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
