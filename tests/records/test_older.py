"""A run that an earlier Workbench wrote, before its record had a version, is opened as any."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from workbench.cli import main
from workbench.lake.lake import Lake
from workbench.proof.manifest import ProductsManifest, ScoresManifest, SilverManifest
from workbench.records.folders import find_run
from workbench.records.run import read_run
from workbench.runs.resume import earlier_run

OLDER = Path(__file__).parent / "older"
DAY = "2022-01-18"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The older lake and its run, as if they had been made here."""
    place = Path(shutil.copytree(OLDER, tmp_path / "older"))
    for path in [*place.rglob("*.json"), *place.rglob("*.ipynb")]:
        path.write_text(path.read_text().replace("PLACE", str(place)))
    (find_run(place / "runs", "latest") / "report.html").touch()
    return place


def test_it_is_read_and_written_again_with_all_that_it_said(place: Path) -> None:
    run = read_run(find_run(place / "runs", "latest"))
    before = json.loads((run.folder / "run.json").read_text())
    assert "version" not in before and run.counts and run.counts.silver == 3
    assert json.loads(run.text()) == before | {"version": 1}


def test_its_tables_say_what_they_hold(place: Path) -> None:
    lake = Lake(place / "lake")
    assert lake.manifest("silver", "users", DAY, SilverManifest).documents == 3
    assert "_id" in lake.manifest("gold", "user_products", DAY, ProductsManifest).columns
    assert lake.manifest("gold", "user_scores", DAY, ScoresManifest).ranges[0]["users"] == 1


@pytest.mark.parametrize(
    "words", [["runs"], ["compare", "latest", "latest"], ["open"]], ids=lambda words: words[0]
)
def test_it_is_listed_compared_and_opened(
    words: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--runs", str(place / "runs")]) == 0
    assert capsys.readouterr().out


def test_it_can_be_gone_on_from(place: Path) -> None:
    run = earlier_run(place / "runs", "latest")
    origin = run.steps["01_silver_users"].origin
    assert origin and origin.parameters["ingestion_date"] == DAY


def test_a_person_and_then_its_date_are_forgotten(place: Path) -> None:
    where = ["--lake", str(place / "lake"), "--runs", str(place / "runs")]
    assert main(["forget", "--key", "u1", *where]) == 0
    assert Lake(place / "lake").manifest("silver", "users", DAY).rows == 2
    assert main(["forget", "--ingestion-date", DAY, *where]) == 0
    assert read_run(find_run(place / "runs", "latest")).state == "forgotten"


def test_a_record_of_a_newer_form_is_named(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = find_run(place / "runs", "latest") / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    assert main(["compare", "latest", "latest", "--runs", str(place / "runs")]) == 2
    assert "is of version 99, and this Workbench knows versions up to 1" in capsys.readouterr().err
