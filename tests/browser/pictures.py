"""The README's pictures, made again from the sample in a real browser: `make pictures`."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from support.lab import run_all

IMAGES = Path(__file__).resolve().parents[2] / "notebooks" / "images"
MOST_BYTES = 150_000
TERMINAL = """<body style="margin: 0; background: #16191d; color: #e8eaed">
<pre style="font: 14px/1.17 'DejaVu Sans Mono', monospace; margin: 0; padding: 20px">{text}</pre>"""


def keep(shot: bytes, name: str) -> None:
    """A picture in few colours, which is a third of its size."""
    path = IMAGES / f"{name}.png"
    Image.open(io.BytesIO(shot)).convert("RGB").quantize(96).save(path, optimize=True)
    assert path.stat().st_size < MOST_BYTES


def test_picture_of_the_report(chromium: Browser, place: Path) -> None:
    (report,) = place.glob("data/runs/*/report.html")
    opened = chromium.new_page(viewport={"width": 1240, "height": 860})
    opened.goto(report.as_uri())
    keep(opened.screenshot(), "report")
    opened.close()


def test_picture_of_explore(lab_page: Page) -> None:
    panel = run_all(lab_page, "explore.ipynb")
    lab_page.set_viewport_size({"width": 1240, "height": 760})
    panel.locator("h2", has_text="Score ranges").evaluate("heading => heading.scrollIntoView()")
    expect(panel.locator(".widget-html img").first).to_be_in_viewport()
    lab_page.wait_for_timeout(1000)
    keep(lab_page.screenshot(), "explore")


def test_picture_of_the_terminal(chromium: Browser, place: Path) -> None:
    """What `make run` says at its end, without times and the folders of this machine."""
    said = (place / "run.txt").read_text(encoding="utf-8")
    end = said[: said.rindex("┘") + 1].rpartition("\n\n")[2]
    shown = escape(f"$ make run\n...\n{end}")
    opened = chromium.new_page(viewport={"width": 760, "height": 300})
    opened.set_content(TERMINAL.format(text=shown))
    keep(opened.locator("pre").screenshot(), "terminal")
    opened.close()
