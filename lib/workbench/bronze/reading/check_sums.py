"""A sum of bytes that tells whether two readings of a range gave the same.

Words of eight bytes are added up, each so many times as its place says: four times as fast as a
CRC. It sees what changed by chance, and is no signature: a file's SHA-256 stands beside it.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from workbench.proof import of_each

PIECE = 1 << 18  # bytes, which a processor keeps at hand
WORD = 8  # bytes
TIMES = of_each(pa.array(np.arange(PIECE // WORD))) | np.uint64(1)
ODD, MODULUS = 0x9E3779B97F4A7C15, 1 << 64


def check_of(data: bytes | bytearray, before: int = 0) -> int:
    """The check of a range of bytes; `before` is that of the whole pieces that stand before it."""
    view = memoryview(data)
    for at in range(0, len(view), PIECE):
        piece = view[at : at + PIECE]
        words = np.frombuffer(piece, np.uint64, len(piece) // WORD)
        rest = int.from_bytes(piece[len(words) * WORD :], "little")
        found = int(words.dot(TIMES[: len(words)])) + rest * ODD + len(piece)
        before = (before * ODD + found) % MODULUS
    return before
