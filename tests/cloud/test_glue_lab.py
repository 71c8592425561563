"""`workbench lab --glue` in a browser: the notebooks as they are, each in a session of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import boto3
import pytest
from playwright.sync_api import Browser, Locator, Page

from support.lab import first_page, opened_lab, run_all
from support.processes import WORKBENCH, with_aws, workbench
from support.screens import keep
from workbench.aws.in_session import NO_WIDGET
from workbench.sample import write_sample
from workbench.storage import place_of

CHARTS, TABLES = ".jp-RenderedImage img", ".jp-OutputArea table"
SEEN = {  # charts and tables that a notebook shows
    "01_silver_users": (0, 4),
    "02_gold_user_products": (0, 1),
    "03_gold_user_scores": (0, 1),
    "04_score_charts": (7, 7),
    "explore": (3, 4),
}

pytestmark = pytest.mark.cloud


@pytest.fixture
def lab(aws: str, tmp_path: Path) -> Iterator[str]:
    """The lab of a project of one's own, on a dump in a bucket, with a key of the hashes."""
    write_sample(tmp_path / "users.json", 60)
    place_of(f"{aws}/users.json").write((tmp_path / "users.json").read_bytes())
    key = boto3.client("secretsmanager").create_secret(Name="lab", SecretString="k" * 32)
    project = tmp_path / "project"
    assert workbench("init", str(project)).returncode == 0
    asked = ["lab", "--glue", "--lake", f"{aws}/lake", "--source", f"{aws}/users.json"]
    found = with_aws() | {"WORKBENCH_PII_KEY": key["ARN"]}
    with opened_lab([str(WORKBENCH), *asked], project, found) as address:
        yield address
    assert {*sessions()} == {"STOPPED"}  # what a kernel has begun costs nothing behind it


def sessions() -> list[str]:
    with urlopen(os.environ["AWS_ENDPOINT_URL_GLUE"] + "/calls") as answer:
        return list(json.load(answer)["status"])


def test_the_notebooks_run_as_they_are_and_what_they_show_is_seen(
    chromium: Browser, lab: str
) -> None:
    page = first_page(chromium, lab)
    for name, seen in SEEN.items():
        panel = run_all(page, f"{name}.ipynb", "Workbench on AWS Glue")
        shown = [panel.locator(one) for one in (CHARTS, TABLES)]
        assert (shown[0].count(), shown[1].count()) == seen
        look(page, name, next(one for one in shown if one.count()).first)
        if name != "explore":
            end(page)
    said = panel.get_by_text(NO_WIDGET)
    assert said.count() == 3
    look(page, "widgets", said.first)
    page.close()


def look(page: Page, name: str, shown: Locator) -> None:
    shown.scroll_into_view_if_needed()
    assert shown.is_visible()
    keep(page, f"glue_{name}")


def end(page: Page) -> None:
    """Shuts the kernel down, whose session ends with it."""
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Shut Down Kernel", exact=True).click()
    while sessions()[-1] != "STOPPED":
        page.wait_for_timeout(200)
