"""The conservation proof: the fingerprints of what was made, compared with those expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.errors import LeavesLost
from workbench.proof.fingerprint import FEW, Fingerprint
from workbench.schema import Path, show

NOTHING = Fingerprint(hash=0)


def compare(
    expected: Mapping[Path, Fingerprint],
    found: Mapping[Path, Fingerprint],
    table: str,
    counted_only: Iterable[Path] = (),
) -> None:
    """Raises LeavesLost, naming each path whose fingerprint differs, and how.

    `counted_only`: paths whose values were changed on purpose (hashed), so only counts agree.
    """
    wrong = differing(expected, found, counted_only)
    if wrong:
        raise LeavesLost(
            f"{table} does not hold what it was made from; nothing was published. "
            f"{len(wrong)} path(s) differ:\n{in_lines(wrong)}\n"
            "The table that stood there before is unchanged. Run again; if it happens again with "
            "--engine spark too, the step itself changes values."
        )


def in_lines(wrong: list[str]) -> str:
    return "\n".join(wrong[:20]) + (f"\n  and {len(wrong) - 20} more" if wrong[20:] else "")


def differing(
    expected: Mapping[Path, Fingerprint],
    found: Mapping[Path, Fingerprint],
    counted_only: Iterable[Path] = (),
) -> list[str]:
    """A line for each path whose fingerprint differs."""
    only_counts = set(counted_only)
    wrong = []
    for path in [*expected, *(p for p in found if p not in expected)]:
        want, have = expected.get(path, NOTHING), found.get(path, NOTHING)
        if path in only_counts:
            want, have = Fingerprint(want.count), Fingerprint(have.count)
        if not same(want, have):
            wrong.append(f"  {show(path) or 'rows'}: {difference(want, have)}")
    return wrong


def same(want: Fingerprint, have: Fingerprint) -> bool:
    """Hashes are compared where there are both."""
    hashed = None in (want.hash, have.hash) or want.hash == have.hash
    return hashed and want.count == have.count and (not want.count or want.total == have.total)


def difference(want: Fingerprint, have: Fingerprint) -> str:
    """How two fingerprints differ, in words, without any value of the data but sums of several."""
    if (want.count, want.total) != (have.count, have.total):
        said = [describe(want), describe(have)]
        return f"expected {said[0]}; found {said[1] if len(set(said)) > 1 else 'others'}"
    if want.count:
        return f"the same {describe(want)}, but other values, or in other places"
    return "objects or arrays are in other places, or of other sizes"


def describe(fingerprint: Fingerprint) -> str:
    parts = [f"{fingerprint.count} values"]
    if fingerprint.total is not None and not 0 < fingerprint.count < FEW:
        parts.append(f"total {fingerprint.total}")
    return ", ".join(parts)
