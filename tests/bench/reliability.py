"""What the chain survives, by running it: bombs, forgeries, faults injected, bad inputs tried.

Bombs: see `bombs`. Forged locks and keys, tables that were changed: see `attacks`. Kills, full
disks, what stands still: see `kills`. Bad inputs: dumps of each layout, damaged at seeded places; a
document is lost if it is neither read nor in quarantine.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
from attacks import forged, tampered
from bombs import Line, bombs
from kills import survived

from workbench.bronze.quarantine import quarantined
from workbench.bronze.scanning import scan
from workbench.errors import WorkbenchError

DOCUMENTS = 30

# Bytes behind its place that a damage hits, and as many again as the start of a document.
REACH = {"single quotes": 60, "a hole of 200 bytes": 220}

Documents = list[str]
LAYOUTS: dict[str, Callable[[Documents], str]] = {
    "one a line": lambda d: "\n".join(d) + "\n",
    "array of lines": lambda d: "[" + ",\n".join(d) + "]\n",
    "minified array": lambda d: "[" + ",".join(d) + "]",
    "pretty array": lambda d: json.dumps([json.loads(t) for t in d], indent=2),
    "concatenated": "".join,
    "pretty objects": lambda d: "\n".join(json.dumps(json.loads(t), indent=2) for t in d),
}
DAMAGES: dict[str, Callable[[bytes, int], bytes]] = {
    "cut off": lambda text, at: text[:at],
    "a byte missing": lambda text, at: text[:at] + text[at + 1 :],
    "byte 0x00": lambda text, at: text[:at] + b"\x00" + text[at + 1 :],
    "byte 0xFF": lambda text, at: text[:at] + b"\xff" + text[at + 1 :],
    "control character": lambda text, at: text[:at] + b"\x07" + text[at:],
    "lone surrogate": lambda text, at: text[:at] + b'"\\ud800"' + text[at:],
    "extra quote": lambda text, at: text[:at] + b'"' + text[at:],
    "extra {": lambda text, at: text[:at] + b"{" + text[at:],
    "extra }": lambda text, at: text[:at] + b"}" + text[at:],
    "extra [": lambda text, at: text[:at] + b"[" + text[at:],
    "extra ]": lambda text, at: text[:at] + b"]" + text[at:],
    "stray comma": lambda text, at: text[:at] + b",," + text[at:],
    "single quotes": lambda text, at: text[:at] + text[at : at + 40].replace(b'"', b"'")
    + text[at + 40 :],
    "line break": lambda text, at: text[:at] + b"\n" + text[at:],
    "byte order mark": lambda text, at: text[:at] + b"\xef\xbb\xbf" + text[at:],
    "a hole of 200 bytes": lambda text, at: text[:at] + text[at + 200 :],
}  # fmt: skip


def bad_inputs(places: int, seed: int, work: Path) -> Counter[str]:
    """Each layout with each damage, at so many places. Counts what became of the documents."""
    found, choose = Counter[str](), random.Random(seed)
    texts = [
        json.dumps({"_id": f"user{at:03}", "text": "x{[,\\u00e9" * (at % 5),
                    "items": [{"n": n, "at": {"k": [n]}} for n in range(at % 4)]})
        for at in range(DOCUMENTS)
    ]  # fmt: skip
    for layout, write in LAYOUTS.items():
        whole = write(texts).encode()
        starts = [whole.index(b'"user%03d"' % at) - 12 for at in range(DOCUMENTS)]
        for damage, break_ in DAMAGES.items():
            for _ in range(places):
                place = choose.randrange(starts[2], len(whole) - 2)
                first = max(at for at in range(DOCUMENTS) if starts[at] <= place)
                near = place < starts[first] + 20  # the end of the one before may be hit
                end = place + REACH.get(damage, 20)
                reach = max(at for at in range(DOCUMENTS) if starts[at] <= end)
                hit = set(range(first - near, reach + 1))
                if damage == "cut off":
                    hit |= set(range(max(hit), DOCUMENTS))
                (work / "dump").write_bytes(break_(whole, place))
                found["tried"] += 1
                found += outcome(work, hit, f"{layout}, {damage} at {place}")
    return found


def outcome(work: Path, hit: set[int], told: str) -> Counter[str]:
    """What a damaged dump gives: each document that was not hit is to be read."""
    folder = work / "staged"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        read = scan([str(work / "dump")], folder)
    except WorkbenchError as error:
        print(f"  refused: {told}: {error}", flush=True)
        return Counter({"refused": 1, "lost": DOCUMENTS - len(hit)})
    rows = [row["_id"] for part in sorted((folder / "documents").iterdir())
            for row in pq.read_table(part, columns=["_id"]).to_pylist()]  # fmt: skip
    raw = "\n".join(row["raw"] for table in quarantined(read, set()) for row in table.to_pylist())
    kept = {at for at in range(DOCUMENTS) if f"user{at:03}" in rows}
    aside = {at for at in range(DOCUMENTS) if f"user{at:03}" in raw} - kept
    unhit = set(range(DOCUMENTS)) - hit
    lost, beside = unhit - kept - aside, unhit & aside
    doubled = len(rows) - len(set(rows))
    if lost or beside or doubled:
        print(f"  {told}: lost {sorted(lost)}, set aside though whole {sorted(beside)}, "
              f"doubled {doubled}", flush=True)  # fmt: skip
    made = {"read": 1, "lost": len(lost), "set aside": len(beside), "doubled": doubled}
    return Counter(made)


def shown(title: str, lines: Iterator[Line]) -> list[bool]:
    """Prints a table as it comes; which of its lines are well."""
    print(f"\n{title}", flush=True)
    well = []
    for name, told, fine in lines:
        print(f"  {name:<48}{'' if fine else 'NOT WELL: '}{told}", flush=True)
        well.append(fine)
    return well


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=20, help="kills and full disks, seeded")
    parser.add_argument("--places", type=int, default=5, help="places of each damage and layout")
    parser.add_argument("--seed", type=int, default=20220118)
    parser.add_argument("--only", choices=PARTS, help="one of the tables alone")
    options = parser.parse_args()
    well: list[bool] = []
    for part, (title, lines) in PARTS.items():
        if options.only in (None, part):
            with tempfile.TemporaryDirectory(prefix=f"workbench-{part}-") as folder:
                well += shown(title, lines(Path(folder), options))
    print(f"\n{sum(well):,} of {len(well):,} are well")
    return 0 if all(well) else 1


PARTS: dict[str, tuple[str, Callable[[Path, argparse.Namespace], Iterator[Line]]]] = {
    "bombs": (
        "bombs: memory over that of two documents, processor time, end",
        lambda work, _: bombs(work),
    ),
    "forged": ("forged locks and keys", lambda work, _: forged(work)),
    "changes": ("changes of a table, and what tells them", lambda work, _: tampered(work)),
    "faults": (
        "kills, full disks, and what stands still",
        lambda work, asked: survived(work, asked.faults, asked.seed),
    ),
    "inputs": (
        f"bad inputs: {len(LAYOUTS)} layouts, {len(DAMAGES)} damages",
        lambda work, asked: counted(bad_inputs(asked.places, asked.seed, work)),
    ),
}


def counted(inputs: Counter[str]) -> Iterator[Line]:
    yield "dumps tried", f"{inputs['tried']:,}", True
    yield "read, with the damage in quarantine", f"{inputs['read']:,}", True
    yield "whole documents lost", f"{inputs['lost']:,}", not inputs["lost"]
    yield "whole documents set aside with the damage", f"{inputs['set aside']:,}", True
    yield "documents doubled", f"{inputs['doubled']:,}", not inputs["doubled"]


if __name__ == "__main__":
    sys.exit(main())
