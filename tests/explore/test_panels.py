"""The panels of explore.ipynb, moved as a person moves them, without a browser."""

from pathlib import Path
from typing import Any

import pytest

from support.chain import DAY
from workbench.errors import LakeError, RequestError
from workbench.explore.one_user import first_keys, flat_rows, user_document
from workbench.explore.panels import Explorer, ScorePanel, SqlPanel, UserPanel

EDGES = [200, 400, 600, 800]
PATHS = {
    "key": "_id",
    "score": "score.score",
    "score_text": "score.scoreText",
    "product_type": "alreadyHaveProducts[].productType",
    "locale": "en",
}


@pytest.fixture
def explorer(spark: Any, lake: Path) -> Explorer:
    return Explorer(spark, str(lake), **PATHS)


def users(panel: ScorePanel) -> list[int]:
    return list(panel.scores["users"])


def test_a_lake_without_tables_names_make_run(spark: Any, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="Make it with `make run`"):
        _ = Explorer(spark, str(tmp_path), **PATHS).dates


# Score ranges


def test_a_moved_edge_moves_the_chart_and_its_table(explorer: Explorer) -> None:
    panel = ScorePanel(explorer, DAY, EDGES)
    before, view = users(panel), panel.view.value
    panel.edges[3].value = 700
    after = users(panel)
    assert before == [62, 80, 103, 418, 316, 21] and sum(after) == sum(before) == 1000
    assert after[3] < before[3] and panel.view.value != view
    assert "601 to 700" in panel.view.value and f">{after[3]}</td>" not in view


def test_an_edge_pushes_those_that_it_meets(explorer: Explorer) -> None:
    panel = ScorePanel(explorer, DAY, EDGES)
    panel.edges[0].value = 700
    assert [edge.value for edge in panel.edges] == [700, 701, 702, 800]
    panel.edges[3].value = 500
    assert [edge.value for edge in panel.edges] == [497, 498, 499, 500]
    panel.edges[0].value = panel.edges[0].max
    assert panel.edges[3].value == panel.edges[3].max


def test_a_product_type_narrows_the_users_and_the_caption_says_so(explorer: Explorer) -> None:
    panel = ScorePanel(explorer, DAY, EDGES)
    assert [value for _, value in panel.product_type.options][1:3] == [
        "creditcard",
        "digitalaccount",
    ]
    panel.product_type.value = "creditcard"
    assert sum(users(panel)) == 716 and "Product type: creditcard" in panel.chart.caption


def test_the_picture_has_its_alt_text(explorer: Explorer) -> None:
    panel = ScorePanel(explorer, DAY, EDGES)
    assert f'alt="{panel.chart.alt}"' in panel.view.value


# SQL


def test_a_chosen_analysis_is_run_with_its_chart(explorer: Explorer) -> None:
    panel = SqlPanel(explorer, DAY)
    panel.choice.value = "Users per product type"
    assert "How many users have each product type?" in panel.question.value
    assert panel.answer.chart and panel.answer.chart.name == "product_types"
    assert "4 of 4 rows" in panel.view.value


def test_what_is_null_shows_as_a_dash(explorer: Explorer) -> None:
    panel = SqlPanel(explorer, DAY)
    panel.choice.value = "Users per score range"
    assert ">–</td>" in panel.view.value and "None" not in panel.view.value


def test_written_sql_is_run_and_a_mistake_is_told(explorer: Explorer) -> None:
    panel = SqlPanel(explorer, DAY)
    panel.text.value = "SELECT count(*) AS n FROM silver.users"
    panel.run.click()
    assert 'right">1,000</td>' in panel.view.value and panel.answer.chart is None
    panel.text.value = "SELECT"
    assert panel.view.value == "" and panel.answer.table.empty
    panel.text.value = "SELECT nope FROM silver.users WHERE '<b>' = 'x'"
    panel.run.click()
    assert 'role="alert"' in panel.view.value and "<b>" not in panel.view.value


# One user


def test_a_user_stands_nested_beside_flat(explorer: Explorer) -> None:
    panel = UserPanel(explorer, DAY)
    products = panel.document.count('"productType"')
    assert products == len(panel.rows.columns) - 1 == 2
    positions = panel.rows.set_index("column").loc["already_have_products_pos"]
    assert list(positions) == [0, 1]
    panel.user.value = "nobody"
    assert "has no user" in panel.view.value


def test_personal_fields_are_neither_shown_nor_their_hashes(lake: Path) -> None:
    key = first_keys(str(lake), DAY, "_id")[0]
    text = user_document(str(lake), DAY, "_id", key)
    flat = flat_rows(str(lake), DAY, "_id", key).to_csv()
    assert '"name": "(hashed)"' in text and "name,(hashed)" in flat


def test_an_unknown_user_is_refused(lake: Path) -> None:
    with pytest.raises(RequestError, match="has no user '-1'"):
        user_document(str(lake), DAY, "_id", "-1")
