"""Memory that is freed serves what is asked for next, until it is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

ARRAYS = """
import resource, sys
import psutil
from workbench.kept_memory import give_back, keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(25):
    both = [bytearray(2 << 20), bytearray(2 << 20)]
    del both
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) * resource.getpagesize())
kept = psutil.Process().memory_info().rss
give_back()
print(kept - psutil.Process().memory_info().rss)
"""


@pytest.mark.parametrize(("how", "once"), [("kept", True), ("given back", False)])
def test_what_is_freed_is_cleared_once_and_goes_when_it_is_let_go(how: str, once: bool) -> None:
    done = subprocess.run([sys.executable, "-c", ARRAYS, how], capture_output=True, check=True)
    cleared, given_back = map(int, done.stdout.split())
    assert (cleared < 3 * (4 << 20)) == once
    assert (given_back > 3 << 20) == once
