"""Files of a store that come to this machine, a piece at a time."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.storage.place import Store

PIECE = 8 << 20  # bytes that are asked for at once: some files come side by side


def download(place: Store, file: Path) -> None:
    """Writes what stands there to a file. Raises FileNotFoundError where there is nothing.

    A small one is one request; a large one is never in memory whole.
    """
    with place.open(PIECE) as source, open(file, "wb") as target:
        shutil.copyfileobj(source, target)  # little at once: a piece is there twice as it is
