"""Bars of product types."""

from support.chart_tables import EN, PT_BR, products
from workbench import charts


# product types
def test_product_types_are_sorted_by_users_with_none_last() -> None:
    table = products(without=900, loan=1, creditcard=712, digitalaccount=566)
    chart = charts.product_types(table, users_total=1000, **EN)
    assert list(chart.table["Product type"]) == [
        "creditcard",
        "digitalaccount",
        "loan",
        "no product",
    ]


def test_product_types_shares_are_of_all_users() -> None:
    chart = charts.product_types(products(a=712, b=566, without=30), users_total=1000, **PT_BR)
    assert list(chart.table["% dos usuários"]) == ["71,2%", "56,6%", "3,0%"]
    assert chart.numbers["without_product"] == 30
    assert "as porcentagens não somam 100%" in chart.subtitle


def test_product_types_title_states_the_finding() -> None:
    title = charts.product_types(products(creditcard=712, b=9), users_total=1000, **EN).title
    assert title == "Creditcard reaches 71% of users"


def test_product_types_say_so_when_most_have_no_product() -> None:
    chart = charts.product_types(products(a=20, without=80), users_total=100, **PT_BR)
    assert chart.title == "80% dos usuários não têm produto"


def test_types_that_tie_have_no_winner() -> None:
    chart = charts.product_types(products(a=3, b=3, without=1), users_total=7, **EN)
    assert chart.title == "2 product types reach 43% of users each"


def test_product_types_beyond_twenty_stay_in_the_table() -> None:
    many = {f"type {place:02d}": 100 - place for place in range(60)}
    chart = charts.product_types(products(**many, without=5), users_total=1000, **EN)
    assert len(chart.figure.axes[0].patches) == 21
    assert len(chart.table) == 61
    assert "the 20 largest of 60" in chart.subtitle


def test_product_types_of_no_users_divide_by_nothing() -> None:
    chart = charts.product_types(products(a=0, without=0), users_total=0, **EN)
    assert [row["share"] for row in chart.numbers["types"]] == [0.0, 0.0]
