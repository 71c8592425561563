"""Silver to gold: users and their products as one flat table, users per score range as another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, count
from pathlib import Path as FilePath

import pandas as pd
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from workbench.columns import small
from workbench.engines import write_folder
from workbench.errors import LakeError, LeavesLost, RequestError
from workbench.flatten import (
    FlatPlan,
    Identity,
    array_paths,
    expected_flat,
    flatten,
    found_flat,
    plan_flat,
)
from workbench.gold.read import PRODUCTS, key_in, read_users
from workbench.lake import DATE, Lake, lake_at
from workbench.proof import (
    Contents,
    ProductsManifest,
    as_json,
    compare,
    decoded_size,
    leaves,
    of_folder,
    told,
)
from workbench.schema import Path, clean_name, parse_path, quote, show
from workbench.silver import RESTATE, WRITTEN_AGAIN
from workbench.silver import TABLE as USERS
from workbench.storage import relay

PARTITION = {f"`{DATE}`": DATE}  # the column that tells partitions apart; no path is shown so
NO_ARRAY = "no such array in this ingestion, so each user has one row"
FIRST = 8  # columns that are shown where no array is
LONGEST = 200  # characters of a text that is shown


def exploded(users: DataFrame, explode: str) -> str | None:
    """The array path, or None where no user has one in this ingestion, or none is asked for."""
    there = any(show(p) == show(parse_path(explode)) for p in array_paths(users.schema, ()))
    return explode if there else None


def user_products(users: DataFrame, explode: str) -> DataFrame:
    """gold.user_products. Grain: one row per user and product; a user without products has one.

    Where the dump has no such array at all, each user has one row and the position is null; where
    `explode` is empty there is no position.
    """
    path = exploded(users, explode)
    if path or not explode:
        return flatten(users, path)
    name = product_names(users, explode)[position(explode)]
    return flatten(users).withColumn(name, F.lit(None).cast("int"))


def position(explode: str) -> str:
    """The path of the product's position, as the names of columns list it."""
    return show((*parse_path(explode), "pos"))


def product_names(
    users: DataFrame, explode: str, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The columns of user_products: path -> name; the position has one in every ingestion."""
    planned = plan_flat(users.schema, exploded(users, explode), known=known)
    names = {show(c.path): c.name for c in planned.columns}
    if explode and exploded(users, explode) is None:
        wish = clean_name(parse_path(position(explode)))
        free = chain([wish], (f"{wish}_{number}" for number in count(2)))
        taken = {*names.values(), *(known or {}).values()}
        given = (known or {}).get(position(explode))
        names[position(explode)] = given or next(n for n in free if n not in taken)
    return names


def known_names(place: Lake) -> dict[str, str]:
    """The names that earlier ingestions have given; a later field never takes one of them."""
    names: dict[str, str] = {}
    for day in place.dates("gold", PRODUCTS):
        with suppress(LakeError):  # a partition that no run has published names nothing
            for path, name in names_of(place, day).items():
                if name not in names.values():
                    names.setdefault(path, name)
    return names


def names_of(place: Lake, day: str) -> dict[str, str]:
    """The columns of a published gold.user_products, by the paths that they hold."""
    return place.manifest("gold", PRODUCTS, day, ProductsManifest).columns


def silver_restated(place: Lake, day: str) -> str | None:
    """When silver.users of a date was last written in other types than those of its dump."""
    return place.manifest("silver", USERS, day).restated


def restated_since(place: Lake, ingestion_date: str) -> list[str]:
    """The other dates of gold.user_products whose silver was restated since then."""
    there = {*place.dates("gold", PRODUCTS)} & {*place.dates("silver", USERS)}
    found = []
    for day in sorted(there - {ingestion_date}):
        made = place.manifest("gold", PRODUCTS, day, ProductsManifest)
        found += [day] if made.silver_restated != silver_restated(place, day) else []
    return found


def renamed(df: DataFrame, before: Mapping[str, str], after: Mapping[str, str]) -> DataFrame:
    """The same columns with the names that their paths have got before."""
    names = {before[path]: after[path] for path in after if before[path] != after[path]}
    if not names:
        return df
    return df.select(*[F.col(quote(name)).alias(names.get(name, name)) for name in df.columns])


def publish_user_products(
    spark: SparkSession,
    products: DataFrame,
    users: DataFrame,
    lake: str,
    ingestion_date: str,
    *,
    key: str | Sequence[str],
    explode: str,
    on_drift: str = "report",
) -> ProductsManifest:
    """Writes gold.user_products, proves it against silver, and publishes it.

    Where `on_drift` is restate, the partitions that have other columns are made again of silver
    first, which has one schema then, so that this table has one too.

    Columns keep the names that earlier ingestions gave to their paths. Raises LeavesLost where
    rows or leaves differ from what silver says. Returns the manifest.
    """
    place = lake_at(lake)
    known = known_names(place) | PARTITION
    planned = plan_flat(users.schema, exploded(users, explode), known=known)
    columns = product_names(users, explode, known)
    keys = key_in(place, ingestion_date, key)
    missing = [show(path) for path in keys if show(path) not in columns]
    if missing:
        raise RequestError(
            f"key: {missing[0]} is no column of gold.user_products. Name the key that "
            f"silver.users has; its first columns are {', '.join(list(columns)[:5])}."
        )
    staging = place.staging()
    again = restated_since(place, ingestion_date) if on_drift == RESTATE else []
    for day in again:
        of_day = read_users(spark, lake, day)
        made = user_products(of_day, explode)
        publish_user_products(spark, made, of_day, lake, day, key=key, explode=explode)
    products = renamed(products, product_names(users, explode), columns)
    nested = place.proved("silver", USERS, ingestion_date)
    expected = expected_products(nested, planned, keys)
    write_folder(products, staging / "table", row_size(nested, exploded(users, explode)))
    found = prove_products(staging / "table", expected, planned, keys)
    manifest = ProductsManifest(
        table="gold.user_products",
        rows_in=place.manifest("silver", USERS, ingestion_date).rows,
        rows=found.rows[()],
        leaves=leaves(found.leaves),
        columns=columns,
        renames=planned.renames,
        silver_restated=silver_restated(place, ingestion_date),
        notes=[
            *(f"{day}: {WRITTEN_AGAIN}" for day in again),
            *([] if planned.explodes or not explode else [f"{explode}: {NO_ARRAY}"]),
        ],
        fingerprints={"expected": as_json(expected.leaves), "table": as_json(found.leaves)},
    )
    with place.lock():
        target = place.publish(staging / "table", "gold", PRODUCTS, ingestion_date, manifest)
    relay.end(staging)
    shown = told(manifest.fingerprints or {})
    return replace(manifest, output=str(target), fingerprints=shown)


def row_size(nested: FilePath, explode: str | None) -> float:
    """Bytes of a row of user_products, roughly: a user's own and those of an element.

    What repeats is small in a file, and not in a row. Elements that hold nothing but arrays are
    not counted there; then a user is taken to have one.
    """
    array = f"{parse_path(explode)[0]}." if explode else None
    users = elements = outside = inside = 0
    for footer in map(pq.read_metadata, nested.glob("*.parquet")):
        for group in map(footer.row_group, range(footer.num_row_groups)):
            columns = [group.column(at) for at in range(group.num_columns)]
            there = [c for c in columns if array and c.path_in_schema.startswith(array)]
            own = [c.num_values for c in there if c.path_in_schema.count(".list.") == 1]
            users += group.num_rows
            elements += max(own, default=group.num_rows)
            inside += sum(map(decoded_size, there))
            outside += sum(map(decoded_size, columns)) - sum(map(decoded_size, there))
    return outside / max(users, 1) + inside / max(elements, 1)


def expected_products(nested: FilePath, planned: FlatPlan, keys: Sequence[Path]) -> Contents:
    """What the table must hold by silver. BoundExceeded where a user's rows repeat too much."""
    identity = Identity(keys, is_key=True)
    look = partial(expected_flat, planned, identity=identity, to_be_made=True)
    (expected,) = of_folder(nested, look)
    return expected


def prove_products(
    folder: FilePath, expected: Contents, planned: FlatPlan, keys: Sequence[Path]
) -> Contents:
    """What the written table holds. LeavesLost where that is not what it must hold."""
    identity = Identity(keys, is_key=True)
    (found,) = of_folder(folder, partial(found_flat, planned, identity=identity))
    compare(expected.leaves, found.leaves, "gold.user_products")
    rows, should = found.rows[()], expected.rows[()]
    if rows != should:
        raise LeavesLost(f"gold.user_products has {rows} rows, and silver says {should}.")
    return found


def first_products(
    spark: SparkSession,
    lake: str,
    ingestion_date: str,
    *,
    key: str | Sequence[str],
    explode: str,
    rows: int = 8,
) -> pd.DataFrame:
    """The first rows of gold.user_products in order of key and positions: these and the elements.

    Grain: one row per user and product; one per user, with the first columns, where `explode` is
    empty. Long texts end with an ellipsis.
    """
    place = lake_at(lake)
    columns = names_of(place, ingestion_date)
    of_key = [columns[show(path)] for path in key_in(place, ingestion_date, key)]
    array = parse_path(explode)
    shown = [name for path, name in columns.items() if parse_path(path)[: len(array)] == array]
    shown = shown if explode else shown[:FIRST]
    positions = [name for path, name in columns.items() if name in shown and path.endswith(".pos")]
    table = place.read(spark, "gold", PRODUCTS, ingestion_date)
    names = dict.fromkeys([*of_key, *shown])
    short = table.select(*[shortened(table.schema[name]) for name in names])
    first = short.orderBy(*map(quote, [*of_key, *positions])).limit(rows)
    return small(first).set_index(of_key)


def shortened(field: T.StructField) -> Column:
    """The column, of a long text its beginning: what is only shown may have megabytes a row."""
    column = F.col(quote(field.name))
    if not isinstance(field.dataType, T.StringType):
        return column
    cut = F.concat(F.substring(column, 1, LONGEST), F.lit("…"))
    return F.when(F.length(column) > LONGEST, cut).otherwise(column).alias(field.name)
