"""The charts: from a small table to a finding in words, its numbers, and a picture.

Those of score ranges, product types and time are here; the others have modules of their own.
"""

import datetime as dt
from typing import Final

import pandas as pd

from workbench.charts.change_bars import change_between
from workbench.charts.chart import Chart, Telling
from workbench.charts.drawing import draw_bars, draw_periods
from workbench.charts.heat_map import products_by_range
from workbench.charts.histogram import score_distribution
from workbench.charts.numbers import check_columns, has_no_score, range_numbers, type_numbers
from workbench.charts.periods import count_by_period, period_name, period_ticks, trailing_means
from workbench.words.locales import decimal, integer, label, percent, score_range

__all__ = [
    "Chart",
    "change_between",
    "default_rates",
    "product_types",
    "products_by_range",
    "score_distribution",
    "score_ranges",
    "users_per_day",
]

_MOST_TYPES: Final = 20
_LONGEST_NAME: Final = 40


def score_ranges(
    scores: pd.DataFrame,
    *,
    locale: str,
    source: str,
    date: dt.date | str,
    style: str = "light",
    scale: float = 0,
) -> Chart:
    """Draw the users per score range, in natural order, the largest range highlighted.

    `scores` is gold.user_scores for one ingestion, one row per range: `score_group`,
    `range_order`, `lower` and `upper` (inclusive, null = open, both null = no score), `users`,
    `share` (0..1 of all users), `expected_default_rate` (0..1 or null). `source` names the
    dump, `date` is its ingestion date; `style` is "light" or "dark". Charts with one `scale`, a
    number of users, can be compared by the length of their bars. Raises ValueError for an
    empty table, a missing column, or an unknown locale or style.
    """
    told = Telling(locale, source, date, style)
    numbers = range_numbers(scores)
    ranges, users = numbers["ranges"], [row["users"] for row in numbers["ranges"]]
    names = [score_range(row["lower"], row["upper"], locale) for row in ranges]
    texts = [told.count_and_share(row["users"], row["share"]) for row in ranges]
    top = users.index(max(users))
    said = {
        "n": integer(numbers["users"], locale),
        "missing": integer(numbers["without_score"], locale),
        "range": names[top],
        "value": texts[top],
        "share": percent(ranges[top]["share"], locale, decimals=0),
    }
    finding = "ranges_no_score" if has_no_score(ranges[top]) else "ranges_title"
    finding = finding if numbers["users"] else "no_users"
    words = told.words(finding, "ranges_subtitle", "ranges_alt", said)
    counts = [integer(count, locale) for count in users]
    shares = [percent(row["share"], locale) for row in ranges]
    table = told.table(range=names, users=counts, share=shares)
    figure = draw_bars(names, users, texts, top if numbers["users"] else None, words, style, scale)
    return Chart("score_ranges", **words, table=table, numbers=numbers, figure=figure, style=style)


def default_rates(
    scores: pd.DataFrame,
    *,
    locale: str,
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
    names = [score_range(row["lower"], row["upper"], locale) for row in ranges]
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
        "values": "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True)),
    }
    finding = "rates_falls" if falls else "rates_highest"
    finding = "rates_none" if rates[top] is None else finding
    words = told.words(finding, "rates_subtitle", "rates_alt", said)
    counts = [integer(row["users"], locale) for row in ranges]
    table = told.table(range=names, users=counts, rate=texts)
    stressed = None if rates[top] is None else top
    figure = draw_bars(names, rates, texts, stressed, words, style, scale)
    return Chart("default_rates", **words, table=table, numbers=numbers, figure=figure, style=style)


def product_types(
    products: pd.DataFrame,
    *,
    users_total: int,
    locale: str,
    source: str,
    date: dt.date | str,
    style: str = "light",
    scale: float = 0,
) -> Chart:
    """Draw the distinct users per product type, most first; users without a product come last.

    `products` has one row per type: `product_type` (null = users without products) and `users`
    (distinct). A user may have several types, so the shares are of `users_total` (all users)
    and do not add up to 1. At most 20 types are drawn; the table has all of them. Arguments and
    errors otherwise as in `score_ranges`.
    """
    told = Telling(locale, source, date, style)
    types = type_numbers(products, users_total)
    counts = [row["users"] for row in types]
    names = [told.type_name(row["product_type"]) for row in types]
    texts = [told.count_and_share(row["users"], row["share"]) for row in types]
    top = counts.index(max(counts))
    named = sum(row["product_type"] is not None for row in types)
    said = {
        "n": integer(users_total, locale),
        "missing": integer(sum(counts[named:]), locale),
        "type": _shorten(names[top]),
        "value": texts[top],
        "share": percent(types[top]["share"], locale, decimals=0),
    }
    sizes = {"shown": integer(_MOST_TYPES, locale), "all": integer(named, locale)}
    said["cut"] = label("types_cut", locale, **sizes) if named > _MOST_TYPES else ""
    said["several"] = label("types_several", locale) if sum(counts) > users_total else ""
    finding = "types_title" if top < named else "types_no_product"
    finding = finding if counts[top] else "no_users"
    words = told.words(finding, "types_subtitle", "types_alt", said)
    users = [integer(count, locale) for count in counts]
    shares = [percent(row["share"], locale) for row in types]
    table = told.table(product_type=names, users=users, share=shares)
    drawn = [place for place in range(len(types)) if place < _MOST_TYPES or place >= named]
    figure = draw_bars(
        [names[place] for place in drawn],
        [counts[place] for place in drawn],
        [texts[place] for place in drawn],
        drawn.index(top) if counts[top] else None,
        words,
        style,
        scale,
    )
    numbers = {"users": users_total, "without_product": sum(counts[named:]), "types": types}
    return Chart("product_types", **words, table=table, numbers=numbers, figure=figure, style=style)


def users_per_day(
    days: pd.DataFrame, *, locale: str, source: str, date: dt.date | str, style: str = "light"
) -> Chart:
    """Draw the new users per day (createdAt, UTC), the peak highlighted, and their 7-day mean.

    `days` has one row per day: `day` (datetime.date, null = users without a date) and `users`.
    Days without users inside the period count as 0. The mean is of a day and the six before it;
    the first six days have none. A period of more than 1,100 days is drawn by month, one of more
    than 1,100 months by year, without a mean. Arguments and errors otherwise as in
    `score_ranges`.
    """
    told = Telling(locale, source, date, style)
    check_columns(days, "days", ("day", "users"))
    dated = [
        (day.date() if isinstance(day, dt.datetime) else day, int(users))
        for day, users in zip(days["day"], days["users"], strict=True)
        if not pd.isna(day)
    ]
    missing = int(days["users"].sum()) - sum(users for _, users in dated)
    grain, counts = count_by_period(dated or [(dt.date.fromisoformat(str(date)), 0)])
    starts, users = list(counts), list(counts.values())
    means = trailing_means(users) if grain == "day" and len(users) >= 7 and any(users) else []
    names = [period_name(start, grain, locale) for start in starts]
    texts = [integer(count, locale) for count in users]
    top = users.index(max(users))
    said = {
        "n": integer(sum(users), locale),
        "missing": integer(missing, locale),
        "first": names[0],
        "last": names[-1],
        "period": names[top],
        "peak": texts[top],
    }
    finding = "days_tied" if users.count(users[top]) > 1 else "days_title"
    finding = finding if len(starts) > 1 else "days_single"
    finding = finding if users[top] else "days_none"
    subtitle = "days_subtitle_mean" if means else f"days_subtitle_{grain}"
    words = told.words(finding, subtitle, "days_alt", said)
    mean_texts = [label("none", locale) if m is None else decimal(m, locale) for m in means]
    figure = draw_periods(
        users,
        period_ticks(starts, grain, locale),
        (top, f"{names[top]}: {texts[top]}") if users[top] else None,
        lambda mark: integer(mark, locale),
        words,
        style,
        (means, label("mean_7", locale)) if means else None,
    )
    numbers = {
        "users": sum(users),
        "without_date": missing,
        "grain": grain,
        "peak": {"start": starts[top].isoformat(), "users": users[top]},
        "periods": [{"start": start.isoformat(), "users": counts[start]} for start in starts],
        "mean_of_7_days": means,
    }
    table = told.table(
        **{grain: names}, new_users=texts, **({"mean_of_7_days": mean_texts} if means else {})
    )
    return Chart("users_per_day", **words, table=table, numbers=numbers, figure=figure, style=style)


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"
