"""Did you mean: the nearest of the names that are known."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable


def nearest(word: str, right: Iterable[str]) -> str:
    """The word that was likely meant: one that begins alike, or is spelt alike; empty if none."""
    small = {one.lower(): one for one in right}
    begins = [one for low, one in small.items() if word and low.startswith(word.lower())]
    near = difflib.get_close_matches(word.lower(), small, 1, 0.5)
    return begins[0] if len(begins) == 1 else small[near[0]] if near else ""


def likely(word: str, right: Collection[str]) -> str:
    """Those that were likely meant, three at most; else the first five."""
    near = difflib.get_close_matches(word, right, 3, 0.4)
    return ", ".join(near or list(right)[:5])
