"""JupyterLab as a newcomer finds it: it says where to start, and the notebooks run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from screens import keep

RUN = 60_000  # milliseconds
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"


@pytest.fixture(scope="module")
def page(chromium: Browser, lab: str) -> Iterator[Page]:
    """One page for all tests, in their order: each goes on where the last one stopped."""
    opened = chromium.new_page(viewport={"width": 1440, "height": 1000}, device_scale_factor=1)
    opened.goto(lab)
    expect(opened.get_by_role("heading", name="Start here")).to_be_visible(timeout=RUN)
    yield opened
    opened.close()


def run_all(page: Page, notebook: str) -> Locator:
    """Opens a notebook from the landing page and runs it to its last cell; returns its panel."""
    page.get_by_role("tab", name="README.md").click()
    page.locator(".jp-RenderedMarkdown").get_by_role("link", name=notebook).click()
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(panel.get_by_text("Workbench", exact=True)).to_be_visible(timeout=RUN)
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    running = panel.locator(".jp-InputPrompt", has_text="[*]")
    expect(running.first).to_be_visible(timeout=RUN)
    expect(running).to_have_count(0, timeout=RUN)
    assert panel.locator(ERRORS).all_inner_texts() == []
    return panel


def test_lab_opens_on_a_page_that_says_where_to_start(page: Page) -> None:
    assert page.url.endswith("/lab/tree/README.md")
    expect(page.locator(".jp-Dialog, .jp-toast")).to_have_count(0)
    keep(page, "lab_start")


def test_04_runs_to_its_charts_on_the_projects_kernel(page: Page) -> None:
    panel = run_all(page, "04_score_charts.ipynb")
    charts = panel.locator(".jp-RenderedImage img")
    assert charts.count() == 7
    charts.first.scroll_into_view_if_needed()
    expect(charts.first).to_be_in_viewport()
    keep(page, "lab_04")


def test_a_dragged_edge_moves_the_chart_of_explore(page: Page) -> None:
    panel = run_all(page, "explore.ipynb")
    shown = panel.locator(".widget-html img").first
    before = shown.get_attribute("alt")
    handle = panel.locator(".noUi-handle").nth(3)
    handle.scroll_into_view_if_needed()
    expect(handle).to_be_in_viewport()
    keep(page, "explore_before")
    box = handle.bounding_box()
    assert before and box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 30, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    expect(shown).not_to_have_attribute("alt", before, timeout=RUN)
    keep(page, "explore_after")
