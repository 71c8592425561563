"""A comparison as one page that opens without a network, and as texts for a terminal."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from workbench import charts
from workbench.charts import Chart, plain_rows, range_names
from workbench.gold import same_ranges
from workbench.parameters import SCORES
from workbench.records import Comparison, RunRecord, source_of
from workbench.report.page import as_address, shown, template
from workbench.storage import write_whole
from workbench.words import Locale, locales

Rows = list[tuple[str, str, str]]


def build_comparison(compared: Comparison, out: Path, locale: Locale) -> Path:
    """Writes the page, which appears under its name only when it is whole. Returns its path."""
    page = template("two_runs", locale).render(
        before=compared.before.run_id,
        after=compared.after.run_id,
        charts=[
            {"image": as_address(chart), "alt": chart.alt, "title": chart.title}
            for chart in drawn(compared, locale)
        ],
        tables=sections(compared, locale),
    )
    write_whole(out, page)
    return out


def sections(compared: Comparison, locale: Locale) -> list[tuple[str, Rows, str]]:
    """What a reader sees, in order: a heading, its rows, and what is said when there are none."""
    same = locales.label("compare_same", locale)
    schema = compared.schema
    unread = locales.label("compare_no_schema", locale) if schema is None else same
    return [
        (locales.label("parameters", locale), texts(compared.parameters, locale), same),
        (
            locales.label("compare_schema", locale),
            [] if schema is None else texts(schema, locale),
            unread,
        ),
        (locales.label("counts", locale), count_texts(compared.counts, locale), same),
        (
            locales.label("heading_score_ranges", locale),
            range_texts(compared.ranges, locale),
            locales.label("compare_no_scores", locale),
        ),
        (locales.label("compare_made", locale), texts(compared.made_with, locale), same),
    ]


def texts(table: pd.DataFrame, locale: Locale) -> Rows:
    return [
        (str(name), shown(before, locale), shown(after, locale))
        for name, before, after in table.itertuples(index=False)
    ]


def count_texts(table: pd.DataFrame, locale: Locale) -> Rows:
    """The counts by their names in the report."""
    rows = []
    for name, before, after in table.itertuples(index=False):
        key, _, about = name.partition(":")
        said = locales.label(key, locale, reason=locales.run_word(about, locale))
        said = f"{said}: {about}" if key == "rows_out" else said
        values = [locales.run_word(v, locale) if key == "state" else v for v in (before, after)]
        rows.append((said, shown(values[0], locale), shown(values[1], locale)))
    return rows


def range_texts(ranges: pd.DataFrame, locale: Locale) -> Rows:
    names = range_names(plain_rows(ranges), locale)
    users = ranges["users_before"], ranges["users_after"]
    return [
        (name, shown(before, locale), shown(after, locale))
        for name, before, after in zip(names, *users, strict=True)
    ]


def drawn(compared: Comparison, locale: Locale) -> list[Chart]:
    """The change per range where both runs have the same ranges; the ranges of each run."""
    if compared.ranges.empty:
        return []
    made = [score_ranges(run, locale) for run in (compared.before, compared.after)]
    if not same_ranges(compared.ranges):
        return made
    before, after = compared.before.parameters, compared.after.parameters
    change = charts.change_between(
        compared.ranges,
        before=before["ingestion_date"],
        locale=locale,
        source=source_of(compared.after),
        date=after["ingestion_date"],
    )
    return [change, *made]


def score_ranges(run: RunRecord, locale: Locale) -> Chart:
    return charts.score_ranges(
        pd.DataFrame(run.steps[SCORES].ranges, dtype=object),
        locale=locale,
        source=f"{source_of(run)}, {run.run_id}",
        date=run.parameters["ingestion_date"],
    )
