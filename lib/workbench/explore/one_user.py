"""One user: the document as silver holds it, beside the flat rows of gold."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from workbench.errors import RequestError
from workbench.gold import PRODUCTS, key_columns, key_in
from workbench.lake import lake_at
from workbench.schema import Path as SchemaPath
from workbench.schema import as_values, spelled, values_text
from workbench.silver import TABLE

HASH = re.compile(r"[0-9a-f]{64}")
HASHED = "(hashed)"


def first_keys(
    lake: str, ingestion_date: str, key: str | Sequence[str], most: int = 50
) -> list[str]:
    """The least keys of silver.users, as texts; first those with few rows in gold, but several."""
    place = lake_at(lake)
    users = of_table(place.existing("silver", TABLE, ingestion_date))
    paths = key_in(place, ingestion_date, key)
    fields = {str(at): field(path) for at, path in enumerate(paths)}
    keys = users.scanner(columns=fields).to_table()
    order = [(name, "ascending") for name in fields]
    chosen = keys.take(pc.select_k_unstable(keys, min(most, len(keys)), order))
    columns = key_columns(lake, ingestion_date, key)
    products = of_table(place.existing("gold", PRODUCTS, ingestion_date))
    theirs = reduce(
        and_, (ds.field(c).isin(chosen[name]) for c, name in zip(columns, fields, strict=True))
    )
    rows = products.to_table(columns=columns, filter=theirs)
    counts = Counter(zip(*(rows[name].to_pylist() for name in columns), strict=True))
    made = {k: counts[k] for k in zip(*(c.to_pylist() for c in chosen.columns), strict=True)}
    return [values_text(k) for k in sorted(made, key=lambda k: (made[k] < 2, made[k], k))]


def user_document(lake: str, ingestion_date: str, key: str | Sequence[str], value: str) -> str:
    """The document of a key as JSON, fields in the order of the dump, nulls left out.

    Personal fields, which silver holds as hashes, show as `(hashed)`. Raises RequestError where
    there is no such key.
    """
    place = lake_at(lake)
    paths = key_in(place, ingestion_date, key)
    rows = found(place.existing("silver", TABLE, ingestion_date), map(field, paths), paths, value)
    if not rows:
        raise RequestError(
            f"{spelled(paths)}: silver.users of {ingestion_date} has no user {value!r}."
        )
    return json.dumps(told(rows[0]), indent=1, ensure_ascii=False)


def flat_rows(lake: str, ingestion_date: str, key: str | Sequence[str], value: str) -> pd.DataFrame:
    """The rows of a key in gold.user_products, turned: one row per column that is not null.

    The columns are the rows of gold, by the position of their product.
    """
    place = lake_at(lake)
    paths = key_in(place, ingestion_date, key)
    columns = map(ds.field, key_columns(lake, ingestion_date, key))
    rows = found(place.existing("gold", PRODUCTS, ingestion_date), columns, paths, value)
    positions = [name for name in (rows[0] if rows else {}) if name.endswith("_pos")]
    rows.sort(key=lambda row: [(row[name] is not None, row[name]) for name in positions])
    names = [name for name in (rows[0] if rows else {}) if any(r[name] is not None for r in rows)]
    cells = {
        f"row {place}": [shown(row[name]) for name in names] for place, row in enumerate(rows, 1)
    }
    return pd.DataFrame({"column": names} | cells, dtype=object)


def of_table(folder: Path) -> ds.Dataset:
    return ds.dataset(folder, format="parquet")


def field(path: SchemaPath) -> pc.Expression:
    """The field at a path of structs."""
    return ds.field(*map(str, path))


def found(
    folder: Path, columns: Iterable[pc.Expression], key: Sequence[SchemaPath], value: str
) -> list[dict[str, Any]]:
    """The rows whose key is written like the value."""
    values = zip(columns, as_values(value, key), strict=True)
    theirs = reduce(and_, (column.cast(pa.string()) == text for column, text in values))
    rows: list[dict[str, Any]] = of_table(folder).to_table(filter=theirs).to_pylist()
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
