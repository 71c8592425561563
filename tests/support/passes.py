"""Passes over dumps on an engine, as a program of its own; what each has found, as a digest.

    passes.py ADDRESS FOLDER DUMP...

Each line of what it prints is a digest; the last, with an engine that counts them, how many jobs it
took. A dump is read in blocks of few documents. What is staged at an address of a store is seen
there by executors.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from support.scans import faults, seen
from workbench.bronze.scanning import scan

KEY = b"the key of the hashes of a test"
BLOCK = 2000  # bytes


def found(dump: str, folder: Path) -> str:
    """A digest of the rows, the kinds, the fingerprints and the faults of a dump."""
    there = scan([dump], folder, pii=["name"], pii_key=KEY, block_size=BLOCK)
    return hashlib.sha256(repr((seen(there), faults(there))).encode()).hexdigest()


if __name__ == "__main__":
    from workbench.session import session
    from workbench.storage import relay, scheme_of, scratch, store_of

    spark = session(sys.argv[1])
    for number, dump in enumerate(sys.argv[3:]):
        folder = Path(sys.argv[2]) / f"pass{number}"
        if scheme_of(sys.argv[2]):
            folder = scratch.temporary()
            relay.pass_on(folder, store_of(f"{sys.argv[2]}/pass{number}"), ours=True)
        print(found(dump, folder), flush=True)
    if sys.argv[1].startswith("spark://"):
        print(len(spark.sparkContext.statusTracker().getJobIdsForGroup(None)))
