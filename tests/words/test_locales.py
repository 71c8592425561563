import datetime as dt
import re
import string
from decimal import Decimal

import pytest

from workbench.allowed import LOCALES
from workbench.bronze import results
from workbench.gold.score_ranges import ranges
from workbench.schema import Node
from workbench.words import locales
from workbench.words.en import EN
from workbench.words.pt_br import PT_BR


@pytest.mark.parametrize(("locale", "shown"), [("pt_BR", "1.234.567"), ("en", "1,234,567")])
def test_integer_groups_thousands_as_the_locale_does(locale: str, shown: str) -> None:
    assert locales.integer(1_234_567, locale) == shown


@pytest.mark.parametrize(("locale", "shown"), [("pt_BR", "1.234,50"), ("en", "1,234.50")])
def test_decimal_uses_the_separators_of_the_locale(locale: str, shown: str) -> None:
    assert locales.decimal(1234.5, locale, decimals=2) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567.89, "1,234,567.89"),
        (3.0, "3"),
        (-1234, "-1,234"),
        (Decimal("1234.50"), "1,234.50"),
        (1e-7, "0.0000001"),
        (1e-20, "1e-20"),
        (float("nan"), "nan"),
    ],
)
def test_a_number_keeps_all_of_its_digits(value: float | Decimal, shown: str) -> None:
    assert locales.number(value, "en") == shown


@pytest.mark.parametrize(("locale", "shown"), [("pt_BR", "12,3%"), ("en", "12.3%")])
def test_percent_takes_a_share_of_one(locale: str, shown: str) -> None:
    assert locales.percent(0.123, locale) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0.0%"), (0.0004, "<0.1%"), (0.0005, "0.1%"), (0.9996, ">99.9%"), (1.0, "100.0%")],
)
def test_percent_says_none_and_all_only_when_it_is_so(share: float, shown: str) -> None:
    assert locales.percent(share, "en") == shown


@pytest.mark.parametrize(("locale", "shown"), [("pt_BR", "18/01/2022"), ("en", "18 Jan 2022")])
@pytest.mark.parametrize("day", ["2022-01-18", dt.date(2022, 1, 18)])
def test_date_takes_a_date_or_its_iso_text(locale: str, shown: str, day: dt.date | str) -> None:
    assert locales.date(day, locale) == shown


def test_date_refuses_what_is_not_iso() -> None:
    with pytest.raises(ValueError, match="18/01/2022"):
        locales.date("18/01/2022", "pt_BR")


def test_moment_is_shown_in_utc() -> None:
    assert locales.moment("2022-01-18T09:00:05-03:00", "pt_BR") == "18/01/2022 12:00:05 UTC"


@pytest.mark.parametrize(
    ("lower", "upper", "pt_br", "en"),
    [
        (None, 200, "até 200", "up to 200"),
        (201, 400, "201 a 400", "201 to 400"),
        (801, None, "acima de 800", "above 800"),
        (None, None, "sem score", "no score"),
    ],
)
def test_score_range_is_named_by_its_inclusive_edges(
    lower: int | None, upper: int | None, pt_br: str, en: str
) -> None:
    names = [locales.score_range(lower, upper, locale) for locale in LOCALES]
    assert names == [pt_br, en]


def test_a_score_range_with_fractions_is_named_by_the_edge_that_it_begins_above() -> None:
    label = ranges([2, 4], fractions=True)[1].label
    assert label == "MAIS DE 2 A 4"
    names = [locales.score_range(3, 4, locale, label) for locale in LOCALES]
    assert names == ["mais de 2 a 4", "over 2 to 4"]
    assert locales.score_range(3, 4, "en", ranges([2, 4])[1].label) == "3 to 4"


@pytest.mark.parametrize("locale", ["pt-BR", "en_US", "fr", ""])
def test_unknown_locale_is_refused_and_the_known_are_named(locale: str) -> None:
    with pytest.raises(ValueError, match="pt_BR, en"):
        locales.integer(1, locale)


def test_both_locales_label_the_same_things_with_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    pt_br, en = PT_BR, EN
    assert {key: values(text) for key, text in pt_br.items()} == {
        key: values(text) for key, text in en.items()
    }


@pytest.mark.parametrize(
    "note",
    [
        *(getattr(results, n) for n in ("TIMES", "NO_ROOM", "DATE_TEXT", "RECORDS", "OUTERMOST",
          "NOT_JSON", "WHOLE", "NOT_THERE", "WITHOUT_VALUE", "TYPED", "NAMED", "PASSED_OVER")),
        *results.EXACT.values(),
        f"{results.APART} at_text (4)",
        f"{results.TEXT_APART} body_text (1)",
        f"3 {results.LONE}",
        f"2 {results.EMPTIED}",
        f"1,234 {results.CAST} string",
        f"{results.LEFT_OUT} 5 values",
        f"3 {results.EXPANDED}",
        f"_document in the dump, {results.OUR_NAME}",
        results.no_times(Node("string", times=3, others=2)),
    ],
)  # fmt: skip
def test_notes_of_the_reading_are_translated_with_their_numbers(note: str) -> None:
    said = locales.run_word(note, "pt_BR")
    assert said != note and locales.run_word(note, "en") == note
    assert re.findall(r"[0-9]+", said) == re.findall(r"[0-9]+", note)


def test_run_words_are_translated_and_unknown_ones_kept() -> None:
    words = [locales.run_word(word, "pt_BR") for word in ("failed", "something new")]
    assert words == ["falhou", "something new"]
