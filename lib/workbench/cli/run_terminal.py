"""What a run says while it goes and at its end: bars in a terminal, lines in a log, or JSON."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.table import Table
from rich.text import Text

from workbench.chain import Step
from workbench.cli.screen import Screen
from workbench.errors import LakeError
from workbench.lake import lake_at
from workbench.proof import Drift, ScoreRange, ScoresManifest
from workbench.records import CellDone, RunRecord, Started, StepOutcome
from workbench.storage import is_closed, scheme_of, told_as
from workbench.words import Locale, integer, label, percent, score_range, wording_of


class TimeColumn(ProgressColumn):
    """Seconds since a step started, and those it took in earlier runs alike: `1.2 of ~ 2.0 s`."""

    def render(self, task: Task) -> Text:
        usual = task.fields["usual"]
        expected = f"~{usual:.1f} s" if usual is not None else ""
        if task.elapsed is None:
            return Text(expected, style="dim")
        elapsed = f"{task.finished_time or task.elapsed:.1f}"
        if expected and not task.finished:
            return Text(f"{elapsed} of {expected}")
        return Text(f"{elapsed} s")


class Terminal:
    """Shows one line per step. In a terminal it moves; in a log there is one per event.

    `usual` are the seconds that steps took in earlier runs alike, as far as there were any.
    """

    def __init__(self, steps: Sequence[Step], usual: Mapping[str, float]) -> None:
        self.console = Screen(soft_wrap=True)
        self.live = self.console.is_terminal
        self.progress = Progress(
            SpinnerColumn("line" if self.console.options.ascii_only else "dots", finished_text=" "),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=10),
            TimeColumn(),
            TextColumn("{task.fields[facts]}", markup=False),
            console=self.console,
            disable=not self.live,
        )
        self.usual = usual
        self.tasks: dict[str, TaskID] = {
            s.name: self.progress.add_task(
                s.name, start=False, total=None, usual=usual.get(s.name), facts=""
            )
            for s in steps
        }
        self.about: dict[str, str] = {}

    def __enter__(self) -> Terminal:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def tell(self, event: str, step: str, facts: Started | CellDone | StepOutcome) -> None:
        task = self.tasks[step]
        if isinstance(facts, Started):
            again = f"again: {facts.why_again}" if facts.why_again else ""
            self.about[step] = ", ".join(filter(None, (counted(facts), again)))
            usual = self.usual.get(step)
            said = f"expected {usual:.1f} s" if usual is not None else ""
            self.progress.update(task, total=facts.cells, facts=self.about[step])
            self.progress.start_task(task)
            self.log(step, event, ", ".join(filter(None, (self.about[step], said))))
        elif isinstance(facts, CellDone):
            done = self.progress.tasks[task].completed + 1
            cell = f"cell {done:.0f} of {self.progress.tasks[task].total:.0f}"
            words = ", ".join(filter(None, (self.about.get(step), cell)))
            self.progress.update(task, advance=1, facts=words)
        else:
            self.progress.stop_task(task)
            words = f"{event}  {counted(facts)}"
            self.progress.update(task, facts=words, total=1, completed=event != "failed")
            took = facts.seconds is not None and "reused" not in event
            seconds = f"{facts.seconds:.1f} s" if took else ""
            self.log(step, event, "; ".join(filter(None, (counted(facts), seconds))))

    def log(self, step: str, event: str, words: str) -> None:
        """One line, with its time (UTC), where there is no terminal."""
        if not self.live:
            time = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
            self.console.print(f"{time}  {step:22} {event:8} {words}".rstrip())

    def summary(self, state: RunRecord, folder: Path) -> None:
        """The counts, the score ranges, and where everything is."""
        counts, proof = state.counts, state.proof
        say = self.console.print
        if counts:
            reasons = ", ".join(f"{n} {r}" for r, n in counts.reasons.items())
            say(
                f"\n{counts.documents:,} documents = {counts.silver:,} in silver + "
                f"{counts.quarantined:,} in quarantine" + (f" ({reasons})" if reasons else "")
            )
        if proof:
            say(
                f"All {proof.leaves:,} leaves of {proof.paths} paths are accounted for "
                "in silver and gold."
            )
        for line in drift_lines(state.drift):
            say(line)
        for step, outcome in state.steps.items():
            for note in outcome.notes or []:
                say(f"note of {step}: {note}")
        values = state.parameters
        ranges = read_ranges(values["lake"], values["ingestion_date"])
        scored = [one for one in ranges if (one["lower"], one["upper"]) != (None, None)]
        if any(one["users"] for one in scored):
            say(range_table(ranges, wording_of(values)))
        if not scheme_of(values["lake"]) and Path(values["lake"]).exists():
            say(f"{'readers':10} {readers(Path(values['lake']))}")
        for name, path in (
            ("tables", values["lake"]),
            ("notebooks", folder),
            ("charts", folder / "charts"),
            ("report", folder / "report.html"),
        ):
            if scheme_of(path) or Path(path).exists():
                say(f"{name:10} {told_as(path)}")
        say(f"done in {state.seconds or 0:.1f} s on {state.engine.name}")


def readers(lake: Path) -> str:
    """Who may read the tables, in words."""
    if is_closed(lake):
        return "you and your group; --shared lets other users of this machine read tables and runs"
    return f"every user of this machine; `chmod 750 {shlex.quote(str(lake))}` closes it"


def drift_lines(drift: Drift | None) -> list[str]:
    """`since 2022-01-17: score.extra added (int)`, a line per path, the first ten."""
    if drift is None:
        return []
    changes = drift.changes
    lines = [f"since {drift.since}: {change}" for change in changes[:10]]
    return [*lines, *([f"and {len(changes) - 10} more paths differ"] if changes[10:] else [])]


def counted(facts: Started | StepOutcome) -> str:
    """`1,002 in, 1,000 out, 2 quarantined, 21,202 leaves`."""
    names = {"rows_in": "in", "rows_out": "out", "quarantined": "quarantined", "leaves": "leaves"}
    found = [(getattr(facts, name, None), word) for name, word in names.items()]
    return ", ".join(f"{number:,} {word}" for number, word in found if number)


def read_ranges(lake: str, ingestion_date: str) -> list[ScoreRange]:
    try:
        return lake_at(lake).manifest("gold", "user_scores", ingestion_date, ScoresManifest).ranges
    except LakeError:
        return []


def range_table(ranges: list[ScoreRange], locale: Locale) -> Table:
    """gold.user_scores as a table of the terminal, in the run's language; rates where stated."""
    rated = any(one["expected_default_rate"] is not None for one in ranges)
    table = Table()
    for key in ("range", "users", "share", *(["rate"] if rated else [])):
        table.add_column(label(key, locale), justify="left" if key == "range" else "right")
    for one in ranges:
        rate = one["expected_default_rate"]
        table.add_row(
            score_range(one["lower"], one["upper"], locale, one["score_group"]),
            integer(one["users"], locale),
            percent(one["share"], locale),
            *([label("none", locale) if rate is None else percent(rate, locale)] if rated else []),
        )
    return table
