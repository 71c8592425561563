"""The conservation proof: the fingerprints of what was made, compared with those expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workbench.errors import LeavesLost
from workbench.proof.fingerprint import Fingerprint
from workbench.schema import Path, show


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
        shown = "\n".join(wrong[:20]) + (f"\n  and {len(wrong) - 20} more" if wrong[20:] else "")
        raise LeavesLost(
            f"{table} does not hold what it was made from; nothing was published. "
            f"{len(wrong)} path(s) differ:\n{shown}\n"
            "The table that stood there before is unchanged. Run again; if it happens again with "
            "--engine spark too, the step itself changes values."
        )


def differing(
    expected: Mapping[Path, Fingerprint],
    found: Mapping[Path, Fingerprint],
    counted_only: Iterable[Path] = (),
) -> list[str]:
    """A line for each path whose fingerprint differs."""
    only_counts = set(counted_only)
    wrong = []
    for path in [*expected, *(p for p in found if p not in expected)]:
        want, have = expected.get(path, Fingerprint()), found.get(path, Fingerprint())
        if path in only_counts:
            want, have = Fingerprint(want.count), Fingerprint(have.count)
        if want.count == have.count == 0 or want == have:
            continue
        wrong.append(f"  {show(path)}: expected {describe(want)}; found {describe(have)}")
    return wrong


def describe(fingerprint: Fingerprint) -> str:
    """A fingerprint in words, without any value of the data but sums and bounds."""
    parts = [f"{fingerprint.count} values"]
    if fingerprint.total is not None:
        parts.append(f"total {fingerprint.total}")
    if fingerprint.least is not None:
        parts.append(f"from {fingerprint.least} to {fingerprint.greatest}")
    return ", ".join(parts)
