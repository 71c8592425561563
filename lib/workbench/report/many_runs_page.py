"""Several runs as one page that opens without a network, and as tables of texts for a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.proof import ScoreRange
from workbench.records import CHART_NAMES, ManyRuns, Rows, RunRecord, largest, numbers
from workbench.records import source_of as source_names
from workbench.report.many_runs_charts import small_multiples
from workbench.report.page import DASH, as_address, shown, template
from workbench.storage import write_whole
from workbench.words import Locale, date, integer, label, percent, run_word, score_range

ON_ONE_SCALE = ("score_ranges", "default_rates", "product_types")


@dataclass(frozen=True)
class Grid:
    """A table of texts: its heading, the names of its columns, its rows.

    `marks` says that what differs from the first run, the second column, is to be seen.
    """

    heading: str
    columns: list[str]
    rows: list[list[str]]
    marks: bool = False

    def marked(self, row: Sequence[str], column: int) -> bool:
        both = (row[1], row[column]) if self.marks and column > 1 else (DASH, DASH)
        return both[0] != both[1] and DASH not in both


def build_page(many: ManyRuns, out: Path, locale: Locale) -> Path:
    """Writes the page, which appears under its name only when it is whole. Returns its path."""
    page = template("many_runs", locale).render(
        about=about(many, locale),
        failed=failed(many, locale),
        finding=finding(many, locale),
        overview=overview(many, locale),
        reports=[report_of(record, out) for record in many.records],
        multiples=multiples(many, locale),
        same=same_charts(many, locale),
        grids=grids(many, locale),
        alike=alike(many, locale),
        shared=[(name, shown(values[0], locale)) for name, values in many.shared],
    )
    write_whole(out, page)
    return out


def about(many: ManyRuns, locale: Locale) -> str:
    sources = dict.fromkeys(map(source_names, many.records))
    days = dict.fromkeys(date(r.parameters["ingestion_date"], locale) for r in many.records)
    said = {"source": "; ".join(sources), "date": "; ".join(days)}
    return label("many_about", locale, n=integer(len(many.records), locale), **said)


def failed(many: ManyRuns, locale: Locale) -> str:
    """How many runs have not ended well; empty where all have."""
    number = sum(record.state != "done" for record in many.records)
    return label("many_failed", locale, n=number, all=len(many.records)) if number else ""


def finding(many: ManyRuns, locale: Locale) -> str:
    """The least and the greatest share of the largest range, as a sentence."""
    tops = [(n, top) for n, r in enumerate(many.records, 1) if (top := largest(r))]
    if not tops:
        return label("many_none", locale)
    (a, least), (b, most) = (of(tops, key=lambda one: one[1]["share"]) for of in (min, max))
    said = {"least": percent(least["share"], locale), "most": percent(most["share"], locale)}
    same = said["least"] == said["most"]
    return label("many_even" if same else "many_finding", locale, **said, a=a, b=b)


def overview(many: ManyRuns, locale: Locale) -> Grid:
    """One row per run: what varies, how it ended, its largest range, its mean rate, its time."""
    varying = [name for name, _ in many.varying]
    rates = [(numbers(r, "score_ranges") or {}).get("mean_default_rate") for r in many.records]
    rated = any(rate is not None for rate in rates)
    keys = ["state", "many_largest", *(["mean_rate"] if rated else []), "seconds", "run_id"]
    columns = [label("many_variant", locale), *varying, *(label(k, locale) for k in keys)]
    rows = []
    for at, record in enumerate(many.records):
        rate = [shown_share(rates[at], locale)] if rated else []
        seconds = shown(record.seconds, locale)
        rows.append(
            [
                str(at + 1),
                *(shown(values[at], locale) for _, values in many.varying),
                run_word(record.state, locale),
                range_text(largest(record), locale),
                *rate,
                f"{seconds} s",
                record.run_id,
            ]
        )
    return Grid(label("many_title", locale), columns, rows)


def grids(many: ManyRuns, locale: Locale) -> list[Grid]:
    """The tables of what differs: score ranges, counts, fields. One column per run."""
    ranges: list[list[str]] = [
        [range_name(rows, locale), *(range_count(row, locale) for row in rows)]
        for _, rows in many.ranges
    ]
    counts = [
        [count_name(name, locale), *(shown(value, locale) for value in values)]
        for name, values in many.counts
    ]
    fields = [[name, *(shown(value, locale) for value in values)] for name, values in many.schema]
    found = [("heading_score_ranges", "range", ranges), ("many_counts", "compare_name", counts)]
    found.append(("many_schema", "tree_field", fields))
    numbered = [str(n) for n in range(1, len(many.records) + 1)]
    return [
        Grid(label(heading, locale), [label(first, locale), *numbered], rows, marks=True)
        for heading, first, rows in found
        if rows
    ]


def alike(many: ManyRuns, locale: Locale) -> str:
    """The counts that are the same in all runs, as a sentence; empty where there are none."""
    known = [(name, [v for v in values if v is not None]) for name, values in many.alike]
    texts = [
        f"{count_name(name, locale).lower()} {shown(values[0], locale)}"
        for name, values in known
        if values
    ]
    return label("many_alike", locale, values=", ".join(texts)) if texts else ""


def multiples(many: ManyRuns, locale: Locale) -> list[tuple[str, bool, list[dict[str, str]]]]:
    """Heading, whether on one scale, and a figure per run; of charts that differ, and of ranges."""
    found = []
    for name in many.charts or CHART_NAMES[:1]:
        light, dark = (small_multiples(many.records, name, locale, s) for s in ("light", "dark"))
        figures = [
            {
                "name": variant_name(many.varying, at, locale),
                "light": as_address(chart),
                "dark": as_address(darker),
                "alt": chart.alt,
            }
            for at, (chart, darker) in enumerate(zip(light, dark, strict=True))
            if chart and darker
        ]
        if figures:
            found.append((label(f"heading_{name}", locale), name in ON_ONE_SCALE, figures))
    return found


def same_charts(many: ManyRuns, locale: Locale) -> str:
    """The charts that are the same in all runs, as a sentence; empty where there are none."""
    drawn = [n for n in CHART_NAMES if any(numbers(record, n) for record in many.records)]
    names = [name for name in drawn if name not in many.charts]
    texts = ", ".join(label(f"heading_{name}", locale).lower() for name in names)
    return label("many_same_charts", locale, names=texts) if names else ""


def variant_name(varying: Rows, at: int, locale: Locale) -> str:
    """`2: score_edges [300, 600]`."""
    values = ", ".join(f"{name} {shown(of[at], locale)}" for name, of in varying)
    return f"{at + 1}: {values}" if values else str(at + 1)


def report_of(record: RunRecord, page: Path) -> str | None:
    """The report's address from the page; None where there is none."""
    report = record.folder / "report.html"
    there = report.is_file()
    return os.path.relpath(report.resolve(), page.parent.resolve()) if there else None


def range_name(rows: Iterable[ScoreRange | None], locale: Locale) -> str:
    """What a range is called in runs of which some may have scores with fractions."""
    row = max((row for row in rows if row), key=lambda row: row["score_group"])
    return score_range(row["lower"], row["upper"], locale, row["score_group"])


def range_text(row: ScoreRange | None, locale: Locale) -> str:
    if row is None:
        return shown(None, locale)
    return f"{range_name([row], locale)}: {range_count(row, locale)}"


def range_count(row: ScoreRange | None, locale: Locale) -> str:
    if row is None:
        return shown(None, locale)
    return f"{integer(row['users'], locale)} ({percent(row['share'], locale)})"


def shown_share(share: float | None, locale: Locale) -> str:
    return shown(None, locale) if share is None else percent(share, locale)


def count_name(name: str, locale: Locale) -> str:
    """A count by its name in the report; see `comparison.counts_of`."""
    key, _, of = name.partition(":")
    said = label(key, locale, reason=run_word(of, locale))
    return f"{said}: {of}" if key == "rows_out" else said
