"""Bars of score ranges: users in each, and the default that is expected there."""

import pytest

from support.chart_tables import EN, PT_BR, USERS, scores
from support.readable import bars_of, shown
from workbench import charts


# score ranges
def test_score_ranges_title_states_the_finding_in_each_locale() -> None:
    titles = [charts.score_ranges(scores(), **words).title for words in (PT_BR, EN)]
    assert titles == ["601 a 800 concentra 46% dos usuários", "601 to 800 holds 46% of users"]


def test_score_ranges_label_every_bar_with_number_and_share() -> None:
    bars = ["66 (6,6%)", "72 (7,2%)", "83 (8,3%)", "457 (45,7%)", "322 (32,2%)", "0 (0,0%)"]
    drawn = shown(charts.score_ranges(scores(), **PT_BR))
    assert [text for text in drawn if "%)" in text and "\n" not in text] == bars


def test_score_ranges_keep_their_natural_order_whatever_the_order_of_rows() -> None:
    chart = charts.score_ranges(scores().iloc[::-1], **PT_BR)
    assert list(chart.table["Faixa de score"]) == [
        "até 200",
        "201 a 400",
        "401 a 600",
        "601 a 800",
        "acima de 800",
        "sem score",
    ]


def test_score_ranges_numbers_are_raw_and_complete() -> None:
    numbers = charts.score_ranges(scores(), **EN).numbers
    assert [row["users"] for row in numbers["ranges"]] == USERS
    assert (numbers["users"], numbers["without_score"]) == (1000, 0)
    assert numbers["mean_default_rate"] == pytest.approx(0.174768)


def test_score_ranges_state_period_population_and_missing() -> None:
    users = [10, 10, 10, 10, 10, 1200]
    subtitle = charts.score_ranges(scores(users=users), **EN).subtitle
    assert "Ingested 18 Jan 2022; N = 1,250; no score: 1,200" in subtitle


def test_score_ranges_say_so_when_most_have_no_score() -> None:
    users = [10, 10, 10, 10, 10, 150]
    chart = charts.score_ranges(scores(users=users), **EN)
    assert chart.title == "75% of users have no score"


def test_a_tie_has_no_winner() -> None:
    tied = scores([200, 400], [5, 2, 5, 0], [0.2, 0.1, 0.2, None])
    ranges, rates = charts.score_ranges(tied, **EN), charts.default_rates(tied, **EN)
    assert ranges.title == "2 score ranges hold 42% of users each"
    assert rates.title == "Highest expected default: 20.0% in 2 ranges"
    for chart in (ranges, rates):
        assert len({bar.get_facecolor() for bar in bars_of(chart)}) == 1


def test_the_title_says_among_whom_users_are_counted() -> None:
    chart = charts.score_ranges(scores(), among="creditcard", **EN)
    assert chart.title.startswith("Creditcard: 601 to 800 holds")
    assert chart.alt.startswith("creditcard: ")


def test_score_ranges_of_no_users_are_zeros() -> None:
    chart = charts.score_ranges(scores(users=[0] * 6, rates=[None] * 6), **EN)
    assert chart.title == "No users in this ingestion"
    assert set(chart.table["% of users"]) == {"0.0%"}


def test_score_ranges_highlight_only_the_largest() -> None:
    axes = charts.score_ranges(scores(), **EN).figure.axes[0]
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert [colours.count(colour) for colour in colours] == [5, 5, 5, 1, 5, 5]


def test_score_ranges_bars_start_at_zero() -> None:
    assert charts.score_ranges(scores(), **EN).figure.axes[0].get_xlim()[0] == 0


def test_score_ranges_refuse_an_empty_table() -> None:
    with pytest.raises(ValueError, match="scores has no rows"):
        charts.score_ranges(scores().head(0), **EN)


def test_score_ranges_refuse_a_table_without_a_column() -> None:
    with pytest.raises(ValueError, match="scores lacks share"):
        charts.score_ranges(scores().drop(columns="share"), **EN)


def test_score_ranges_refuse_an_unknown_locale() -> None:
    with pytest.raises(ValueError, match="pt_BR, en"):
        charts.score_ranges(scores(), locale="fr", source="x", date="2022-01-18")


# default rates
def test_default_rates_title_tells_how_the_rate_falls() -> None:
    titles = [charts.default_rates(scores(), **words).title for words in (PT_BR, EN)]
    assert titles == [
        "Inadimplência esperada cai de 98,3% para 4,9% com o score",
        "Expected default falls from 98.3% to 4.9% as score rises",
    ]


def test_default_rates_title_names_the_highest_when_they_do_not_fall() -> None:
    rates = [0.1, 0.5, 0.2, None, None, None]
    title = charts.default_rates(scores(rates=rates), **EN).title
    assert title == "Highest expected default: 50.0% at 201 to 400"


def test_default_rates_show_a_missing_rate_as_such() -> None:
    rows = [charts.default_rates(scores(), **words).table.iloc[-1] for words in (PT_BR, EN)]
    assert [row.iloc[-1] for row in rows] == ["n/d", "n/a"]


def test_default_rates_state_how_many_users_have_none() -> None:
    rates = [0.9, 0.5, None, 0.1, 0.05, None]
    subtitle = charts.default_rates(scores(rates=rates), **EN).subtitle
    assert "N = 917 users; no rate: 83" in subtitle


def test_default_rates_without_any_rate_say_so() -> None:
    chart = charts.default_rates(scores(rates=[None] * 6), **EN)
    assert chart.title == "No score range states an expected default rate"
    assert chart.numbers["mean_default_rate"] is None
