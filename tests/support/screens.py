"""What the browser showed, for people to look at: tests/browser/screenshots, which git ignores."""

from pathlib import Path

from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).resolve().parents[1] / "browser" / "screenshots"


def keep(page: Page, name: str, whole: bool = False) -> None:
    """A screenshot, once the page has come to rest."""
    page.wait_for_timeout(500)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)
