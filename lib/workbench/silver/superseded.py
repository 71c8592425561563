"""Documents whose key comes again with a later time."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from workbench.bronze import POSITION, read_staged, told_apart
from workbench.columns import key_parts
from workbench.engines import on_a_cluster, read_folder
from workbench.schema import ITEM, Path, node_at, parse_path, quote, walk
from workbench.silver.dump import Dump, is_leaf
from workbench.storage import relay


def find_superseded(spark: SparkSession, dump: Dump, updated_at: str) -> set[int]:
    """The positions of the documents whose key comes again with a later `updated_at`.

    Of equal times the last in the dump stays, and of all where `updated_at` is empty. Starts no job
    where hashes tell the keys apart; else one per 2.5 million keys (on a cluster, which has room
    for all, one), and one more where some of them are repeated.
    """
    names = [f"key_{at}" for at in range(len(dump.scan.keys))]
    if not names:  # told apart by their positions
        return set()
    if told_apart(dump.scan):
        return set()
    path = parse_path(updated_at)
    there = ITEM not in path and any(p == path and is_leaf(n) for p, n in walk(dump.staged.node))
    time = reference(path) if there else F.lit(None).cast("timestamp")
    keys = read_staged(spark, dump.staged).select(
        *[one_zero(dump, key).alias(n) for n, key in zip(names, dump.scan.keys, strict=True)],
        time.alias("time"),
        F.col(POSITION).alias("position"),
    )
    parts = [keys] if on_a_cluster() else key_parts(keys, names, dump.scan.good)
    return set().union(*(superseded_among(part, names) for part in parts))


def superseded_among(keys: DataFrame, names: list[str]) -> set[int]:
    repeated = keys.groupBy(*names).count().where("count > 1").select(*names)
    if not repeated.limit(1).collect():
        return set()
    order = Window.partitionBy(*names).orderBy(F.desc_nulls_last("time"), F.desc("position"))
    ranked = keys.join(repeated, names, "left_semi").withColumn("rank", F.row_number().over(order))
    return {int(row[0]) for row in ranked.where("rank > 1").select("position").collect()}


def one_zero(dump: Dump, key: Path) -> Column:
    """The key, of fractions with one zero: Sail takes 0.0 and -0.0 for two, and Spark does not."""
    node = node_at(dump.staged.node, key)
    fractions = node is not None and node.kind == "double"
    return reference(key) + F.lit(0.0) if fractions else reference(key)


def reference(path: Path) -> Column:
    return F.col(".".join(quote(str(key)) for key in path))


def superseded_rows(spark: SparkSession, dump: Dump, superseded: set[int]) -> DataFrame:
    """The positions as a DataFrame, by way of a file: there may be many."""
    folder = dump.staging / "superseded"
    folder.mkdir(exist_ok=True)
    table = pa.table({POSITION: pa.array(sorted(superseded), pa.int64())})
    file = folder / "positions.parquet"
    pq.write_table(table, file)
    relay.hand_over(file)
    return F.broadcast(read_folder(spark, folder))
