"""Other words for other data."""

import pytest

from workbench.allowed import LOCALES
from workbench.words import en as labels
from workbench.words import locales, pt_br
from workbench.words.rewording import wording, wording_of

ORDERS = {
    "entity": "orders",
    "score": "total.price",
    "explode": "lines",
    "product_type": "lines[].category",
    "created_at": "placed.on",
}


def test_a_wording_is_a_locale_with_other_words() -> None:
    words = wording("en", **ORDERS)
    assert locales.language(words) == "en" and locales.label("users", words) == "Orders"
    assert locales.label("title", words) == "Orders: price"
    assert locales.label("heading_product_types", words) == "Orders per category"
    assert locales.score_range(None, None, words) == "no price"
    assert locales.label("ranges_title", words, range="up to 5", share="9%") == (
        "up to 5 holds 9% of orders"
    )


def test_a_portuguese_noun_of_unknown_gender_has_no_article() -> None:
    words = wording("pt_BR", **ORDERS)
    said = locales.label("ranges_title", words, range="até 5", share="9%")
    assert said == "até 5 concentra 9% de orders"
    assert locales.label("new_users", words) == "Orders"


@pytest.mark.parametrize("locale", LOCALES)
def test_no_label_of_a_report_speaks_of_users_then(locale: str) -> None:
    words = wording(locale, **ORDERS)
    own = {"pt_BR": pt_br.PT_BR, "en": labels.EN}[locale]
    said = " ".join(words.reworded(text) for key, text in own.items() if "explore" not in key)
    for word in ("{users}", "{orders}"):
        said = said.replace(word, "")
    for word in ("usuári", "user", "produto", "product", "createdAt"):
        assert word not in said.lower(), word


def test_names_in_braces_are_values_and_stay() -> None:
    assert wording("en", entity="orders").reworded("{users} users") == "{users} orders"


def test_a_word_with_braces_is_shown_as_it_is() -> None:
    assert locales.label("users", wording("en", entity="{a}")) == "{a}"


def test_what_has_its_default_is_called_as_ever() -> None:
    usual = {"locale": "en", "score": "score.score", "entity": "", "created_at": ""}
    assert wording_of(usual).rules == {}


def test_a_type_of_the_document_itself_is_what_may_be_missing() -> None:
    words = wording("en", product_type="status")
    assert locales.label("no_product", words) == "no status"


def test_a_key_that_says_nothing_is_passed_over() -> None:
    words = wording("en", explode="refunds.data", product_type="refunds.data[].reason")
    assert locales.label("no_product", words) == "no refunds"


def test_the_article_fits_the_other_word() -> None:
    said = "Half of users with a score have up to {median}"
    for word, article in (("amount", "an"), ("total", "a")):
        title = wording("en", score=word).reworded(said)
        assert title == f"Half of users with {article} {word} have up to {{median}}"
