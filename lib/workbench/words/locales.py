"""How numbers, dates and score ranges read in Brazilian Portuguese and in English."""

import datetime as dt
import math
import re
from decimal import Decimal
from typing import Final

from workbench.allowed import LOCALES
from workbench.words.en import EN
from workbench.words.pt_br import PT_BR, RUN_NOTES_PT_BR, RUN_WORDS_PT_BR
from workbench.words.rewording import Locale, Wording

_LABELS: Final = {"pt_BR": PT_BR, "en": EN}
_MONTHS: Final = {
    "pt_BR": ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
FRACTIONS: Final = "MAIS DE "  # how labels of gold.user_scores begin where scores have fractions
SMALLEST, LARGEST = Decimal("1e-9"), 10**40  # that are written without an exponent


def language(locale: Locale) -> str:
    """Return the language, or raise ValueError that names the allowed ones."""
    name = locale.locale if isinstance(locale, Wording) else locale
    if name not in LOCALES:
        raise ValueError(f"locale {name!r} is not known; use one of: {', '.join(LOCALES)}")
    return name


def label(key: str, locale: Locale, **values: object) -> str:
    """Return a label of `workbench.words.en` with its values filled in; KeyError if it has none.

    A `Wording` has other words for some of those in the label.
    """
    text = _LABELS[language(locale)][key]
    return (locale.reworded(text) if isinstance(locale, Wording) else text).format(**values)


def run_word(word: str, locale: Locale) -> str:
    """Translate a state, reason, layout or note of run.json; one not listed stays as it is."""
    if language(locale) != "pt_BR":
        return word
    return RUN_WORDS_PT_BR.get(word) or _run_note(word)


def _run_note(note: str) -> str:
    """A note with numbers or names in it, translated; another stays as it is."""
    for said, translated in RUN_NOTES_PT_BR.items():
        found = re.fullmatch("(.+?)".join(map(re.escape, said.split("{}"))), note)
        if found:
            return translated.format(*found.groups())
    return note


def integer(value: int, locale: Locale) -> str:
    """Format a whole number: 1.234 in pt_BR, 1,234 in en."""
    return _separators(f"{value:,d}", locale)


def decimal(value: float, locale: Locale, decimals: int = 1) -> str:
    """Format a number with decimals: 1.234,5 in pt_BR, 1,234.5 in en."""
    return _separators(f"{value:,.{decimals}f}", locale)


def number(value: float | Decimal, locale: Locale) -> str:
    """Format a number with all of its digits: 1.234.567,89 in pt_BR, 1,234,567.89 in en.

    What is very large or very small, or no number at all, stays as it is written in programs.
    """
    exact = value if isinstance(value, int | Decimal) else Decimal(repr(float(value)))
    if not math.isfinite(exact) or (exact and not SMALLEST <= abs(exact) < LARGEST):
        return str(value)
    if isinstance(value, int) or (isinstance(value, float) and exact == int(exact)):
        return integer(int(exact), locale)
    return _separators(f"{exact:,f}", locale)


def percent(share: float, locale: Locale, decimals: int = 1) -> str:
    """Format a share of 0..1 in percent: 12,3% in pt_BR, 12.3% in en.

    A few among many are `<0,1%`, and not quite all are `>99,9%`: 0% and 100% mean none and all.
    """
    least = 10.0**-decimals
    if share > 0 and round(share * 100, decimals) == 0:
        return f"<{decimal(least, locale, decimals)}%"
    if share < 1 and round(share * 100, decimals) == 100:
        return f">{decimal(100 - least, locale, decimals)}%"
    return f"{decimal(share * 100, locale, decimals)}%"


def date(value: dt.date | str, locale: Locale) -> str:
    """Format a date, or its ISO text: 18/01/2022 in pt_BR, 18 Jan 2022 in en.

    Raises ValueError when the text is not an ISO date.
    """
    day = dt.date.fromisoformat(value) if isinstance(value, str) else value
    if language(locale) == "pt_BR":
        return f"{day.day:02d}/{day.month:02d}/{day.year}"
    return f"{day.day} {_MONTHS[language(locale)][day.month - 1]} {day.year}"


def day_and_month(day: dt.date, locale: Locale) -> str:
    """Format a day for an axis: 18/01 in pt_BR, 18 Jan in en."""
    if language(locale) == "pt_BR":
        return f"{day.day:02d}/{day.month:02d}"
    return f"{day.day} {month(day, locale)}"


def month(day: dt.date, locale: Locale) -> str:
    """Return the short name of a date's month: fev in pt_BR, Feb in en."""
    return _MONTHS[language(locale)][day.month - 1]


def moment(value: str, locale: Locale) -> str:
    """Format an ISO time in UTC: `18/01/2022 12:00:05 UTC`; ValueError when it is not ISO."""
    time = dt.datetime.fromisoformat(value)
    if time.tzinfo is not None:
        time = time.astimezone(dt.UTC)
    return f"{date(time, locale)} {time:%H:%M:%S} UTC"


def score_range(lower: int | None, upper: int | None, locale: Locale, group: str = "") -> str:
    """Name a score range by its inclusive edges: `até 200`, `201 a 400`, `acima de 800`.

    An open edge is None; with both open there is no score: `sem score`. `group` is the range's
    label in gold.user_scores: where that says that scores have fractions, so does the name (`mais
    de 200 a 400`).
    """
    if lower is None and upper is None:
        return label("no_score", locale)
    if lower is None:
        return label("up_to", locale, upper=upper)
    if upper is None:
        return label("above", locale, below=lower - 1)
    if group.startswith(FRACTIONS):
        return label("over", locale, below=lower - 1, upper=upper)
    if lower == upper:
        return str(upper)
    return label("between", locale, lower=lower, upper=upper)


def _separators(text: str, locale: Locale) -> str:
    if language(locale) == "pt_BR":
        return text.translate(str.maketrans(",.", ".,"))
    return text
