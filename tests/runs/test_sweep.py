"""Variants of a run: how they are asked for, what each makes, and how they are compared."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.chain import write_dump
from support.people import people
from support.processes import environment, workbench
from support.records import FIRST, SECOND, a_run, record_of
from workbench.cli import main
from workbench.errors import RequestError
from workbench.lake.hash_key import KEY_VARIABLE
from workbench.lake.lake import Lake
from workbench.proof.manifest import Manifest
from workbench.records.many_runs import compare_many, wording_of_all
from workbench.records.run import RunRecord
from workbench.report.many_runs_page import build_page, finding, grids, overview
from workbench.runs.combinations import variants
from workbench.runs.sweep import copied
from workbench.storage import place_of, store_of

DAY = "2022-01-18"

# Which variants


def test_what_is_given_more_than_once_varies() -> None:
    shared, varied = variants([("key", "a"), ("score_edges", [1]), ("score_edges", [2])])
    assert shared == {"key": "a"} and varied == [{"score_edges": [1]}, {"score_edges": [2]}]


def test_several_make_every_combination_those_of_early_steps_vary_slowest() -> None:
    given = [("locale", "en"), ("locale", "pt_BR"), ("key", "a"), ("key", "b")]
    _, varied = variants(given)
    assert [(v["key"], v["locale"]) for v in varied] == [
        ("a", "en"), ("a", "pt_BR"), ("b", "en"), ("b", "pt_BR"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([("key", "a"), ("locale", "en")], "no parameter is given more than once"),
        ([("key", "a"), ("key", "b"), ("key", "a")], "key is given the value 'a' twice"),
        ([("lake", "a"), ("lake", "b")], "lake cannot vary"),
        ([("key", str(n)) for n in range(25)], "25 of key are 25 variants, and at most 24"),
    ],
)
def test_what_cannot_be_a_sweep_is_refused(given: list[tuple[str, Any]], said: str) -> None:
    with pytest.raises(RequestError, match=re.escape(said)):
        variants(given)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["-p", "score_edges=[1]", "-p", "score_edges=[2,1]"],
            "score_edges: [2, 1] is not allowed",
        ),
        (["--engine", "sail", "-p", "engine=sail", "-p", "engine=spark"], "engine varies with -p"),
        (["-p", "key=a", "-p", "key=b", "--source", "none"], "matches no file"),
    ],
)
def test_every_variant_is_checked_before_any_starts(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = ["--lake", str(tmp_path / "lake"), "--runs", str(tmp_path / "runs")]
    assert main(["sweep", *words, *places]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_the_copy_of_a_lake_shares_its_files_and_leaves_nothing(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    staged = lake.staging() / "table"
    staged.mkdir()
    (staged / "part.parquet").write_text("rows")
    lake.publish(staged, "silver", "users", DAY, Manifest(rows=1))
    with copied(lake, [DAY]) as copy:
        one, other = (of.partition("silver", "users", DAY) for of in (lake, copy))
        assert (one / "part.parquet").samefile(other / "part.parquet")
        assert (copy.private / "pii.key").read_bytes() == (lake.private / "pii.key").read_bytes()
    assert not copy.root.exists() and (one / "part.parquet").read_text() == "rows"


# Whole runs


def state_of_files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of the lake's tables, with its inode and time."""
    paths = [p for layer in ("silver", "gold") for p in (folder / layer).rglob("*") if p.is_file()]
    return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns) for p in paths}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A run, and then a sweep in which two variants end well and one fails."""
    place = tmp_path_factory.mktemp("sweep")
    places = ["--lake", place / "lake", "--runs", place / "runs", "--ingestion-date", DAY]
    alone = environment()
    first = workbench("run", *places, env=alone)
    assert first.returncode == 0, first.stderr
    before = state_of_files(place / "lake")
    edges = ["-p", "score_edges=[500]", "-p", "score_edges=[300,600]"]
    keys = ["-p", "key=_id", "-p", "key=nothing"]
    done = workbench("sweep", *places, *edges, *keys, "-p", "locale=en", env=alone)
    runs = sorted(p.parent for p in (place / "runs").glob("*/run.json"))
    return {
        "done": done,
        "place": place,
        "untouched": state_of_files(place / "lake") == before and bool(before),
        "folders": runs,
        "states": [json.loads((folder / "run.json").read_text()) for folder in runs],
    }


def test_a_variant_that_fails_does_not_stop_the_others(swept: dict[str, Any]) -> None:
    states = [state["state"] for state in swept["states"]]
    assert states == ["done", "done", "done", "failed", "failed"]
    assert swept["done"].returncode == 1
    assert "2 of 4 variants failed." in swept["done"].stderr
    assert "staging" not in swept["done"].stderr and "Traceback" not in swept["done"].stderr


def test_what_a_variant_does_not_change_is_not_made_again(swept: dict[str, Any]) -> None:
    first, one, two, *_ = swept["states"]
    reused = [{n[:2] for n, s in of["steps"].items() if "reused_from" in s} for of in (one, two)]
    assert reused == [{"01", "02"}, {"01", "02"}]
    assert one["steps"]["01_silver_users"]["reused_from"] == first["run_id"]


def test_a_sweep_publishes_nothing_in_the_lake(swept: dict[str, Any]) -> None:
    assert swept["untouched"]
    assert not list((swept["place"] / "lake" / ".workbench" / "staging").iterdir())


def test_a_variant_is_a_run_as_any_other(
    swept: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    _, one, two, *_ = swept["states"]
    assert one["parameters"]["score_edges"] == [500] and two["parameters"]["score_edges"] == [
        300,
        600,
    ]
    assert one["parameters"]["lake"] == str(swept["place"] / "lake")
    assert len(list((swept["folders"][1] / "charts").glob("*.png"))) == 7
    runs = ["--runs", str(swept["place"] / "runs")]
    assert main(["runs", *runs]) == main(["compare", one["run_id"], two["run_id"], *runs]) == 0
    assert main(["compare", *[s["run_id"] for s in swept["states"][:3]], *runs]) == 0
    assert "[300, 600]" in capsys.readouterr().out


def test_the_page_shows_each_variant(swept: dict[str, Any]) -> None:
    page = (swept["folders"][-1] / "sweep.html").read_text(encoding="utf-8")
    assert page.count("<figcaption>1: key _id, score_edges [500]") == 2
    assert f"../{swept['folders'][1].name}/report.html" in page
    assert page.count("<img ") == page.count("alt=") == page.count('prefers-color-scheme: dark)" s')
    assert "://" not in re.sub(r"base64,[^\"]*", "", page)


def test_the_terminal_shows_them_side_by_side(swept: dict[str, Any]) -> None:
    said = swept["done"].stdout
    assert said.startswith("4 variants: 2 of key x 2 of score_edges\n")
    assert "\x1b" not in said and "variant 4 of 4" in said and "above 500" in said


@pytest.mark.cloud
def test_a_lake_and_runs_on_a_store_are_swept_as_those_here(bucket: str, tmp_path: Path) -> None:
    asked = ["--lake", f"{bucket}/lake", "--runs", f"{bucket}/runs", "--ingestion-date", DAY]
    own = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    alone = environment() | own | {KEY_VARIABLE: "a key of this test"}

    def well(*command: str) -> str:
        done = workbench(*command, env=alone, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tables() -> dict[str, str]:
        every = store_of(f"{bucket}/lake").files()
        return {
            f.address: place_of(f.address).mark() for f in every if ".workbench" not in f.address
        }

    dump = write_dump(tmp_path / "a.json", people())
    well("run", "--source", str(dump), *asked, "--ingestion-date", "2022-01-17")
    well("run", "--source", str(dump), *asked)
    before = tables()
    edges = ["-p", "score_edges=[500]", "-p", "score_edges=[300,600]"]
    said = well("sweep", "--source", str(dump), *asked, *edges)
    assert tables() == before and "variant 2 of 2" in said
    runs = store_of(f"{bucket}/runs")
    *earlier, one, two = sorted(runs.folders())
    states = [json.loads(runs.join(run, "run.json").read()) for run in (one, two)]
    for state in states:
        assert state["state"] == "done" and state["parameters"]["lake"] == f"{bucket}/lake"
        reused = {n[:2]: s["reused_from"] for n, s in state["steps"].items() if "reused_from" in s}
        assert reused == {"01": earlier[-1], "02": earlier[-1]}
        assert runs.join(state["run_id"], "charts", "change_between.json").exists()
    assert f"../{one}/report.html" in runs.join(two, "sweep.html").read().decode()
    again = well("run", "--resume", two, "--runs", f"{bucket}/runs")
    changed = {name for name, mark in tables().items() if before.get(name) != mark}
    assert changed and all("/gold/user_scores/" in name for name in changed), again


# The comparison, from records alone


def records(*runs: dict[str, Any]) -> list[RunRecord]:
    found = [record_of(run) for run in runs]
    return [replace(run, folder=Path("/runs", run.run_id)) for run in found]


def test_what_differs_is_told_and_marked() -> None:
    many = compare_many(records(a_run(FIRST), a_run(SECOND, users=[4, 9, 1])))
    assert [name for name, _ in many.varying] == ["ingestion_date"]
    ranges = grids(many, "en")[0]
    assert ranges.rows[1] == ["above 200", "5 (50.0%)", "9 (64.3%)"]
    assert [ranges.marked(ranges.rows[1], at) for at in range(3)] == [False, False, True]
    assert finding(many, "en") == (
        "The largest range holds from 50.0% (variant 1) to 64.3% (variant 2) of users."
    )


def test_a_run_that_counted_nothing_has_a_row_all_the_same(tmp_path: Path) -> None:
    broken = a_run(SECOND, state="failed", steps={}, counts=None, proof=None)
    many = compare_many(records(broken, a_run(FIRST)))
    assert overview(many, "en").rows[0][2:4] == ["failed", "–"]
    page = build_page(many, tmp_path / "page.html", "pt_BR").read_text(encoding="utf-8")
    assert "Não terminaram: 1 de 2." in page and "falhou" in page


def test_what_differs_is_called_as_by_default_on_the_page_and_as_it_is_in_its_chart(
    tmp_path: Path,
) -> None:
    words = [{"entity": "orders", "score": score} for score in ("price", "weight")]
    ids = (FIRST, SECOND)
    made = [a_run(i, parameters=w) for i, w in zip(ids, words, strict=True)]
    for one in made:
        ranges = one["steps"]["03_gold_user_scores"]["ranges"]
        numbers = {"users": 10, "without_score": 1, "users_with_rate": 0, "ranges": ranges}
        one["steps"]["04_score_charts"] = {"score_ranges": numbers, "default_rates": numbers}
    many = compare_many(records(*made))
    locale = wording_of_all(many)
    assert grids(many, locale)[0].heading == "Orders per score range"
    page = build_page(many, tmp_path / "page.html", locale).read_text(encoding="utf-8")
    assert "orders per price range" in page and "orders per weight range" in page
    assert "default rate" not in page
