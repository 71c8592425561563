"""The words, numbers and dates of charts and report, in two languages."""

from workbench.words.locales import (
    date,
    day_and_month,
    decimal,
    integer,
    label,
    month,
    percent,
    run_word,
    score_range,
)
from workbench.words.rewording import Wording, wording, wording_of

__all__ = [
    "Wording",
    "date",
    "day_and_month",
    "decimal",
    "integer",
    "label",
    "month",
    "percent",
    "run_word",
    "score_range",
    "wording",
    "wording_of",
]
