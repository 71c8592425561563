"""Flattening a dump beside the libraries that one would use instead.

`python tests/bench/flatten_bench.py --users 1000 100000` makes a dump of each size and lets every
contestant flatten it in its own way to Parquet: time, peak memory, and what a count of the
documents themselves says of the result. `rows right`: the tables have a row per user, or per user
and product. `leaves kept`: the values that they hold, of those that a table of these rows holds
when nothing is lost (keys and positions that a tool adds are not counted).
"""

import argparse
import json
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.dataset as arrow

from bench import watch
from workbench.sample import write_sample

HERE = Path(__file__).parent / "flatten_ways"
OURS = "workbench"
# What a contestant makes: a table per array, or one with a row per user and product.
RELATIONAL = {
    OURS: ("root", "root_already_have_products"),
    "dlt": ("users", "users__already_have_products"),
    "pandas": ("users", "products"),
}
FLAT = {"quinn": ("users",), "duckdb": ("users",)}
CHAIN = "workbench chain, 01 and 02"
CONTESTANTS = (OURS, CHAIN, *RELATIONAL.keys() - {OURS}, *FLAT)
ADDED = ("_dlt", "_parent", "_pos", "position", "already_have_products_pos")


@dataclass(frozen=True)
class Truth:
    """Of the documents: users, products, and the leaves of each."""

    users: int
    products: int
    rows: int
    user_leaves: int
    product_leaves: int
    flat_leaves: int


def leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return 0 if value is None else 1


def count_dump(dump: Path) -> Truth:
    counts = [0] * 6
    with dump.open(encoding="utf-8") as lines:
        for line in lines:
            user = json.loads(line)
            products = user.pop("alreadyHaveProducts", None) or []
            own, theirs, rows = leaves(user), sum(map(leaves, products)), max(1, len(products))
            found = (1, len(products), rows, own, theirs, own * rows + theirs)
            counts = [a + b for a, b in zip(counts, found, strict=True)]
    return Truth(*counts)


def table(folder: Path, name: str) -> tuple[int, int]:
    """Rows and values of a table, those of added columns and of repeated keys left out."""
    files = [f for f in sorted(folder.rglob("*.parquet")) if f.parent.name == name]
    if not files:
        return 0, 0
    read = arrow.dataset(files)
    child = name not in ("users", "root")
    flat = [f.name for f in read.schema if not pa.types.is_nested(f.type)]
    names = [n for n in flat if not n.startswith(ADDED) and not (child and n == "_id")]
    rows, values = 0, 0
    for batch in read.to_batches(columns=names):
        rows += batch.num_rows
        values += sum(batch.num_rows - column.null_count for column in batch.columns)
    return rows, values


def judged(contestant: str, out: Path, truth: Truth) -> tuple[bool, float]:
    """Whether the rows are right, and the share of the leaves that is there."""
    if contestant in FLAT:
        rows, values = table(out, FLAT[contestant][0])
        return rows == truth.rows, values / truth.flat_leaves
    (users, own), (products, theirs) = (table(out, name) for name in RELATIONAL[contestant])
    right = (users, products) == (truth.users, truth.products)
    return right, (own + theirs) / (truth.user_leaves + truth.product_leaves)


def command(contestant: str, dump: Path, out: Path) -> str:
    workbench = Path(sys.executable).with_name("workbench")
    if contestant == OURS:
        return shlex.join(map(str, [workbench, "flatten", dump, "--out", out, "--key", "_id"]))
    if contestant == CHAIN:
        run = [workbench, "run", "--source", dump, "--lake", out, "--runs", out / "runs"]
        first = shlex.join(map(str, [*run, "--only", "01"]))
        return first + " && " + shlex.join(map(str, [*run, "--only", "02"]))
    return shlex.join(map(str, [sys.executable, HERE / f"{contestant}_way.py", dump, out]))


def race(contestant: str, dump: Path, truth: Truth) -> tuple[float, int, str]:
    """Seconds, peak bytes, and the verdict."""
    out = dump.parent / contestant.split(",")[0].replace(" ", "_")
    shutil.rmtree(out, ignore_errors=True)
    if contestant != OURS:
        out.mkdir()
    log = dump.parent / f"{out.name}.log"
    seconds, peak, code = watch(command(contestant, dump, out), log)
    if code:
        return seconds, peak, f"failed, see {log}"
    if contestant == CHAIN:
        return seconds, peak, "proved by the run"
    right, kept = judged(contestant, out, truth)
    return seconds, peak, f"{'yes' if right else 'NO':<12}{kept:.2%}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--users", type=int, nargs="+", default=[1000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as work:
        for users in options.users:
            dump = Path(work, str(users), "users.json")
            write_sample(dump, users)
            truth = count_dump(dump)
            print(f"\n{users:,} users, {dump.stat().st_size / 1e6:,.1f} MB")
            print(f"{'contestant':<28}{'seconds':>9}{'peak MB':>9}  {'rows right':<12}leaves kept")
            for contestant in options.contestants:
                runs = [race(contestant, dump, truth) for _ in range(options.repeat)]
                seconds, peak = median(r[0] for r in runs), max(r[1] for r in runs) / 2**20
                print(f"{contestant:<28}{seconds:>9.1f}{peak:>9.0f}  {runs[-1][2]}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
