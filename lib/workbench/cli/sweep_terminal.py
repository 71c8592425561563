"""What a sweep says while it goes and at its end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from workbench.chain import STEPS
from workbench.cli.run_terminal import Terminal
from workbench.cli.screen import Screen, wide_console
from workbench.records import CellDone, ManyRuns, Started, StepOutcome
from workbench.report import Grid, finding, grids, overview
from workbench.runs import going_on
from workbench.storage import told_as
from workbench.visible import visible
from workbench.words import Locale

WIDEST = 8  # variants whose ranges stand side by side in a terminal


class SweepTerminal:
    """Shows each variant as a run is shown, under its values; at the end the comparison."""

    def __init__(self, told: str) -> None:
        self.console = Screen(soft_wrap=True)
        self.console.print(told)
        self.now: Terminal | None = None

    def stop(self) -> None:
        if self.now:
            self.now.progress.stop()

    def variant(self, number: int, of: int, values: Mapping[str, Any]) -> None:
        self.stop()
        said = ", ".join(f"{n}={json.dumps(v, ensure_ascii=False)}" for n, v in values.items())
        self.console.print(f"\nvariant {number} of {of}: {said}")
        self.now = Terminal(STEPS, {})
        self.now.progress.start()

    def tell(self, event: str, step: str, facts: Started | CellDone | StepOutcome) -> None:
        assert self.now
        self.now.tell(event, step, facts)

    def compared(self, many: ManyRuns, page: Path, locale: Locale) -> None:
        self.stop()
        show_many(many, page, locale)
        last = many.records[-1].folder
        command = going_on(last).replace(last.name, "RUN")
        self.console.print(f"publish    {command}   (one of them, in the lake)")


def show_many(many: ManyRuns, page: Path, locale: Locale) -> None:
    """The tables of several runs, and where the page is."""
    console = wide_console()
    console.print()
    for grid in (overview(many, locale), *grids(many, locale)):
        if grid.marks and len(many.records) > WIDEST:
            continue
        console.print(as_table(grid))
    console.print(finding(many, locale))
    console.print(f"page       {told_as(page)}", soft_wrap=True)


def as_table(grid: Grid) -> Table:
    shown = Table(title=grid.heading, title_justify="left")
    for place, name in enumerate(grid.columns):
        right = grid.marks and place > 0
        shown.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in grid.rows:
        marked = [grid.marked(row, column) for column in range(len(row))]
        cells = zip(row, marked, strict=True)
        shown.add_row(*[Text(visible(c), style="bold" if m else "") for c, m in cells])
    return shown
