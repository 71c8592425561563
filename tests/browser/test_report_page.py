"""The report of a run as its readers meet it: on a telephone, on a desk, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from support.screens import SCREENSHOTS, keep

A4 = {"width": 680, "height": 1009}  # CSS pixels between margins of 15 mm


@pytest.fixture(scope="module")
def report(place: Path) -> str:
    (path,) = place.glob("data/runs/*/report.html")
    return path.as_uri()


@pytest.fixture(params=[375, 1440])
def page(request: pytest.FixtureRequest, chromium: Browser, report: str) -> Iterator[Page]:
    """The report at a width; what its console said and what it asked for must be nothing."""
    opened = chromium.new_page(viewport={"width": request.param, "height": 900})
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("requestfailed", lambda asked: said.append(asked.url[:100]))
    opened.on("request", lambda asked: said.extend([asked.url] * asked.url.startswith("http")))
    opened.goto(report)
    yield opened
    opened.close()
    assert said == []


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_the_report_fits_the_width_with_all_its_pictures(page: Page) -> None:
    assert not too_wide(page)
    drawn = page.evaluate("[...document.images].map(i => i.complete && i.naturalWidth > 0)")
    assert drawn and all(drawn)
    keep(page, f"report_{page.viewport_size['width']}", whole=True)  # type: ignore[index]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_keeps_nobody_out(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    found = Axe().run(page)
    assert len(found.response["passes"]) > 20
    assert found.violations_count == 0, found.generate_report()


def test_the_report_prints(chromium: Browser, report: str) -> None:
    page = chromium.new_page(viewport=A4)  # type: ignore[arg-type]
    page.goto(report)
    page.emulate_media(media="print")
    assert not too_wide(page)
    printed = page.pdf(format="A4", path=SCREENSHOTS / "report.pdf", prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") in range(2, 8)
    page.close()
