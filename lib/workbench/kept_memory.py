"""Memory that a process frees and at once asks for again: it is kept meanwhile.

Given back, it has to be cleared anew each time, by the system or by the host of a virtual machine.
"""

from __future__ import annotations

import ctypes

import pyarrow as pa

# Milliseconds for which Arrow keeps what it freed. Read from the environment as it is loaded.
OF_ARROW = {"MIMALLOC_PURGE_DELAY": "1000"}


def keep_freed_memory() -> None:
    """What this process frees serves what it asks for next, from now on.

    The numbers are of glibc's malloc.h; other libraries have no such call, and no need.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune:
        trim_threshold, mmap_threshold = -1, -3
        tune(mmap_threshold, 256 << 20) or tune(mmap_threshold, 32 << 20)  # before glibc 2.35
        tune(trim_threshold, 512 << 20)


def give_back() -> None:
    """What was freed and kept goes to others, as to an engine whose work comes next."""
    pa.default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
