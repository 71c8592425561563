"""What tells of a person without the key: values that nobody else of the date has."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.allowed import LOCALES
from workbench.forget.partitions import Mask
from workbench.lake import Lake
from workbench.schema import ITEM, Path, elements
from workbench.words import date, month, number

SHORTEST = 3  # characters of a text that tells of somebody: shorter ones stand in every page
PERIODS = ("day", "month", "year")  # by which a chart may count
YEAR = "number of year "
Tells = Callable[[str], bool]  # whether a text tells of somebody


def own_values(lake: Lake, layer: str, table: str, day: str, mask: Mask) -> set[Any]:
    """The values that only the rows of the mask have, at their paths: texts, numbers, times.

    Of times also the days, months and years that nobody else has, by the first day of each.

    Cost: two passes over the partition.
    """
    files = sorted(lake.existing(layer, table, day).glob("*.parquet"))

    def leaves(theirs: bool) -> Iterator[tuple[Path, pa.Array]]:
        for file in files:
            for batch in pq.ParquetFile(file).iter_batches():
                whose = mask(batch)
                rows = batch.filter(whose if theirs else pc.invert(whose))
                yield from leaf_arrays(rows.to_struct_array())

    own: dict[Path, pa.Array] = {}
    for path, array in leaves(theirs=True):
        before = [own[path]] if path in own else []
        own[path] = pc.unique(pa.concat_arrays([*before, array]))
    for path, array in leaves(theirs=False):
        if len(own.get(path, ())):
            own[path] = own[path].filter(pc.invert(pc.is_in(own[path], value_set=array)))
    for path in [path for path in own if path[-1] == YEAR]:  # that of the ingestion is everywhere
        own[path] = own[path].filter(pc.not_equal(own[path], int(day[:4])))
    return {value for array in own.values() for value in array.to_pylist()}


def leaf_arrays(array: pa.Array, path: Path = ()) -> Iterator[tuple[Path, pa.Array]]:
    """The values of each leaf that are not null; of times, their periods too."""
    kind = array.type
    if pa.types.is_struct(kind):
        for field, child in zip(kind, array.flatten(), strict=True):
            yield from leaf_arrays(child, (*path, field.name))
    elif pa.types.is_list(kind):
        yield from leaf_arrays(elements(array), (*path, ITEM))
    elif not pa.types.is_boolean(kind) and not pa.types.is_null(kind):
        yield path, array.drop_null()
        if pa.types.is_timestamp(kind):
            days = array.drop_null().cast(pa.date32(), safe=False)
            for period in PERIODS:
                yield (*path, f"{period} of "), pc.floor_temporal(days, unit=period)
            yield (*path, YEAR), pc.year(days)


def teller(values: Iterable[Any]) -> Tells:
    """What finds such values in the words, charts and numbers of a run."""
    texts = {text for value in values for text in spellings(value)}
    telling = [text for text in texts if len(text.strip()) >= SHORTEST]

    def tells(text: str) -> bool:
        return any(
            one in text and re.search(rf"(?<![\w.,]){re.escape(one)}(?!\w|[.,]\d)", text)
            for one in telling
        )

    return tells


def spellings(value: Any) -> Iterator[str]:
    """How a value may be written on a page, in any of the languages, or in JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        yield value.isoformat()
        yield from (date(value, language) for language in LOCALES)
        if value.day == 1:
            yield from (f"{month(value, language)} {value.year}" for language in LOCALES)
    elif isinstance(value, dt.datetime):
        yield value.strftime("%Y-%m-%dT%H:%M:%S")
        yield value.strftime("%Y-%m-%d %H:%M:%S")
    elif isinstance(value, int | float | Decimal):
        yield str(value)
        yield from (number(value, language) for language in LOCALES)
        if value == value // 1:
            yield str(int(value))
