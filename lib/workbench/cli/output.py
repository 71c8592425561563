"""Tables as commands print them: for people, as CSV, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

MOST_ROWS = 50
FILE_WIDTH = 240
Rows = list[tuple[str, str, str]]


def write(table: pd.DataFrame, kind: str, heading: str) -> None:
    """Prints the rows; the heading is for people alone, and so is an end after 50 rows."""
    if kind == "table":
        show(table, heading)
    else:
        sys.stdout.write(as_csv(table) if kind == "csv" else as_json(table))


def wide_console() -> Console:
    """The terminal as wide as it is; a file or a pipe has room for whole rows."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=FILE_WIDTH)


def as_csv(table: pd.DataFrame) -> str:
    return str(table.to_csv(index=False, lineterminator="\n"))


def as_json(table: pd.DataFrame) -> str:
    """A list of objects; times in ISO 8601, null where there is nothing."""
    records = [
        {name: plain(value) for name, value in record.items()}
        for record in table.to_dict("records")
    ]
    return json.dumps(records, ensure_ascii=False, indent=1) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if value is None or value is pd.NaT or isinstance(value, str | bool | int | float):
        return None if value is pd.NaT else value
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def show(table: pd.DataFrame, heading: str) -> None:
    """A table of the terminal; of a long one the first rows, and how many there are."""
    console = wide_console()
    shown = Table()
    for name in table.columns:
        numeric = all(isinstance(v, int | float) or v is None for v in table[name])
        shown.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in table.head(MOST_ROWS).itertuples(index=False):
        shown.add_row(*[cell(value) for value in row])
    console.print(heading, markup=False)
    console.print(shown)
    if len(table) > MOST_ROWS:
        console.print(
            f"{MOST_ROWS} of {len(table):,} rows; --format csv or json writes all of them."
        )


def cell(value: Any) -> str:
    value = plain(value)
    if value is None:
        return "[dim]NULL[/dim]"
    return f"{value:.6g}" if isinstance(value, float) else escape(str(value))


def show_changes(sections: Sequence[tuple[str, Rows, str]], names: Sequence[str]) -> None:
    """Tables of two runs side by side, under their headings."""
    console = wide_console()
    for heading, rows, none in sections:
        if not rows:
            console.print(f"{heading}: {none}", markup=False)
            continue
        shown = Table(title=heading, title_justify="left")
        for name in ("", *names):
            shown.add_column(name, overflow="fold")
        for row in rows:
            shown.add_row(*[escape(text) for text in row])
        console.print(shown)
