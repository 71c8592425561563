"""Tables as commands print them: for people, as CSV, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from workbench.cli.screen import wide_console
from workbench.json_text import JsonText
from workbench.visible import harmless, visible_json
from workbench.words import number

NUMBERS = int | float | Decimal
MOST_ROWS = 50
Rows = list[tuple[str, str, str]]


def write(table: pd.DataFrame, kind: str, heading: str, locale: str, *, raw: bool = False) -> None:
    """Prints the rows; the heading, the numbers' form and an end after 50 rows are for people.

    `raw` leaves the texts of CSV as they are.
    """
    if kind == "table":
        show(table, heading, locale)
    elif kind == "json":
        sys.stdout.write(visible_json(as_json(table)))
    else:
        to_terminal = sys.stdout.isatty() and not raw
        stream = sys.stdout if to_terminal else getattr(sys.stdout, "as_it_is", sys.stdout)
        stream.write(as_csv(table if raw else without_formulas(table)))


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The table with texts and names that no spreadsheet computes."""
    columns = [
        each(harmless_text, column) if column.dtype == object else column
        for _, column in table.items()
    ]
    made = pd.concat(columns, axis="columns") if columns else table
    return made.set_axis([harmless(str(name)) for name in table.columns], axis="columns")


def harmless_text(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def each(made: Callable[[Any], Any], column: pd.Series) -> pd.Series:
    """What is made of each value of a column of objects, which pandas would take for doubles where
    they are whole numbers beside nulls."""
    return pd.Series(map(made, column), index=column.index, name=column.name, dtype=object)


def as_csv(table: pd.DataFrame) -> str:
    return str(table.to_csv(index=False, lineterminator="\n"))


def as_json(table: pd.DataFrame) -> str:
    """A list of objects; times in ISO 8601, null where there is nothing, every digit of a number.

    What is nested comes as it is, on one line.
    """
    names = [json.dumps(str(name), ensure_ascii=False) for name in table.columns]
    records = [
        ",\n".join(f"  {n}: {value_json(v)}" for n, v in zip(names, row, strict=True))
        for row in table.itertuples(index=False, name=None)
    ]
    return "[" + ",".join(f"\n {{\n{record}\n }}" for record in records) + "\n]\n"


def value_json(value: Any) -> str:
    """A value as JSON has it."""
    if isinstance(value, JsonText):
        return value
    value = plain(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as a text or a number; of times the text."""
    if value is None or value is pd.NaT or isinstance(value, str | bool | int | float | Decimal):
        return None if value is pd.NaT else value
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def show(table: pd.DataFrame, heading: str, locale: str) -> None:
    """A table of the terminal; of a long one the first rows, and how many there are."""
    console = wide_console()
    shown = Table()
    for at, name in enumerate(table.columns):
        numeric = all(isinstance(plain(v), NUMBERS | None) for v in table.iloc[:, at])
        shown.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in table.head(MOST_ROWS).itertuples(index=False, name=None):
        shown.add_row(*[cell(value, locale) for value in row])
    console.print(heading)
    console.print(shown)
    if len(table) > MOST_ROWS:
        console.print(
            f"{MOST_ROWS} of {len(table):,} rows; --format csv or json writes all of them."
        )


def cell(value: Any, locale: str) -> str | Text:
    value = plain(value)
    if value is None:
        return Text("NULL", style="dim")
    if isinstance(value, NUMBERS) and not isinstance(value, bool):
        return number(value, locale)
    return str(value)


def show_changes(sections: Sequence[tuple[str, Rows, str]], names: Sequence[str]) -> None:
    """Tables of two runs side by side, under their headings."""
    console = wide_console()
    for heading, rows, none in sections:
        if not rows:
            console.print(f"{heading}: {none}")
            continue
        shown = Table(title=heading, title_justify="left")
        for name in ("", *names):
            shown.add_column(name, overflow="fold")
        for row in rows:
            shown.add_row(*row)
        console.print(shown)
