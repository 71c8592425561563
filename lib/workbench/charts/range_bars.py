"""Users per score range, and the default rate that each range states, as bars."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from workbench.charts.chart import Chart
from workbench.charts.drawing import draw_bars
from workbench.charts.numbers import has_no_score, range_names, range_numbers
from workbench.charts.telling import Telling
from workbench.words import Locale, integer, label, percent


def score_ranges(
    scores: pd.DataFrame,
    *,
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
    scale: float = 0,
    among: str = "",
) -> Chart:
    """Draw the users per score range, in natural order, the largest range highlighted if one is.

    `scores` is gold.user_scores for one ingestion, one row per range: `score_group`,
    `range_order`, `lower` and `upper` (inclusive, null = open, both null = no score), `users`,
    `share` (0..1 of all users), `expected_default_rate` (0..1 or null). `source` names the
    dump, `date` is its ingestion date; `style` is "light" or "dark". Charts with one `scale`, a
    number of users, can be compared by the length of their bars. `among` names the users that are
    counted, where these are not all; the title begins with it. Raises ValueError for an
    empty table, a missing column, or an unknown locale or style.
    """
    told = Telling(locale, source, date, style)
    numbers = range_numbers(scores)
    ranges, users = numbers["ranges"], [row["users"] for row in numbers["ranges"]]
    names = range_names(ranges, locale)
    texts = [told.count_and_share(row["users"], row["share"]) for row in ranges]
    top = users.index(max(users))
    said = {
        "n": integer(numbers["users"], locale),
        "missing": integer(numbers["without_score"], locale),
        "range": names[top],
        "value": texts[top],
        "share": percent(ranges[top]["share"], locale, decimals=0),
        "count": integer(users.count(users[top]), locale),
    }
    tied = users.count(users[top]) > 1
    finding = "ranges_no_score" if has_no_score(ranges[top]) else "ranges_title"
    finding = "ranges_tied" if tied else finding
    finding = finding if numbers["users"] else "no_users"
    words = told.words(finding, "ranges_subtitle", "ranges_alt", said, among)
    counts = [integer(count, locale) for count in users]
    shares = [percent(row["share"], locale) for row in ranges]
    table = told.table(range=names, users=counts, share=shares)
    figure = draw_bars(names, users, texts, None if tied else top, words, style, scale)
    return Chart("score_ranges", **words, table=table, numbers=numbers, figure=figure, style=style)


def default_rates(
    scores: pd.DataFrame,
    *,
    locale: Locale,
    source: str,
    date: dt.date | str,
    style: str = "light",
    scale: float = 0,
) -> Chart:
    """Draw the expected default rate per score range, the highest one highlighted.

    The rate is the mean of what each score's own text states ("é provável que N apresentem
    débitos", N of 100); a range whose rate is null is shown as n/d. The table, the other
    arguments and the errors are those of `score_ranges`.
    """
    told = Telling(locale, source, date, style)
    numbers = range_numbers(scores)
    ranges, rates = numbers["ranges"], [row["expected_default_rate"] for row in numbers["ranges"]]
    names = range_names(ranges, locale)
    texts = [label("none", locale) if rate is None else percent(rate, locale) for rate in rates]
    top = max(range(len(rates)), key=lambda place: -1 if rates[place] is None else rates[place])
    rated = [row["expected_default_rate"] for row in ranges if not has_no_score(row)]
    rated = [rate for rate in rated if rate is not None]
    falls = len(rated) > 1 and rated == sorted(rated, reverse=True) and rated[0] > rated[-1]
    said = {
        "n": integer(numbers["users_with_rate"], locale),
        "missing": integer(numbers["users"] - numbers["users_with_rate"], locale),
        "first": percent(rated[0], locale) if falls else "",
        "last": percent(rated[-1], locale) if falls else "",
        "range": names[top],
        "value": texts[top],
        "count": integer(rates.count(rates[top]), locale),
        "values": "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True)),
    }
    tied = rates.count(rates[top]) > 1
    finding = "rates_falls" if falls else "rates_tied" if tied else "rates_highest"
    finding = "rates_none" if rates[top] is None else finding
    words = told.words(finding, "rates_subtitle", "rates_alt", said)
    counts = [integer(row["users"], locale) for row in ranges]
    table = told.table(range=names, users=counts, rate=texts)
    stressed = None if rates[top] is None or tied else top
    figure = draw_bars(names, rates, texts, stressed, words, style, scale)
    return Chart("default_rates", **words, table=table, numbers=numbers, figure=figure, style=style)
