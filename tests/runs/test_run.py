"""A whole run, on each engine: what it writes, what it says, and what it says when it fails."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from shutil import which
from typing import Any

import duckdb
import pytest

from support.processes import WORKBENCH, environment, workbench
from workbench.errors import LakeError, RequestError, RunsError, StepFailed
from workbench.parameters import PARAMETERS
from workbench.places import project
from workbench.records.run import Engine, RunRecord, StepOutcome
from workbench.runs.failure_text import described, engine_lost, failure, going_on
from workbench.runs.one_step import count_cells
from workbench.runs.runner import check_notebook
from workbench.runs.state import Run, git_commit, writing
from workbench.sample import write_sample
from workbench.stored import from_json

ROOT = Path(__file__).resolve().parents[2]
DUMP = ROOT / "data" / "input" / "users_dump.json"
DATE, LATER = "2022-01-18", "2022-01-19"
BAD = [("null key", 669), ("truncated", 335)]  # reason and line
STEPS = ["01_silver_users", "02_gold_user_products", "03_gold_user_scores", "04_score_charts"]
TABLES = ["silver/users", "gold/user_products", "gold/user_scores", "quarantine/users"]
CHARTS = [
    "change_between",
    "default_rates",
    "product_types",
    "products_by_range",
    "score_distribution",
    "score_ranges",
    "users_per_day",
]
SAME_KEY = environment(WORKBENCH_PII_KEY="the same for both engines")


@dataclass
class Done:
    """A run that has ended: where it wrote, and what it said."""

    lake: Path
    folder: Path
    code: int
    out: str
    error: str

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return state

    def states(self) -> list[str]:
        return [step["state"] for step in self.state["steps"].values()]


def run(place: Path, lake: Path, *options: Any, **more: Any) -> Done:
    """One run, in a folder that is its alone."""
    place.mkdir(exist_ok=True)
    runs = place / "runs {0} 'é'"  # a name in which nobody may see a pattern
    asked = ["--lake", lake, "--runs", runs, "--ingestion-date", DATE, *options]
    ended = workbench("run", *asked, env=SAME_KEY, cwd=place, **more)
    (folder,) = runs.iterdir()
    return Done(lake, folder, ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def sail_run(tmp_path_factory: pytest.TempPathFactory) -> Done:
    place = tmp_path_factory.mktemp("sail")
    return run(place, place / "the lake", "--source", DUMP)


@pytest.fixture(scope="session")
def spark_run(tmp_path_factory: pytest.TempPathFactory) -> Done:
    place = tmp_path_factory.mktemp("spark")
    return run(place, place / "the lake", "--source", DUMP, "--engine", "spark")


@pytest.fixture(params=["sail", "spark"])
def done(request: pytest.FixtureRequest) -> Done:
    made: Done = request.getfixturevalue(f"{request.param}_run")
    return made


def copy_of(lake: Path, place: Path) -> Path:
    return Path(shutil.copytree(lake, place / "lake"))


def files(lake: Path) -> dict[str, tuple[int, int]]:
    """Every published file with its inode and time of change."""
    found = [p for p in lake.glob("[!.]*/**/*") if p.is_file()]
    return {str(p.relative_to(lake)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in found}


def of_date(lake: Path, date: str) -> dict[str, tuple[int, int]]:
    return {name: what for name, what in files(lake).items() if f"ingestion_date={date}/" in name}


def parquet(lake: Path, table: str, date: str = DATE) -> str:
    return (
        f"read_parquet('{lake}/{table}/ingestion_date={date}/*.parquet', hive_partitioning=false)"
    )


def rows(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.sql(query).fetchall()


def value(query: str) -> Any:
    return rows(query)[0][0]


PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])"


def change(path: Path, where: str, source: str) -> None:
    """Writes a notebook with another cell in the place of one, and another's kernel."""
    content = json.loads(path.read_text("utf-8"))
    content["metadata"]["kernelspec"]["name"] = "of-somebody-else"
    made = [c for c in content["cells"] if c["cell_type"] == "code" and c["execution_count"] > 1]
    (cell,) = (c for c in made if where in "".join(c["source"]))
    cell["source"] = [source]
    path.write_text(json.dumps(content), "utf-8")


def recorded(done: Done, step: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((done.folder / "records" / f"{step}.json").read_text("utf-8"))
    return made


def cells(path: Path) -> list[dict[str, Any]]:
    made = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in made if cell["cell_type"] == "code"]


def texts(cell: dict[str, Any]) -> str:
    """What a cell shows as text, in how many pieces it ever came; pictures and tables have some."""
    shown = [o.get("text") or o.get("data", {}).get("text/plain") for o in cell["outputs"]]
    return "".join("".join(text) for text in shown if text)


# What a run leaves behind


def test_it_succeeds_and_has_nothing_to_complain_of(done: Done) -> None:
    assert (done.code, done.error, done.state["state"]) == (0, "", "done")


def test_its_parameters_are_those_asked_for_and_the_defaults(done: Done) -> None:
    own = {
        "source": [str(DUMP)],
        "lake": str(done.lake),
        "ingestion_date": DATE,
        "charts": str(done.folder / "charts"),
    }
    rest = {n: p.default for n, p in PARAMETERS.items() if n not in own and n != "engine"}
    assert done.state["parameters"] == rest | own


def test_its_source_is_known_by_size_and_digest(done: Done) -> None:
    (source,) = done.state["sources"]
    digest = hashlib.sha256(DUMP.read_bytes()).hexdigest()
    assert source["path"] == str(DUMP) and source["bytes"] == DUMP.stat().st_size
    assert source["sha256"] == digest


def test_its_engine_is_known_with_its_version(sail_run: Done, spark_run: Done) -> None:
    assert sail_run.state["engine"] == {"name": "sail", "version": version("pysail")}
    assert spark_run.state["engine"] == {"name": "spark", "version": version("pyspark")}


def test_each_notebook_was_on_the_engine_of_the_run(done: Done) -> None:
    used = [recorded(done, step)["engine"] for step in STEPS[:3]]
    assert used == [done.state["engine"]] * 3


def test_its_commit_is_one_of_this_repository(done: Done) -> None:
    commit = done.state["git_commit"]
    asked = ["git", "-C", str(ROOT), "cat-file", "-t", commit]
    assert subprocess.check_output(asked, text=True) == "commit\n"


def test_every_step_is_done_after_those_it_needs(done: Done) -> None:
    steps = done.state["steps"]
    started = {n: datetime.fromisoformat(s["started"]) for n, s in steps.items()}
    finished = {n: datetime.fromisoformat(s["finished"]) for n, s in steps.items()}
    first, *gold, last = STEPS
    assert done.states() == ["done"] * 4 and list(steps) == STEPS
    assert all(finished[first] <= started[n] and finished[n] <= started[last] for n in gold)


def test_the_time_of_a_step_is_what_its_clock_says(done: Done) -> None:
    for step in done.state["steps"].values():
        start, end = (datetime.fromisoformat(step[k]) for k in ("started", "finished"))
        assert step["seconds"] == pytest.approx((end - start).total_seconds(), abs=0.05)


def test_independent_steps_run_side_by_side(sail_run: Done) -> None:
    second, third = (sail_run.state["steps"][n] for n in STEPS[1:3])
    assert second["started"] < third["finished"] and third["started"] < second["finished"]


REPORT_AGAIN = """
import sys
from pathlib import Path
from workbench.records.run import read_run
from workbench.report import build_report
from workbench.runs import Forked, carry_out

folder = Path(sys.argv[1])
build_report(read_run(folder), folder / "charts", folder / "again.html", "pt_BR")
print({"pandas", "pyspark", "matplotlib"} & sys.modules.keys())
"""


def test_runner_and_report_load_nothing_that_takes_long_and_is_not_theirs(done: Done) -> None:
    asked = [sys.executable, "-c", REPORT_AGAIN, str(done.folder)]
    assert subprocess.check_output(asked, text=True) == "set()\n"
    (done.folder / "again.html").unlink()


def test_every_document_is_in_silver_or_in_quarantine(done: Done) -> None:
    assert done.state["counts"] == {
        "documents": 1002,
        "silver": 1000,
        "quarantined": 2,
        "reasons": {"null key": 1, "truncated": 1},
    }


def test_every_step_tells_its_rows_and_leaves(done: Done) -> None:
    keys = ("rows_in", "rows_out", "quarantined", "leaves")
    told = [[done.state["steps"][step][key] for key in keys] for step in STEPS[:3]]
    assert told == [[1002, 1000, 2, 20854], [1000, 2139, 0, 39524], [1000, 6, 0, 37]]


def test_the_proof_agrees(done: Done) -> None:
    assert done.state["proof"] == {"leaves": 20854, "paths": 24, "agrees": True}
    fingerprints = done.state["steps"][STEPS[0]]["fingerprints"]
    assert sum(path["count"] for path in fingerprints["source"].values()) == 20854


def test_each_table_has_the_rows_that_are_told_where_it_is_told(done: Done) -> None:
    for step in STEPS[:3]:
        outcome = done.state["steps"][step]
        output = Path(outcome["output"])
        assert value(f"SELECT count(*) FROM '{output}/*.parquet'") == outcome["rows_out"]


def test_each_bad_document_is_in_quarantine_whole(done: Done) -> None:
    query = f"SELECT reason, position, raw FROM {parquet(done.lake, 'quarantine/users')} ORDER BY 1"
    lines = DUMP.read_text("utf-8").splitlines()
    found = rows(query)
    assert [(reason, position) for reason, position, _ in found] == BAD
    assert [raw for _, _, raw in found] == [lines[at - 1].rstrip(",") for _, at in BAD]


def test_the_executed_notebooks_are_kept(done: Done) -> None:
    assert sorted(path.stem for path in done.folder.glob("*.ipynb")) == STEPS
    for step in STEPS:
        outputs = [o for cell in cells(done.folder / f"{step}.ipynb") for o in cell["outputs"]]
        assert outputs and not [o for o in outputs if o["output_type"] == "error"]
        executed = json.loads((done.folder / f"{step}.ipynb").read_text("utf-8"))["cells"]
        assert {cell["metadata"]["papermill"]["status"] for cell in executed} == {"completed"}
        counted = sum(cell.get("execution_count") is not None for cell in executed)
        assert counted == count_cells(ROOT / "notebooks" / f"{step}.ipynb")


@pytest.mark.parametrize("step", STEPS)
def test_a_notebook_shows_in_a_run_what_it_was_committed_with(done: Done, step: str) -> None:
    ours = [c for c in cells(done.folder / f"{step}.ipynb") if "injected-parameters" not in str(c)]
    theirs = cells(ROOT / "notebooks" / f"{step}.ipynb")
    for own, committed in zip(ours, theirs, strict=True):
        assert own["source"] == committed["source"]
        if "nbval-ignore-output" not in committed["metadata"].get("tags", []):
            assert texts(own) == texts(committed)


def test_nothing_is_left_in_staging(done: Done) -> None:
    assert list((done.lake / ".workbench/staging").iterdir()) == []


def test_the_quarantine_is_its_owners_only(done: Done) -> None:
    private = [done.lake / "quarantine", *(done.lake / "quarantine").rglob("*.parquet")]
    assert [path.stat().st_mode & 0o077 for path in private] == [0, 0]


# Charts and report


def test_each_chart_is_there_as_image_drawing_and_numbers(done: Done) -> None:
    expected = sorted(f"{name}.{kind}" for name in CHARTS for kind in ("png", "svg", "json"))
    assert sorted(path.name for path in (done.folder / "charts").iterdir()) == expected
    assert all((done.folder / "charts" / name).stat().st_size > 200 for name in expected)


RANGES = [
    ("ATE 200", None, 200, 62, 0.062, 0.9841935483870968),
    ("DE 201 A 400", 201, 400, 80, 0.08, 0.459375),
    ("DE 401 A 600", 401, 600, 103, 0.103, 0.16446601941747574),
    ("DE 601 A 800", 601, 800, 418, 0.418, 0.0961244019138756),
    ("ACIMA DE 800", 801, None, 316, 0.316, 0.05063291139240506),
    ("SEM SCORE", None, None, 21, 0.021, None),
]
TYPES = [("creditcard", 716), ("digitalaccount", 562), ("loan", 2), (None, 28)]


def test_the_score_ranges_are_the_recorded_ones(done: Done) -> None:
    numbers = recorded(done, STEPS[3])
    for chart in ("score_ranges", "default_rates"):
        assert [
            (r["score_group"], r["lower"], r["upper"], r["users"], r["share"])
            for r in numbers[chart]["ranges"]
        ] == [r[:5] for r in RANGES]
        rates = [r["expected_default_rate"] for r in numbers[chart]["ranges"]]
        assert rates == pytest.approx([r[5] for r in RANGES], abs=1e-12)
        assert numbers[chart]["mean_default_rate"] == pytest.approx(0.1745556690500511)
        assert (numbers[chart]["users"], numbers[chart]["without_score"]) == (1000, 21)


def test_the_users_per_product_type_are_the_recorded_ones(done: Done) -> None:
    numbers = recorded(done, STEPS[3])["product_types"]
    assert [(t["product_type"], t["users"]) for t in numbers["types"]] == TYPES
    assert (numbers["users"], numbers["without_product"]) == (1000, 28)


def test_the_users_per_day_are_the_recorded_ones(done: Done) -> None:
    numbers = recorded(done, STEPS[3])["users_per_day"]
    first_week = [period["users"] for period in numbers["periods"][:7]]
    assert first_week == [4, 19, 19, 18, 9, 9, 15] and len(numbers["periods"]) == 77
    assert numbers["peak"] == {"start": "2021-11-24", "users": 51}
    assert sum(period["users"] for period in numbers["periods"]) == numbers["users"] == 1000


def test_the_distribution_is_of_the_users_in_the_ranges(done: Done) -> None:
    numbers = recorded(done, STEPS[3])["score_distribution"]
    assert (numbers["users"], numbers["without_score"], numbers["median"]) == (1000, 21, 739)
    steps = [(step["to"], step["users"]) for step in numbers["steps"]]
    for _, lower, upper, users, *_ in RANGES[:-1]:
        inside = [n for to, n in steps if (lower or 0) < to <= (upper or 1e9)]
        assert sum(inside) == users


def test_product_types_by_range_add_up_to_the_product_types(done: Done) -> None:
    numbers = recorded(done, STEPS[3])["products_by_range"]
    columns = [sum(column) for column in zip(*numbers["cells"], strict=True)]
    assert list(zip(numbers["types"], columns, strict=True)) == TYPES
    assert numbers["cells"][3] == [297, 219, 0, 10]


def test_the_first_ingestion_has_nothing_to_be_compared_with(done: Done) -> None:
    numbers = recorded(done, STEPS[3])["change_between"]
    assert [r["users_after"] for r in numbers["ranges"]] == [r[3] for r in RANGES]
    assert {r["users_before"] for r in numbers["ranges"]} == {None}
    assert "Primeira ingestão" in (done.folder / "report.html").read_text("utf-8")


def test_a_chart_has_the_numbers_that_its_notebook_recorded(done: Done) -> None:
    for name in CHARTS:
        saved = json.loads((done.folder / "charts" / f"{name}.json").read_text("utf-8"))
        assert saved["numbers"] == recorded(done, STEPS[3])[name]


def test_the_ranges_are_what_duckdb_counts_in_silver(done: Done) -> None:
    edges = "CASE WHEN s IS NULL THEN 6 WHEN s <= 200 THEN 1 WHEN s <= 400 THEN 2 " \
        "WHEN s <= 600 THEN 3 WHEN s <= 800 THEN 4 ELSE 5 END"  # fmt: skip
    users = f"(SELECT score.score AS s FROM {parquet(done.lake, 'silver/users')})"
    counted = rows(f"SELECT {edges} AS place, count(*) FROM {users} GROUP BY 1 ORDER BY 1")
    assert [count for _, count in counted] == [62, 80, 103, 418, 316, 21]


def test_the_report_opens_without_a_network(done: Done) -> None:
    page = (done.folder / "report.html").read_text("utf-8")
    addresses = re.findall(r'\b(?:src|href)\s*=\s*["\']?([^"\'\s>]+)', page)
    assert len(addresses) >= 4 and all(a.startswith(("data:", "#")) for a in addresses)
    assert not re.search(r"@import|url\(\s*[\"']?(?!data:)|<script[^>]+src|<iframe", page)


def test_the_report_tells_the_finding_and_the_counts(done: Done) -> None:
    page = (done.folder / "report.html").read_text("utf-8")
    assert all(word in page for word in ("41,8%", "1.002", "1.000", "20.854", "users_dump.json"))
    assert str(ROOT) not in page


# What it says


def test_it_ends_with_the_score_ranges_and_where_the_results_are(done: Done) -> None:
    lines = done.out.rstrip().splitlines()
    assert lines[-1].startswith("done in ") and lines[-1].endswith(done.state["engine"]["name"])
    assert [line.split(maxsplit=1) for line in lines[-5:-1]] == [
        ["tables", str(done.lake)],
        ["notebooks", str(done.folder)],
        ["charts", str(done.folder / "charts")],
        ["report", str(done.folder / "report.html")],
    ]
    table = [[w.strip() for w in line.split("│")[1:-1]] for line in lines if line.startswith("│")]
    assert table == [
        ["até 200", "62", "6,2%", "98,4%"],
        ["201 a 400", "80", "8,0%", "45,9%"],
        ["401 a 600", "103", "10,3%", "16,4%"],
        ["601 a 800", "418", "41,8%", "9,6%"],
        ["acima de 800", "316", "31,6%", "5,1%"],
        ["sem score", "21", "2,1%", "n/d"],
    ]


def test_it_says_that_no_document_and_no_leaf_was_lost(done: Done) -> None:
    assert (
        "1,002 documents = 1,000 in silver + 2 in quarantine (1 null key, 1 truncated)\n"
        "All 20,854 leaves of 24 paths are accounted for in silver and gold.\n"
    ) in done.out


# Both engines make the same tables


@pytest.mark.parametrize("table", TABLES)
def test_both_engines_write_the_same_columns(table: str, sail_run: Done, spark_run: Done) -> None:
    columns = [
        rows(f"DESCRIBE SELECT * FROM {parquet(d.lake, table)}") for d in (sail_run, spark_run)
    ]
    assert columns[0] == columns[1]


@pytest.mark.parametrize("table", TABLES)
def test_both_engines_write_the_same_rows(table: str, sail_run: Done, spark_run: Done) -> None:
    sail, spark = (f"SELECT * FROM {parquet(d.lake, table)}" for d in (sail_run, spark_run))
    assert value(f"SELECT count(*) FROM ({sail})") > 0
    assert rows(f"({sail}) EXCEPT ALL ({spark})") == rows(f"({spark}) EXCEPT ALL ({sail})") == []


# Running again


@dataclass
class Later:
    """A lake that had one date, and got another twice, of 40 users and then of 30."""

    lake: Path
    before: dict[str, tuple[int, int]]
    first: dict[str, tuple[int, int]]
    again: Done


@pytest.fixture(scope="module")
def later(sail_run: Done, tmp_path_factory: pytest.TempPathFactory) -> Later:
    place = tmp_path_factory.mktemp("later")
    lake = copy_of(sail_run.lake, place)
    before = files(lake)
    for users in (40, 30):
        write_sample(place / f"{users}.json", users)
    given = ["--ingestion-date", LATER, "--source"]
    run(place / "40", lake, "--only", "01", *given, place / "40.json")
    first = of_date(lake, LATER)
    again = run(place / "30", lake, *given, place / "30.json")
    return Later(lake, before, first, again)


def test_another_date_leaves_the_first_untouched(later: Later) -> None:
    assert of_date(later.lake, DATE) == later.before


def test_the_same_date_again_replaces_its_partition_whole(later: Later) -> None:
    now = of_date(later.lake, LATER)
    assert not set(later.first.values()) & set(now.values())
    users = f"SELECT count(*) FROM {parquet(later.lake, 'silver/users', LATER)}"
    counted = f"SELECT sum(users) FROM {parquet(later.lake, 'gold/user_scores', LATER)}"
    assert value(users) == value(counted) == later.again.state["counts"]["silver"] == 30


def test_another_date_tells_what_drifted(later: Later) -> None:
    drift = later.again.state["drift"]
    told = [(change["path"], change["change"]) for change in drift["changes"]]
    assert (drift["since"], told) == (DATE, [("preferredLanguage", "removed")])
    assert f"\nsince {DATE}: preferredLanguage removed (string)\n" in later.again.out


def test_every_date_is_a_partition_for_whoever_reads_all(later: Later) -> None:
    table = f"read_parquet('{later.lake}/silver/users/*/*.parquet', hive_partitioning=true)"
    counted = rows(f"SELECT ingestion_date::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
    assert counted == [(DATE, 1000), (LATER, 30)]


# A part of the chain, with other parameters


@pytest.fixture(scope="module")
def from_03(sail_run: Done, tmp_path_factory: pytest.TempPathFactory) -> Done:
    place = tmp_path_factory.mktemp("from 03")
    given = ["-p", "score_edges=[100, 500]", "-p", "locale=en"]
    return run(place, copy_of(sail_run.lake, place), "--from", "03", *given)


def test_from_runs_the_step_and_what_needs_it(from_03: Done) -> None:
    assert from_03.code == 0 and list(from_03.state["steps"]) == STEPS[2:]
    assert sorted(path.stem for path in from_03.folder.glob("*.ipynb")) == STEPS[2:]


def test_other_edges_give_other_ranges(from_03: Done) -> None:
    query = f"SELECT score_group, users FROM {parquet(from_03.lake, 'gold/user_scores')}"
    place = "CASE WHEN s IS NULL THEN 4 WHEN s <= 100 THEN 1 WHEN s <= 500 THEN 2 ELSE 3 END"
    users = f"(SELECT score.score AS s FROM {parquet(from_03.lake, 'silver/users')})"
    counts = rows(f"SELECT count(*) FROM {users} GROUP BY {place} ORDER BY {place}")
    labels = ["ATE 100", "DE 101 A 500", "ACIMA DE 500", "SEM SCORE"]
    expected = [(label, count) for label, (count,) in zip(labels, counts, strict=True)]
    assert rows(f"{query} ORDER BY range_order") == expected


def test_another_locale_gives_english_charts_report_and_summary(from_03: Done) -> None:
    chart = json.loads((from_03.folder / "charts/score_ranges.json").read_text("utf-8"))
    page = (from_03.folder / "report.html").read_text("utf-8")
    assert "up to 100" in json.dumps(chart) and '<html lang="en"' in page
    assert "│ up to 100 " in from_03.out and "│ no score " in from_03.out


def test_steps_that_did_not_run_leave_their_tables_untouched(from_03: Done, sail_run: Done) -> None:
    products = [
        f"SELECT * FROM {parquet(d.lake, 'gold/user_products')}" for d in (from_03, sail_run)
    ]
    assert rows(f"({products[0]}) EXCEPT ALL ({products[1]})") == []


def test_only_one_step_writes_nothing_but_its_own(sail_run: Done, tmp_path: Path) -> None:
    lake = copy_of(sail_run.lake, tmp_path)
    before = files(lake)
    done = run(tmp_path, lake, "--only", "04")
    assert (done.code, list(done.state["steps"]), files(lake)) == (0, STEPS[3:], before)
    assert recorded(done, STEPS[3]) == recorded(sail_run, STEPS[3]) and "│ até 200 " in done.out


# A step that fails


@pytest.fixture(scope="module")
def broken(sail_run: Done, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A run on a lake of an older one: a mistake in one notebook, a plot in another."""
    place = tmp_path_factory.mktemp("broken")
    notebooks = Path(shutil.copytree(ROOT / "notebooks", place / "notebooks"))
    change(notebooks / f"{STEPS[1]}.ipynb", "= user_products(", "products = users.select(1 / 0)")
    change(notebooks / f"{STEPS[2]}.ipynb", "record(", PLOT)
    return run(place, copy_of(sail_run.lake, place), "--source", DUMP)


def test_a_failed_step_fails_the_run(broken: Done) -> None:
    assert (broken.code, broken.state["state"]) == (1, "failed")


def test_steps_that_need_the_failed_one_are_not_run_and_others_are(broken: Done) -> None:
    assert broken.states() == ["done", "failed", "done", "not run"]
    lines = [line.split()[1:4] for line in broken.out.splitlines()]
    assert [STEPS[3], "not", "run"] in lines


def test_a_plot_that_a_person_adds_is_drawn_in_the_notebook(broken: Done) -> None:
    shown = [o for o in cells(broken.folder / f"{STEPS[2]}.ipynb")[-1]["outputs"] if "data" in o]
    assert "image/png" in shown[-1]["data"]


def test_the_failed_notebook_is_kept_with_its_error(broken: Done) -> None:
    outputs = [o for c in cells(broken.folder / f"{STEPS[1]}.ipynb") for o in c["outputs"]]
    assert [o["ename"] for o in outputs if o["output_type"] == "error"] == ["ZeroDivisionError"]


def test_the_message_names_the_cell_and_how_to_go_on(broken: Done) -> None:
    path = broken.folder / f"{STEPS[1]}.ipynb"
    (cell,) = (c for c in cells(path) if "1 / 0" in "".join(c["source"]))
    typed = "workbench" if which("workbench") == str(WORKBENCH) else quote(str(WORKBENCH))
    assert broken.error == (
        f"error: {STEPS[1]} failed: ZeroDivisionError: division by zero\n"
        f"See the cell In [{cell['execution_count']}] of {path}.\n"
        "When it is mended, go on with\n"
        f"  {typed} run --resume {broken.folder.name} --runs {quote(str(broken.folder.parent))}\n"
        "It has the same parameters (-p name=value changes one) and reuses every step that is done."
        "\n"
    )


def test_a_failed_step_leaves_its_older_table_and_no_report(broken: Done, sail_run: Done) -> None:
    products = [
        f"SELECT * FROM {parquet(d.lake, 'gold/user_products')}" for d in (broken, sail_run)
    ]
    assert rows(f"({products[0]}) EXCEPT ALL ({products[1]})") == []
    assert not (broken.folder / "report.html").exists()
    assert list((broken.lake / ".workbench/staging").iterdir()) == []


def test_a_table_that_cannot_be_read_fails_its_step(sail_run: Done, tmp_path: Path) -> None:
    lake = copy_of(sail_run.lake, tmp_path)
    for path in lake.glob("silver/users/*/*.parquet"):
        path.write_bytes(b"PAR1 of something else")
    before = files(lake)
    done = run(tmp_path, lake, "--from", "02")
    assert (done.code, done.states()) == (1, ["failed", "not run"])
    assert done.error.startswith(f"error: {STEPS[1]} failed: ") and files(lake) == before


# The parts, without a run


def failed_run(outcomes: dict[str, Any]) -> Run:
    steps = {name: from_json(StepOutcome, outcome) for name, outcome in outcomes.items()}
    state = RunRecord(
        run_id="1",
        state="failed",
        started="",
        parameters={},
        engine=Engine(name="sail"),
        git_commit=None,
        steps=steps,
    )
    return Run(Path("runs/1"), Path("notebooks"), {"lake": "l"}, "sail", state)


def failed(**states: str) -> str:
    """What is said of a run whose steps are in these states (short names)."""
    named = {step: states[f"s{step[:2]}"] for step in STEPS if f"s{step[:2]}" in states}
    facts = {"error": "ValueError", "message": "no", "notebook": "n.ipynb", "cell": 3}
    outcomes = {step: {"state": state} | facts for step, state in named.items()}
    said = failure(failed_run(outcomes))
    assert isinstance(said, StepFailed)
    return str(said)


def test_the_advice_names_the_runs_folder_where_it_is_not_the_usual_one() -> None:
    assert going_on(project().runs / "7") == "workbench run --resume 7"
    assert going_on(Path("/my runs/7")) == "workbench run --resume 7 --runs '/my runs'"


def test_every_failed_step_is_told() -> None:
    message = failed(s01="done", s02="failed", s03="failed", s04="not run")
    assert f"{STEPS[1]} failed: " in message and f"{STEPS[2]} failed: " in message


@pytest.mark.parametrize(("file", "error"), [("runs/1/run.json", RunsError), ("lake/t", LakeError)])
def test_a_file_that_cannot_be_reached_is_named_for_what_it_is(
    tmp_path: Path, file: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"{tmp_path / file} cannot be"), writing(tmp_path / "runs"):
        (tmp_path / file).open()


def test_a_request_that_a_notebook_refuses_stays_a_wrong_request() -> None:
    outcome = {"state": "failed", "error": "RequestError", "message": "key: no", "notebook": "n"}
    assert isinstance(failure(failed_run({STEPS[0]: outcome})), RequestError)


@pytest.mark.parametrize(
    ("error", "message", "told"),
    [
        ("OSError", "[Errno 28] No space left on device", "a disk is full. Free some space where "
         "the lake (l) and the runs are, and on a cluster where its executors keep what is"),
        ("DeadKernelError", "Kernel died", "the notebook's process was killed. "),
        ("LakeError", "The lake l cannot be written: No space left on device (l/a).",
         "The lake l cannot be written: No space left on device (l/a)."),
        ("ConnectionRefusedError", "[Errno 111] Connection refused", "ConnectionRefusedError: [E"),
        ("EngineEnded", "any", "the engine has ended while "),
        ("PySparkRuntimeError", "[CANNOT_OPEN_SOCKET] Can not open socket: [\"tried to",
         "another process of this machine came to the port where Spark's answer waited"),
        ("CellExecutionError", "", "this machine gives the run too little: memory, "),
        ("RuntimeError", "the kernel did not start", "this machine gives the run too little: "),
        ("PythonException", "a worker.\nTraceback (most recent call last):\n  In f\nKeyError: 7",
         "PythonException: a worker.\nKeyError: 7\nSee "),
        ("Py4JJavaError", "o1.\n: Aborted\n\tat a\n\tat b", "Py4JJavaError: o1.\n: Aborted\nSee "),
    ],
)  # fmt: skip
def test_what_a_library_says_is_told_in_words(error: str, message: str, told: str) -> None:
    outcome = StepOutcome(error=error, message=message, notebook="n")
    assert described("02", outcome, Path("runs/1"), "l").startswith(f"02 failed: {told}")


def test_only_pyspark_can_lose_its_jvm() -> None:
    refused = "ConnectionRefusedError: [Errno 111] Connection refused"
    assert engine_lost(["File site-packages/py4j/java_gateway.py", refused])
    assert not engine_lost(["File urllib3/connection.py", refused])


@pytest.mark.parametrize("tags", [[], [["parameters"], ["parameters"]]])
def test_a_notebook_needs_one_cell_of_parameters(tags: list[list[str]], tmp_path: Path) -> None:
    made = [{"metadata": {"tags": tag}} for tag in tags] + [{"metadata": {}}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": made}))
    with pytest.raises(RequestError, match=f"has {len(tags)} cells with the tag `parameters`"):
        check_notebook(tmp_path / "n.ipynb")


def test_a_machine_without_git_has_no_commit_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_commit(ROOT / "notebooks") is None


def test_notebooks_that_git_does_not_keep_have_no_commit_to_tell(tmp_path: Path) -> None:
    assert git_commit(tmp_path) is None
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    named = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    made = [*named, "commit", "--quiet", "--allow-empty", "-m", "of something else"]
    subprocess.run(["git", "-C", tmp_path, *made], check=True)
    assert git_commit(tmp_path) is None
