"""JupyterLab in a browser, as its users work it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

RUN = 300_000  # milliseconds, to end a hang; nothing here takes as long
ERRORS = "[data-mime-type='application/vnd.jupyter.error'], [data-mime-type$='stderr']"


def run_all(page: Page, notebook: str) -> Locator:
    """Opens a notebook from the landing page and runs it to its last cell; returns its panel."""
    page.get_by_role("tab", name="README.md").click()
    page.locator(".jp-RenderedMarkdown").get_by_role("link", name=notebook).click()
    panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
    expect(panel.get_by_text("Workbench", exact=True)).to_be_visible()
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    running = panel.locator(".jp-InputPrompt", has_text="[*]")
    expect(running.first).to_be_visible()
    expect(running).to_have_count(0)
    assert panel.locator(ERRORS).all_inner_texts() == []
    return panel
