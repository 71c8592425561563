"""What is piped into a command as its source: kept in a file, for it is read twice."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from workbench.errors import RequestError
from workbench.storage import scratch

KEPT_AS = f"/./{scratch.PIPED}"  # ends its path: files are called by what stands behind such a mark


def keep_standard_input(options: argparse.Namespace) -> None:
    """Puts the path of a private file, which goes with this process, where the source says `-`.

    Raises RequestError where the source is given twice, nothing is piped in, or a command writes
    the source's path down for later.
    """
    source = getattr(options, "source", None)
    if not isinstance(source, list) or scratch.PIPED not in source:
        return
    if source.count(scratch.PIPED) > 1:
        raise RequestError("source: - is given twice, and standard input can be read once.")
    if options.command.__name__ == "new_command":
        raise RequestError("source: new writes down where the dump is. Name a file, not -.")
    if sys.stdin is None or os.isatty(sys.stdin.fileno()):
        raise RequestError("source: - is what is piped in, and nothing is: zcat dump.gz | ...")
    folder = scratch.temporary()
    with (folder / scratch.PIPED).open("xb") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept, 1 << 20)
    options.source = [f"{folder}{KEPT_AS}" if one == scratch.PIPED else one for one in source]
