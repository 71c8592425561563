"""One user: the document as silver holds it, beside the flat rows of gold."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from workbench.errors import RequestError
from workbench.gold import PRODUCTS, column_name
from workbench.lake import lake_at
from workbench.schema import parse_path
from workbench.silver import TABLE

HASH = re.compile(r"[0-9a-f]{64}")
HASHED = "(hashed)"


def first_keys(lake: str, ingestion_date: str, key: str, most: int = 50) -> list[str]:
    """The least keys of silver.users, as texts; first those with few rows in gold, but several."""
    users = of_table(lake_at(lake).existing("silver", TABLE, ingestion_date))
    keys = users.scanner(columns={"key": field(key)}).to_table()
    least = pc.select_k_unstable(keys, min(most, len(keys)), [("key", "ascending")])
    chosen = keys.take(least)["key"]
    products = of_table(lake_at(lake).existing("gold", PRODUCTS, ingestion_date))
    column = column_name(lake, ingestion_date, key) or key
    rows = products.to_table(columns=[column], filter=ds.field(column).isin(chosen))[column]
    counts = {pair["values"]: pair["counts"] for pair in pc.value_counts(rows).to_pylist()}
    made = {k: counts.get(k, 0) for k in chosen.to_pylist()}
    return [str(k) for k in sorted(made, key=lambda k: (made[k] < 2, made[k], k))]


def user_document(lake: str, ingestion_date: str, key: str, value: str) -> str:
    """The document of a key as JSON, fields in the order of the dump, nulls left out.

    Personal fields, which silver holds as hashes, show as `(hashed)`. Raises RequestError where
    there is no such key.
    """
    rows = found(lake_at(lake).existing("silver", TABLE, ingestion_date), field(key), value)
    if not rows:
        raise RequestError(f"{key}: silver.users of {ingestion_date} has no user {value!r}.")
    return json.dumps(told(rows[0]), indent=1, ensure_ascii=False)


def flat_rows(lake: str, ingestion_date: str, key: str, value: str) -> pd.DataFrame:
    """The rows of a key in gold.user_products, turned: one row per column that is not null.

    The columns are the rows of gold, by the position of their product.
    """
    column = column_name(lake, ingestion_date, key) or key
    rows = found(lake_at(lake).existing("gold", PRODUCTS, ingestion_date), ds.field(column), value)
    positions = [name for name in (rows[0] if rows else {}) if name.endswith("_pos")]
    rows.sort(key=lambda row: [(row[name] is not None, row[name]) for name in positions])
    names = [name for name in (rows[0] if rows else {}) if any(r[name] is not None for r in rows)]
    cells = {
        f"row {place}": [shown(row[name]) for name in names] for place, row in enumerate(rows, 1)
    }
    return pd.DataFrame({"column": names} | cells, dtype=object)


def of_table(folder: Path) -> ds.Dataset:
    return ds.dataset(folder, format="parquet")


def field(key: str) -> pc.Expression:
    """The field at a path of structs."""
    return ds.field(*[str(part) for part in parse_path(key)])


def found(folder: Path, column: pc.Expression, value: str) -> list[dict[str, Any]]:
    """The rows whose key is written like the value."""
    rows: list[dict[str, Any]] = (
        of_table(folder).to_table(filter=column.cast(pa.string()) == value).to_pylist()
    )
    return rows


def told(value: Any) -> Any:
    """A value as JSON has it, without nulls inside objects."""
    if isinstance(value, dict):
        return {name: told(inner) for name, inner in value.items() if inner is not None}
    return [told(inner) for inner in value] if isinstance(value, list) else shown(value)


def shown(value: Any) -> Any:
    """A single value: times in ISO 8601, a hash by its name, what JSON lacks as text."""
    if isinstance(value, str):
        return HASHED if HASH.fullmatch(value) else value
    if value is None or isinstance(value, bool | int | float):
        return "" if value is None else value
    if isinstance(value, dt.datetime):
        exact = "microseconds" if value.microsecond % 1000 else "milliseconds"
        return value.isoformat(timespec=exact).replace("+00:00", "Z")
    return str(value)
