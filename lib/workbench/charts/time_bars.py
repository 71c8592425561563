"""Users per day, month or year, as bars in the order of time."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from workbench.charts.chart import Chart
from workbench.charts.drawing import draw_periods
from workbench.charts.numbers import check_columns
from workbench.charts.periods import count_by_period, period_name, period_ticks, trailing_means
from workbench.charts.telling import Telling
from workbench.words import Locale, decimal, integer, label


def users_per_day(
    days: pd.DataFrame, *, locale: Locale, source: str, date: dt.date | str, style: str = "light"
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
