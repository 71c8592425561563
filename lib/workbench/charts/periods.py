"""Time on an axis: the grain that keeps a chart readable, empty periods, and few tick labels."""

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

from workbench.words import Locale, day_and_month, month
from workbench.words import date as format_date

_MOST_PERIODS: Final = 1_100
_MOST_TICKS: Final = 6
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000, 24_000)


def count_by_period(dated: Sequence[tuple[dt.date, int]]) -> tuple[str, dict[dt.date, int]]:
    """Add up counts by day; by month past 1,100 days; by year past 1,100 months.

    Returns the grain ("day", "month", "year") and the counts by the first day of each period
    from the first date to the last, in order, periods without any included as 0.
    """
    first, last = min(day for day, _ in dated), max(day for day, _ in dated)
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    if (last - first).days < _MOST_PERIODS:
        days = range(first.toordinal(), last.toordinal() + 1)
        grain, periods = "day", [dt.date.fromordinal(day) for day in days]
    elif len(months) <= _MOST_PERIODS:
        grain, periods = "month", [dt.date(n // 12, n % 12 + 1, 1) for n in months]
    else:
        grain = "year"
        periods = [dt.date(year, 1, 1) for year in range(first.year, last.year + 1)]
    counts = dict.fromkeys(periods, 0)
    for day, count in dated:
        counts[_start(day, grain)] += count
    return grain, counts


def trailing_means(counts: Sequence[int], days: int = 7) -> list[float | None]:
    """The mean of each day and those before it, `days` in all; None where there are not as many."""
    sums = [0, *accumulate(counts)]
    ends = range(1, len(counts) + 1)
    return [(sums[end] - sums[end - days]) / days if end >= days else None for end in ends]


def period_name(start: dt.date, grain: str, locale: Locale) -> str:
    """Name a period by its first day: 18/01/2022, jan 2022 or 2022."""
    if grain == "day":
        return format_date(start, locale)
    return f"{month(start, locale)} {start.year}" if grain == "month" else str(start.year)


def period_ticks(periods: Sequence[dt.date], grain: str, locale: Locale) -> dict[int, str]:
    """Label at most six places: every 1, 2, 7 or 14 days, or else every so many months.

    The year stands on a second line, at the first label and wherever it changes.
    """
    for step in (1, 2, 7, 14) if grain == "day" else ():
        places = range(0, len(periods), step)
        if len(places) <= _MOST_TICKS:
            return _with_years(periods, {n: day_and_month(periods[n], locale) for n in places})
    firsts = [place for place, start in enumerate(periods) if start.day == 1]
    for step in _MONTH_STEPS:
        chosen = [n for n in firsts if (periods[n].year * 12 + periods[n].month - 1) % step == 0]
        if len(chosen) <= _MOST_TICKS:
            break
    if step >= 12:
        return {n: str(periods[n].year) for n in chosen}
    return _with_years(periods, {n: month(periods[n], locale) for n in chosen})


def _start(day: dt.date, grain: str) -> dt.date:
    if grain == "day":
        return day
    return day.replace(day=1) if grain == "month" else day.replace(month=1, day=1)


def _with_years(periods: Sequence[dt.date], labels: dict[int, str]) -> dict[int, str]:
    years = [periods[place].year for place in labels]
    changes = [True, *(year != before for before, year in pairwise(years))]
    return {
        place: f"{text}\n{periods[place].year}" if changed else text
        for (place, text), changed in zip(labels.items(), changes, strict=True)
    }
