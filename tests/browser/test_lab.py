"""JupyterLab as a newcomer finds it: it says where to start, and the notebooks run."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from support.lab import run_all
from support.screens import keep


def test_lab_opens_on_a_page_that_says_where_to_start(lab_page: Page) -> None:
    assert lab_page.url.endswith("/lab/tree/README.md")
    expect(lab_page.locator(".jp-Dialog, .jp-toast")).to_have_count(0)
    keep(lab_page, "lab_start")


def test_04_runs_to_its_charts_on_the_projects_kernel(lab_page: Page) -> None:
    panel = run_all(lab_page, "04_score_charts.ipynb")
    charts = panel.locator(".jp-RenderedImage img")
    assert charts.count() == 7
    charts.first.scroll_into_view_if_needed()
    expect(charts.first).to_be_in_viewport()
    keep(lab_page, "lab_04")


def test_a_dragged_edge_moves_the_chart_of_explore(lab_page: Page) -> None:
    panel = run_all(lab_page, "explore.ipynb")
    shown = panel.locator(".widget-html img").first
    before = shown.get_attribute("alt")
    handle = panel.locator(".noUi-handle").nth(3)
    handle.scroll_into_view_if_needed()
    expect(handle).to_be_in_viewport()
    keep(lab_page, "explore_before")
    box = handle.bounding_box()
    assert before and box
    lab_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    lab_page.mouse.down()
    lab_page.mouse.move(box["x"] - 30, box["y"] + box["height"] / 2, steps=5)
    lab_page.mouse.up()
    expect(shown).not_to_have_attribute("alt", before)
    keep(lab_page, "explore_after")
