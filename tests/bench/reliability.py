"""What the chain survives, by running it: faults injected, documents lost, bad inputs tried.

Faults: runs over a lake that holds an older ingestion, killed (SIGKILL) or met by a full disk (the
system's limit for a file's size stands for one) at seeded moments. A fault is survived if every
table is the old or the new one as its manifest says, and no process is left. Bad inputs: dumps of
each layout, damaged at seeded places; a document is lost if it is neither read nor in quarantine.
Attacks: bombs, forged locks and keys, tables that were changed; see `attacks`.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from attacks import bombs, forged, shown, tampered

from workbench.bronze.quarantine import quarantined
from workbench.bronze.scanning import scan
from workbench.errors import WorkbenchError
from workbench.sample import write_sample

DAY, USERS = "2022-01-18", 4000
TABLES = ("silver/users", "gold/user_products", "gold/user_scores", "quarantine/users")
WORKBENCH = Path(sys.executable).with_name("workbench")
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


def run(dump: Path, lake: Path, runs: Path, **more: object) -> subprocess.Popen[str]:
    asked = ["run", "--source", dump, "--lake", lake, "--runs", runs, "--ingestion-date", DAY]
    return subprocess.Popen(
        [str(WORKBENCH), *map(str, asked)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, start_new_session=True, env=os.environ | {"STARTED_FOR": str(lake)}, **more,
    )  # type: ignore[call-overload]  # fmt: skip


def tables(lake: Path) -> list[list[str]]:
    """The rows of each table as text, in order. Raises where one is not what its manifest says."""
    found = []
    for name in TABLES:
        folder = lake / name / f"ingestion_date={DAY}"
        parts = [pq.read_table(part, partitioning=None) for part in folder.glob("*.parquet")]
        rows = sorted(repr(row) for part in parts for row in part.to_pylist())
        manifest = json.loads((folder / "_manifest.json").read_text(encoding="utf-8"))
        assert manifest["rows"] == len(rows) and len(list((lake / name).iterdir())) == 1, name
        found.append(rows)
    return found


def left(lake: Path) -> bool:
    """Whether a process of a run is still there after five seconds."""
    for _ in range(50):
        if not any(names(process, str(lake)) for process in psutil.process_iter()):
            return False
        time.sleep(0.1)
    return True


def names(process: psutil.Process, lake: str) -> bool:
    try:
        return process.environ().get("STARTED_FOR") == lake
    except psutil.Error:
        return False


def faults(number: int, seed: int, work: Path) -> Counter[str]:
    """Runs that are killed, or meet a full disk; at the end one that is left alone."""
    choose, lake, runs = random.Random(seed), work / "lake", work / "runs"
    old, new = work / "old.json", work / "new.json"
    write_sample(old, USERS // 4)
    write_sample(new, USERS, seed=5)
    finish(run(old, lake, runs))
    before = tables(lake)
    shutil.copytree(lake, work / "undisturbed")  # with its key, so that hashes are the same
    start = time.monotonic()
    finish(run(new, work / "undisturbed", runs))
    expected, seconds = tables(work / "undisturbed"), time.monotonic() - start
    found = Counter[str]()
    for at in range(number):
        full = {}
        if at % 2:
            most = int(10 ** choose.uniform(3, 6))
            full["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # noqa: B023
        process = run(new, lake, runs, **full)
        try:
            process.wait(60 if full else choose.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.kill()
        said = process.communicate()[1]
        found["injected"] += 1
        what = f"full disk, {most / 1000:,.0f} kB a file" if full else "killed"
        fine = all(
            table in either for table, *either in zip(tables(lake), before, expected, strict=True)
        )
        if fine and not left(lake) and "Traceback" not in said:
            found["survived"] += 1
            print(f"  {what:<44}exit {process.returncode}; every table is whole", flush=True)
        else:
            print(f"  not survived: fault {at}: {said[:300]}", flush=True)
    finish(run(new, lake, runs))
    same = [table == wanted for table, wanted in zip(tables(lake), expected, strict=True)]
    found["lost"] = sum(
        len(wanted) for wanted, right in zip(expected, same, strict=True) if not right
    )
    return found


def finish(process: subprocess.Popen[str]) -> None:
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(f"a run that nobody disturbed failed: {said}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--places", type=int, default=5, help="places of each damage and layout")
    parser.add_argument("--seed", type=int, default=20220118)
    parser.add_argument("--attacks", action="store_true", help="bombs, forgeries, changes alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workbench-attacks-") as folder:
        well = [
            shown("bombs: peak memory over that of two documents, time, end", bombs(Path(folder))),
            shown("forged locks and keys", forged(Path(folder))),
            shown("changes of a table, and what tells them", tampered(Path(folder))),
        ]
    if options.attacks:
        return 0 if all(well) else 1
    print("\nkills and full disks")
    with tempfile.TemporaryDirectory(prefix="workbench-reliability-") as folder:
        inputs = bad_inputs(options.places, options.seed, Path(folder))
        injected = (
            faults(options.faults, options.seed, Path(folder)) if options.faults else Counter()
        )
    print(f"\n{'reliability':<44}{'count':>8}")
    for name, count in (
        ("faults injected (kills, full disk)", injected["injected"]),
        ("survived", injected["survived"]),
        ("documents lost to faults", injected["lost"]),
        (f"bad inputs tried ({len(LAYOUTS)} layouts, {len(DAMAGES)} damages)", inputs["tried"]),
        ("read, with the damage in quarantine", inputs["read"]),
        ("whole documents lost", inputs["lost"]),
        ("whole documents set aside with the damage", inputs["set aside"]),
        ("documents doubled", inputs["doubled"]),
    ):
        print(f"{name:<44}{count:>8,}")
    fine = all(well) and injected["injected"] == injected["survived"] and not injected["lost"]
    return 0 if fine and not inputs["lost"] + inputs["doubled"] else 1


if __name__ == "__main__":
    sys.exit(main())
