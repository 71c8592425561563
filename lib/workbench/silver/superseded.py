"""Documents whose key comes again with a later time."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from workbench.bronze import POSITION, read_staged
from workbench.columns import key_parts
from workbench.schema import ITEM, parse_path, quote, walk
from workbench.silver.dump import Dump, is_leaf


def find_superseded(spark: SparkSession, dump: Dump, updated_at: str) -> set[int]:
    """The positions of the documents whose key comes again with a later `updated_at`.

    Of equal times the last in the dump stays, and of all where `updated_at` is empty. Starts one
    job per two million keys, and one more where some of them are repeated.
    """
    key = reference(dump.scan.key)
    path = parse_path(updated_at)
    there = ITEM not in path and any(p == path and is_leaf(n) for p, n in walk(dump.staged.node))
    time = reference(updated_at) if there else F.lit(None).cast("timestamp")
    keys = read_staged(spark, dump.staged).select(
        key.alias("key"), time.alias("time"), F.col(POSITION).alias("position")
    )
    parts = key_parts(keys, F.col("key"), dump.scan.good)
    return set().union(*map(superseded_among, parts))


def superseded_among(keys: DataFrame) -> set[int]:
    repeated = keys.groupBy("key").count().where("count > 1").select("key")
    if not repeated.limit(1).collect():
        return set()
    order = Window.partitionBy("key").orderBy(F.desc_nulls_last("time"), F.desc("position"))
    ranked = keys.join(repeated, "key", "left_semi").withColumn("rank", F.row_number().over(order))
    return {int(row[0]) for row in ranked.where("rank > 1").select("position").collect()}


def reference(path: str) -> Column:
    return F.col(".".join(quote(str(key)) for key in parse_path(path)))


def superseded_rows(spark: SparkSession, dump: Dump, superseded: set[int]) -> DataFrame:
    """The positions as a DataFrame, by way of a file: there may be many."""
    folder = dump.staging / "superseded"
    folder.mkdir(exist_ok=True)
    table = pa.table({POSITION: pa.array(sorted(superseded), pa.int64())})
    pq.write_table(table, folder / "positions.parquet")
    return F.broadcast(spark.read.parquet(str(folder)))
