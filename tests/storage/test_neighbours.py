"""Files that are read or written as one."""

from __future__ import annotations

from workbench.storage import neighbours


def test_small_files_are_taken_together_in_their_order() -> None:
    sizes = {"a": 3, "b": 3, "c": 9, "d": 1, "e": 5}
    assert list(neighbours(sizes, sizes.__getitem__, 6)) == [["a", "b"], ["c"], ["d", "e"]]
