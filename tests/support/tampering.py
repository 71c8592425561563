"""Changes of a table that leave its counts, sums and bounds as they were, or nearly."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.schema import names_of

KIND = pa.struct(
    {
        "_id": pa.string(),
        "n": pa.int64(),
        "d": pa.float64(),
        "t": pa.timestamp("us", "UTC"),
        "s": pa.string(),
        "hash": pa.string(),
        "b": pa.bool_(),
        "m": pa.decimal128(38, 0),
        "o": pa.struct({"x": pa.int64()}),
        "l": pa.list_(pa.struct({"a": pa.string(), "v": pa.list_(pa.int64())})),
    }
)
DAY = datetime(2022, 1, 1, tzinfo=UTC)
Row = dict[str, Any]
Change = Callable[[list[Row]], None]


def rows() -> list[Row]:
    """Eight users, one of whom has no element, one no object."""
    return [
        {
            "_id": f"u{at}",
            "n": 1000 * at,
            "d": at / 7,
            "t": DAY + timedelta(days=at),
            "s": f"text {at}" * (at + 1),
            "hash": f"{at:x}" * 64,
            "b": at % 2 == 0,
            "m": Decimal(2**64 + at),
            "o": {"x": None} if at == 3 else None if at == 4 else {"x": at},
            "l": [] if at == 5 else [{"a": f"{at}.{e}", "v": [at, e, None]} for e in range(3)],
        }
        for at in range(8)
    ]


def as_document(row: Row) -> Row:
    """The row as it stands in a dump."""
    moment = row["t"].isoformat().replace("+00:00", "Z")
    return row | {"t": {"$date": moment}, "m": int(row["m"])}


def elements(row: Row) -> list[tuple[int | None, Any]]:
    return [*enumerate(row["l"] or [])] or [(None, None)]


def exploded(of: list[Row]) -> list[Row]:
    """The rows of the flat table, one per element: what an engine would make of them."""
    return [
        {
            **{name: row[name] for name in ("_id", "n", "d", "t", "s", "hash", "b", "m")},
            "o_x": (row["o"] or {}).get("x"),
            "l_pos": at,
            "l_a": None if element is None else element["a"],
            "l_v": None if element is None else json.dumps(element["v"], separators=(",", ":")),
        }
        for row in of
        for at, element in elements(row)
    ]


FLAT = pa.schema(
    [
        *[KIND.field(name) for name in ("_id", "n", "d", "t", "s", "hash", "b", "m")],
        pa.field("o_x", pa.int64()),
        pa.field("l_pos", pa.int64()),
        pa.field("l_a", pa.string()),
        pa.field("l_v", pa.string()),
    ]
)


def swap(name: str) -> Change:
    def change(of: list[Row]) -> None:
        of[1][name], of[2][name] = of[2][name], of[1][name]

    return change


def put(at: int, name: str, value: Any) -> Change:
    return lambda of: of[at].__setitem__(name, value)


def in_all(name: str, value: Any) -> Change:
    def change(of: list[Row]) -> None:
        for row in of:
            row[name] = value

    return change


def all_but_two(of: list[Row]) -> None:
    for row in of[1:-1]:
        row["d"] = float("nan")


def other_owner(of: list[Row]) -> None:
    of[2]["l"].append(of[1]["l"].pop())


def reverse(of: list[Row]) -> None:
    of[1]["l"].reverse()


def reverse_inside(of: list[Row]) -> None:
    of[1]["l"][1]["v"].reverse()


def plus_and_minus(of: list[Row]) -> None:
    of[1]["n"] += 1000
    of[2]["n"] -= 1000


def lose_one_and_double_another(of: list[Row]) -> None:
    of[1]["l"][0]["a"] = of[1]["l"][1]["a"]


def moved(*names: str) -> Change:
    def change(of: list[Row]) -> None:
        before = copy.deepcopy(of)
        for at, row in enumerate(of):
            row.update({name: before[(at + 3) % len(of)][name] for name in names})

    return change


def lose_a_row(of: list[Row]) -> None:
    del of[1]


def double_a_row(of: list[Row]) -> None:
    of.append(copy.deepcopy(of[1]))


def lose_one_row_and_double_another(of: list[Row]) -> None:
    of[1] = copy.deepcopy(of[2])


CHANGES: dict[str, Change] = {
    **{f"two users' {name} swapped": swap(name) for name in names_of(KIND)},
    "a text of the same length": put(1, "s", "other 1" * 2),
    "a time within bounds": put(2, "t", DAY + timedelta(days=2, microseconds=1)),
    "a double within bounds": put(2, "d", float(np.nextafter(2 / 7, 1))),
    "NaN": put(2, "d", float("nan")),
    "NaN in all but two": all_but_two,
    "every hash zeroed": in_all("hash", "0" * 64),
    "minus nought": put(0, "d", -0.0),
    "an element moved to another user": other_owner,
    "an array reversed": reverse,
    "an array in an array reversed": reverse_inside,
    "1000 more here, 1000 less there": plus_and_minus,
    "a leaf lost and another doubled": lose_one_and_double_another,
    "an empty array null": put(5, "l", None),
    "an empty object null": put(3, "o", None),
    "a null object empty": put(4, "o", {"x": None}),
    "an array of a null": put(5, "l", [None]),
    "a column moved by some rows": moved("s"),
    "seven columns moved by some rows": moved("n", "d", "t", "s", "hash", "b", "m"),
    "a row lost": lose_a_row,
    "a row doubled": double_a_row,
    "a row lost and another doubled": lose_one_row_and_double_another,
}


def changed(name: str) -> list[Row]:
    of = rows()
    CHANGES[name](of)
    return of


# What a flat table can show: an element or none, never whether an array or object was empty.
IN_FLAT = [name for name in CHANGES if exploded(changed(name)) != exploded(rows())]
