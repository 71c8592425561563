"""What the tests of silver, gold and the lake share: small dumps, the chain, reading its tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench import gold, silver
from workbench.proof import ProductsManifest, ScoresManifest, SilverManifest

DAY = "2022-01-18"
EDGES = [200, 400, 600, 800]
EXPLODE = "alreadyHaveProducts"
PII = ("name", "score.origin.ip", "score.origin.useragent")

ODD = [
    {
        "_id": "a",
        "alreadyHaveProducts": [
            {
                "price": 10000000000.0,
                "when": {"$date": "2021-11-02T03:04:05.296Z"},
                "tags": ["x", None, "\x1b\x0b\\u001B é\u2028"],
                "grid": [[1, None], [], None],
                "log": [{"at": {"$date": "2021-11-02T03:04:05.123456Z"}, "d": 1e20}, None, {}],
                "sum": [{"$numberDecimal": "12345678901234567890123456789.10"}],
            },
            None,
            {"price": 5e-324, "late": True},
        ],
        "": 1,
        "a.b": {"c`d": 2, "$x": 3, "": {"q r": 4, "": [{"": 0.1}]}},
        "A.B": {"C`D": 5},
        "mix": 1,
        "seen": [{"$date": "1999-12-31T23:59:59Z"}, None],
        "doubles": [1e16, 1e7, 123456789.0, 2e-5, 9007199254740993.0, -0.0, None],
        "big": 123456789012345678901234567890,
        "scoreless": None,
    },
    {"_id": "b", "alreadyHaveProducts": [], "mix": "text", "score": {"score": 200.5}},
    {"_id": "c", "alreadyHaveProducts": None, "mix": {"a": [1.50, 2]}, "score": {"score": "700"}},
    {"_id": "b", "updatedAt": {"$date": "2022-01-01T00:00:00Z"}, "mix": [1], "n": -(2**63)},
    {"_id": "d", "alreadyHaveProducts": [None], "score": {"score": 200}, "n": 2**63 - 1},
    {"_id": "e", "score": {"score": 1e3, "scoreText": "é provável que 7,5 apresentem débitos"}},
    "{not json",
    {"_id": "f", "lateField": {"only": ["here", 1.0e-7]}, "name": "x", "flag": False},
]


SIMPLE = {
    "string": T.StringType(),
    "bigint": T.LongType(),
    "int": T.IntegerType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "timestamp": T.TimestampType(),
    "decimal": T.DecimalType(38, 2),
    "fine decimal": T.DecimalType(38, 10),
    "date": T.DateType(),
}


def typed(shape: Any) -> Any:
    """A type from how its values look: {"key": "bigint"} is a struct, ["string"] an array."""
    if isinstance(shape, dict):
        return T.StructType([T.StructField(name, typed(kind)) for name, kind in shape.items()])
    return T.ArrayType(typed(shape[0])) if isinstance(shape, list) else SIMPLE[shape]


def write_dump(path: Path, documents: Iterable[Any]) -> Path:
    """Documents (or raw texts), one a line."""
    lines = [d if isinstance(d, str) else json.dumps(d, ensure_ascii=False) for d in documents]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def odd_dump(folder: Path) -> Path:
    return write_dump(folder / "odd.json", ODD)


def is_connect(spark: Any) -> bool:
    return "connect" in type(spark).__module__


def read(source: Path, lake: Path | str, day: str = DAY, **more: Any) -> silver.Dump:
    return silver.read_dump([str(source)], str(lake), day, key="_id", pii=PII, **more)


def publish_silver(spark: Any, source: Path, lake: Path | str, day: str = DAY) -> SilverManifest:
    dump = read(source, lake, day)
    superseded = silver.find_superseded(spark, dump, "updatedAt")
    users = silver.silver_users(spark, dump, superseded)
    return silver.publish_silver(spark, users, dump, superseded)


def publish_products(
    spark: Any, lake: Path, explode: str = EXPLODE, day: str = DAY
) -> ProductsManifest:
    users = gold.read_users(spark, str(lake), day)
    products = gold.user_products(users, explode)
    return gold.publish_user_products(
        spark, products, users, str(lake), day, key="_id", explode=explode
    )


def publish_scores(spark: Any, lake: Path, day: str = DAY) -> ScoresManifest:
    users = gold.read_users(spark, str(lake), day)
    paths: dict[str, Any] = {"score": "score.score", "score_text": "score.scoreText"}
    scores = gold.user_scores(users, EDGES, **paths)
    return gold.publish_user_scores(
        spark, scores, str(lake), day, users=users, edges=EDGES, **paths
    )


def run_chain(spark: Any, source: Path, lake: Path) -> Path:
    publish_silver(spark, source, lake)
    publish_products(spark, lake)
    publish_scores(spark, lake)
    return lake


def partition(lake: Path, table: str, day: str = DAY) -> Path:
    return lake / table.replace(".", "/") / f"ingestion_date={day}"


def table(folder: Path) -> pa.Table:
    """All rows of a partition, read without an engine."""
    parts = [pq.read_table(p, partitioning=None) for p in sorted(folder.glob("*.parquet"))]
    return pa.concat_tables(parts, promote_options="permissive")


def rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of a partition in an order of their own."""
    return sorted(table(folder).to_pylist(), key=repr)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def swap(one: str, other: str) -> Callable[[Any], Any]:
    """What gives two columns of a DataFrame the names of each other."""

    def broken(df: Any) -> Any:
        names = {one: other, other: one}
        return df.select(*[F.col(names.get(n, n)).alias(n) for n in df.columns])

    return broken
