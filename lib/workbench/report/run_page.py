"""One page that tells a run's finding and how it was made; it opens without a network."""

import json
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, Final

from jinja2 import Template

from workbench.charts import SavedChart, has_no_score, image_of, range_names, tells
from workbench.parameters import CHARTS as CHARTS_STEP
from workbench.records import Counts, RunRecord
from workbench.report.page import DASH, is_missing, template
from workbench.storage import write_whole
from workbench.words import Locale, locales

CHARTS: Final = (
    "score_ranges",
    "default_rates",
    "score_distribution",
    "product_types",
    "products_by_range",
    "users_per_day",
    "change_between",
)

# The parameters of each that name a field: where one is empty, there is no such field to draw.
_OF_FIELDS: Final = {
    "score_ranges": ("score",),
    "default_rates": ("score", "score_text"),
    "score_distribution": ("score",),
    "product_types": ("product_type",),
    "products_by_range": ("score", "product_type"),
    "users_per_day": ("created_at",),
    "change_between": ("score",),
}
_PLACES: Final = ("source", "lake", "charts", "contract")  # parameters that name files or folders


def report_template(locale: Locale) -> Template:
    """The template of a report. Raises ValueError for an unknown locale."""
    locales.language(locale)
    return template("run", locale, **_filters(locale))


def build_report(
    run: RunRecord, charts: Path, out: Path, locale: Locale, made: Template | None = None
) -> Path:
    """Write the report of a run as one HTML file, and return its path.

    What the run does not have yet shows as a dash. `charts` is the folder that
    `Chart.save` wrote to; a chart that is not there is said to be missing. The file appears
    under its name only when it is whole. `made` is its template, where that is there already.
    Raises ValueError for an unknown locale.
    """
    page = made or report_template(locale)
    found = {name: _chart(charts, name) for name in CHARTS}
    drawn = {
        name: chart
        for name, chart in found.items()
        if (tells(chart.name, chart.numbers) if chart else _awaited(run, name))
    }
    text = page.render(
        run=run,
        title=locales.label("title" if "score_ranges" in drawn else "title_users", locale),
        charts=drawn,
        images={name: image_of(charts, name) for name in drawn},
        empty=_without_change(drawn.get("change_between")),
        ranges=_finding(drawn, run.counts, locale),
        adds_up=_adds_up(run.counts),
        notes=_notes(run, locale),
    )
    write_whole(out, text)
    return out


def _chart(folder: Path, name: str) -> SavedChart | None:
    """Read what Chart.save wrote; None when there is none."""
    described = folder / f"{name}.json"
    return SavedChart.load(described) if described.exists() else None


def _without_change(chart: SavedChart | None) -> list[str]:
    """The chart of the change, by its name, where its title says all: there is none to be told."""
    ranges = chart.numbers["ranges"] if chart else []
    return [] if any(row["change"] is not None for row in ranges) else ["change_between"]


def _awaited(run: RunRecord, chart: str) -> bool:
    """Whether a chart that is not there was to be drawn, and has not been."""
    step = run.steps.get(CHARTS_STEP)
    done = step is not None and step.state == "done"
    return not done and all(run.parameters.get(name) != "" for name in _OF_FIELDS[chart])


def _finding(
    drawn: dict[str, SavedChart | None], counts: Counts | None, locale: Locale
) -> dict[str, Any]:
    """Put the finding into words: that of the ranges, else of the first chart that tells one."""
    if "score_ranges" in drawn or counts is None:
        return _ranges(drawn.get("score_ranges"), locale)
    n = locales.integer(counts.silver, locale)
    titles = [f"{chart.title}." for chart in drawn.values() if chart]
    return {"finding": (titles or [locales.label("finding_users", locale, n=n)])[0], "n": n}


def _notes(run: RunRecord, locale: Locale) -> list[tuple[str, str]]:
    """What the steps noted: the field, or how many, and what is to be known of it."""
    said = [note for step in run.steps.values() for note in step.notes or []]
    parts = [note.rpartition(": ") if ": " in note else note.partition(" ") for note in said]
    return [(about, locales.run_word(text, locale)) for about, _, text in parts]


def _ranges(chart: SavedChart | None, locale: Locale) -> dict[str, Any]:
    """Put the finding into words: everyone, the largest range, the mean rate if there is one."""
    if chart is None or not chart.numbers["users"]:
        return {"finding": locales.label("finding_none", locale)}
    numbers = chart.numbers
    largest = max(numbers["ranges"], key=lambda row: row["users"])
    said = {
        "n": locales.integer(numbers["users"], locale),
        "range": range_names([largest], locale)[0],
        "users": locales.integer(largest["users"], locale),
        "share": locales.percent(largest["share"], locale),
    }
    tied = sum(row["users"] == largest["users"] for row in numbers["ranges"])
    said["count"] = locales.integer(tied, locale)
    key = "finding_no_score" if has_no_score(largest) else "finding"
    key = "finding_tied" if tied > 1 else key
    finding = locales.label(key, locale, **said)
    said = {"n": said["n"]} if tied > 1 else said
    rate = numbers["mean_default_rate"]
    if rate is not None:
        said["rate"] = locales.percent(rate, locale)
        finding += " " + locales.label("finding_rate", locale, **said)
    return said | {"finding": finding}


def _adds_up(counts: Counts | None) -> bool | None:
    """Tell whether every document is accounted for; None when they were not counted."""
    if counts is None:
        return None
    return counts.documents == counts.silver + counts.quarantined


def _filters(locale: Locale) -> dict[str, Callable[..., str]]:
    def number(value: Any) -> str:
        return DASH if is_missing(value) else locales.integer(value, locale)

    def seconds(value: Any) -> str:
        return DASH if is_missing(value) else f"{locales.decimal(value, locale)} s"

    def moment(value: Any) -> str:
        return DASH if is_missing(value) else locales.moment(value, locale)

    def date(value: Any) -> str:
        return DASH if is_missing(value) else locales.date(value, locale)

    def word(value: Any) -> str:
        return DASH if is_missing(value) else locales.run_word(value, locale)

    made = {"number": number, "seconds": seconds, "moment": moment, "date": date, "word": word}
    return {**made, "parameter": _parameter, "tail": _tail}


def _parameter(value: Any, name: str) -> str:
    """Write a parameter's value as a person would; of a path, its last part alone."""
    if isinstance(value, dict):
        value = [f"{key}: {of}" for key, of in value.items()]
    values = value if isinstance(value, list | tuple) else [value]
    texts = [v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
    shown = [_tail(text) for text in texts] if name in _PLACES else texts
    return DASH if value is None else ", ".join(shown) or DASH


def _tail(path: Any, parts: int = 1) -> str:
    """Keep the end of a path: what is before it differs from machine to machine."""
    return DASH if is_missing(path) else "/".join(PurePath(path).parts[-parts:])
