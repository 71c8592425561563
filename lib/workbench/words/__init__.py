"""The words, numbers and dates of charts and report, in two languages."""

from workbench.words import locales
from workbench.words.locales import (
    FRACTIONS,
    date,
    day_and_month,
    decimal,
    integer,
    label,
    language,
    month,
    number,
    percent,
    run_word,
    score_range,
)
from workbench.words.rewording import Locale, Wording, wording, wording_of

__all__ = [
    "FRACTIONS",
    "Locale",
    "Wording",
    "date",
    "day_and_month",
    "decimal",
    "integer",
    "label",
    "language",
    "locales",
    "month",
    "number",
    "percent",
    "run_word",
    "score_range",
    "wording",
    "wording_of",
]
