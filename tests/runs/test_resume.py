"""Going on from an earlier run: what is reused, what is not, and why."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.processes import environment, workbench
from workbench.chain import STEPS, step_named
from workbench.errors import RequestError
from workbench.lake.lake import Lake
from workbench.parameters import defaults
from workbench.proof.manifest import ProductsManifest, SourceFile
from workbench.records.folders import run_folders
from workbench.records.run import Engine, StepOutcome
from workbench.runs import origin as lineage
from workbench.runs.resume import earlier_run, why_again
from workbench.runs.state import new_id
from workbench.storage import digests
from workbench.stored import as_json, from_json

ROOT = Path(__file__).resolve().parents[2]
DAY, OTHER = "2022-01-18", "2022-01-17"
ENGINE = Engine(name="sail", version="1")
SAME_KEY = environment(WORKBENCH_PII_KEY="one key of tests")


# Whole runs


def broken_notebooks(folder: Path) -> None:
    """The notebooks of a project, with a mistake in 03."""
    shutil.copytree(ROOT / "notebooks", folder)
    path = folder / "03_gold_user_scores.ipynb"
    text = path.read_text("utf-8")
    assert text.count("scores = user_scores(") == 1
    path.write_text(text.replace("scores = user_scores(", "scores = 1 / 0, ("))


def state_of(runs: Path, said: str) -> dict[str, Any]:
    """The record of the run that said this."""
    (line,) = (line for line in said.splitlines() if line.startswith("notebooks"))
    state: dict[str, Any] = json.loads((Path(line.split(maxsplit=1)[1]) / "run.json").read_text())
    return state


def resumed(runs: Path, run_id: str, *options: str) -> dict[str, Any]:
    done = workbench("run", "--runs", runs, "--resume", run_id, *options, env=SAME_KEY)
    assert done.returncode == 0, done.stderr
    return state_of(runs, done.stdout)


def reused(state: dict[str, Any]) -> dict[str, str]:
    """Step -> the run that it was reused from."""
    steps = state["steps"]
    assert state["state"] == "done" and {s["state"] for s in steps.values()} == {"done"}
    return {n[:2]: s["reused_from"] for n, s in steps.items() if "reused_from" in s}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def failed(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of a run that failed in 03."""
    place = tmp_path_factory.mktemp("failed")
    broken_notebooks(place / "notebooks")
    asked = [
        "--source",
        ROOT / "data" / "input",
        "--lake",
        place / "lake",
        "--runs",
        runs,
        "--ingestion-date",
        DAY,
    ]
    done = workbench("run", *asked, cwd=place, env=SAME_KEY)
    (folder,) = runs.iterdir()
    assert done.returncode == 1 and f"workbench run --resume {folder.name} " in done.stderr
    return folder.name


@pytest.fixture(scope="module")
def mended(runs: Path, failed: str) -> dict[str, Any]:
    return resumed(runs, failed)


def test_after_a_failure_in_03_only_03_and_04_run_again(
    mended: dict[str, Any], failed: str
) -> None:
    assert reused(mended) == {"01": failed, "02": failed}
    assert mended["resumed_from"] == failed != mended["run_id"]
    assert mended["steps"]["03_gold_user_scores"]["why_again"] == "it was failed"


def test_a_resumed_run_is_a_whole_one_and_leaves_the_earlier_as_it_was(
    runs: Path, mended: dict[str, Any], failed: str
) -> None:
    folder = runs / mended["run_id"]
    assert sorted(p.stem for p in folder.glob("*.ipynb")) == [s.name for s in STEPS]
    assert (folder / "report.html").exists() and len(list(folder.glob("charts/*.png"))) == 7
    assert mended["counts"]["documents"] == 1002 and mended["proof"]["agrees"] is True
    assert json.loads((runs / failed / "run.json").read_text())["state"] == "failed"


def test_after_a_change_of_a_parameter_of_03_only_03_and_04_run_again(
    runs: Path, mended: dict[str, Any], failed: str
) -> None:
    state = resumed(runs, mended["run_id"], "-p", "score_edges=[100]")
    assert reused(state) == {"01": failed, "02": failed}
    assert state["steps"]["03_gold_user_scores"]["why_again"] == "changed: score_edges"
    assert state["parameters"]["ingestion_date"] == DAY
    nothing_new = resumed(runs, state["run_id"])
    own = state["run_id"]
    assert reused(nothing_new) == {"01": failed, "02": failed, "03": own, "04": own}
    assert len(list((runs / nothing_new["run_id"]).glob("charts/*.png"))) == 7


# One step, without an engine


class Earlier:
    """A run in which every step was done, on a lake whose tables are made by hand."""

    def __init__(self, place: Path) -> None:
        self.place, self.folder = place, place / "run"
        self.notebooks = Path(shutil.copytree(ROOT / "notebooks", place / "notebooks"))
        self.source = place / "dump.json"
        self.source.write_text('{"_id": 1}\n')
        self.values = defaults() | {"lake": str(place / "lake"), "source": [str(self.source)]}
        for table in ("silver/users", "quarantine/users", "gold/user_products", "gold/user_scores"):
            self.publish(table, DAY)
        (self.folder / "charts").mkdir(parents=True)
        (self.folder / "charts" / "a.png").write_text("a picture")
        self.outcomes = {step.name: self.outcome(step.name) for step in STEPS}

    def publish(self, table: str, day: str, columns: str = "c") -> Path:
        lake = Lake(self.place / "lake")
        staged = lake.staging() / "table"
        staged.mkdir()
        (staged / "part.parquet").write_text(f"rows of {table}")
        layer, name = table.split("/")
        manifest = ProductsManifest(rows=1, columns={"path": columns})
        return lake.publish(staged, layer, name, day, manifest)

    def outcome(self, name: str) -> StepOutcome:
        step, notebook = step_named(name), self.notebooks / f"{name}.ipynb"
        shutil.copy(notebook, self.folder)
        digest, size = digests.file_digest(self.source), self.source.stat().st_size
        made = StepOutcome(
            state="done",
            notebook=notebook.name,
            origin=lineage.origin(step, notebook, self.values, ENGINE),
            made=lineage.outputs(step, self.values, self.folder),
            sources=[SourceFile(path=str(self.source), bytes=size, sha256=digest)],
        )
        return from_json(StepOutcome, json.loads(json.dumps(as_json(made))))

    def why(self, engine: Engine = ENGINE, **values: Any) -> dict[str, str]:
        """Step -> why it runs again, of those that do."""
        whys = {
            step.name[:2]: why_again(
                step,
                self.notebooks / f"{step.name}.ipynb",
                self.outcomes[step.name],
                self.folder,
                self.values | values,
                engine,
            )
            for step in STEPS
        }
        return {name: why for name, why in whys.items() if why}

    def table(self, name: str) -> Path:
        return self.place / "lake" / name / f"ingestion_date={DAY}"


@pytest.fixture
def earlier(tmp_path: Path) -> Earlier:
    return Earlier(tmp_path)


def test_what_did_not_change_is_reused(earlier: Earlier) -> None:
    assert earlier.why() == {}


def test_other_outputs_in_a_notebook_change_nothing(earlier: Earlier) -> None:
    path = earlier.notebooks / "03_gold_user_scores.ipynb"
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        cell |= {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
    path.write_text(json.dumps(content))
    assert earlier.why() == {}


def test_other_code_in_a_notebook_runs_it_again(earlier: Earlier) -> None:
    path = earlier.notebooks / "03_gold_user_scores.ipynb"
    path.write_text(path.read_text().replace("= user_scores(users", "= user_scores( users"))
    assert earlier.why() == {"03": "the notebook changed"}


ALL = ["01", "02", "03", "04"]


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        # modules
        ("bronze/parsing/decoding.py", ALL),
        ("flatten/flat_table.py", ["02"]),
        ("gold/scores.py", ["03"]),
        ("gold/score_ranges.py", ["03", "04"]),
        ("charts/range_bars.py", ["04"]),
        ("cli/run_command.py", []),
        # doors of rooms, and of rooms within rooms
        ("gold/__init__.py", ["02", "03", "04"]),
        ("flatten/__init__.py", ["01", "02", "03", "04"]),
        ("charts/__init__.py", ["04"]),
        ("bronze/parsing/__init__.py", ALL),
        ("__init__.py", ALL),
        ("cli/__init__.py", []),
        # what is no code: settings, styles, templates
        ("engines/log4j2.properties", ALL),
        ("charts/styles/light.mplstyle", ["04"]),
        ("report/templates/run.html.j2", []),
    ],
)
def test_a_change_in_the_library_runs_again_what_reaches_it(
    earlier: Earlier, monkeypatch: pytest.MonkeyPatch, name: str, steps: list[str]
) -> None:
    no_bytecode = shutil.ignore_patterns("__pycache__")
    library = earlier.place / "workbench"
    shutil.copytree(lineage.LIBRARY, library, ignore=no_bytecode)
    (library / name).write_text((library / name).read_text() + "\n# one more line\n")
    lineage.module_text.cache_clear()
    monkeypatch.setattr(lineage, "LIBRARY", library)
    found = earlier.why()
    lineage.module_text.cache_clear()
    assert found == dict.fromkeys(steps, "the library changed")


def test_another_parameter_runs_again_the_steps_that_take_it(earlier: Earlier) -> None:
    assert earlier.why(score_text="s") == {"03": "changed: score_text"}
    assert earlier.why(entity="orders") == {"04": "changed: entity"}
    assert earlier.why(explode="a") == dict.fromkeys(["01", "02", "04"], "changed: explode")
    assert set(earlier.why(key="k")) == {"01", "02", "03", "04"}
    assert earlier.why(charts="/elsewhere") == {}


def test_another_engine_runs_everything_again(earlier: Earlier) -> None:
    assert set(earlier.why(Engine(name="spark", version="1"))) == {"01", "02", "03", "04"}


def other_bytes(path: Path) -> None:
    """As many, and at the same time as before."""
    told = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))
    digests.digest_once.cache_clear()  # as in another process


@pytest.mark.parametrize(
    ("table", "steps"),
    [
        ("silver/users", ["01", "02", "03", "04"]),
        ("quarantine/users", ["01", "02", "03", "04"]),
        ("gold/user_products", ["02", "04"]),
        ("gold/user_scores", ["03", "04"]),
    ],
)
@pytest.mark.parametrize(
    "harm",
    [
        lambda earlier, table: shutil.rmtree(earlier.table(table)),
        lambda earlier, table: earlier.publish(table, DAY, "other"),
        lambda earlier, table: other_bytes(earlier.table(table) / "part.parquet"),
        lambda earlier, table: (earlier.table(table) / "part.parquet").write_text("changed"),
        lambda earlier, table: (earlier.table(table) / "part.parquet").unlink(),
        lambda earlier, table: (earlier.table(table) / "_manifest.json").unlink(),
    ],
    ids=["gone", "published again", "other bytes", "changed", "a file gone", "no manifest"],
)
def test_a_table_that_changed_runs_again_who_made_it_and_who_reads_it(
    earlier: Earlier, table: str, steps: list[str], harm: Callable[[Earlier, str], Any]
) -> None:
    harm(earlier, table)
    found = earlier.why()
    assert list(found) == steps and all(table.replace("/", ".") in why for why in found.values())


def test_charts_or_a_notebook_that_are_gone_run_again(earlier: Earlier) -> None:
    (earlier.folder / "charts" / "a.png").write_text("another picture")
    (earlier.folder / "02_gold_user_products.ipynb").unlink()
    assert earlier.why() == {
        "02": "changed or gone: its notebook",
        "04": "changed or gone: charts",
    }


def test_a_source_with_other_bytes_runs_again(earlier: Earlier) -> None:
    earlier.source.write_text('{"_id": 2}\n')
    assert earlier.why() == {"01": "changed: the source"}
    earlier.source.write_text('{"_id": 1}\n')
    assert earlier.why() == {}
    more = earlier.place / "more.json"
    more.write_text('{"_id": 3}\n')
    earlier.source.rename(earlier.place / "other.json")
    assert earlier.why(source=[str(more)]) == {"01": "changed: source"}


def test_another_key_of_the_hashes_runs_again(
    earlier: Earlier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_PII_KEY", "another key of tests")
    assert earlier.why() == {"01": "changed since: key of the hashes"}
    assert "another key of tests" not in json.dumps(as_json(earlier.outcomes))


def test_names_that_another_ingestion_gave_run_02_again(earlier: Earlier) -> None:
    earlier.publish("gold/user_products", OTHER, "other_name")
    assert earlier.why() == {"02": "changed since: names of columns"}


def test_a_step_without_a_known_origin_runs_again(earlier: Earlier) -> None:
    step = STEPS[0]
    notebook = earlier.notebooks / f"{step.name}.ipynb"
    for outcome, why in (
        (None, "it was not part of that run"),
        (StepOutcome(state="interrupted"), "it was interrupted"),
        (StepOutcome(state="done"), "it is not known what it was made from"),
    ):
        assert why_again(step, notebook, outcome, earlier.folder, earlier.values, ENGINE) == why


# Which run

A_RUN: dict[str, Any] = {
    "run_id": "a",
    "state": "done",
    "started": "2022-01-18T00:00:00.000Z",
    "parameters": {"lake": "l"},
    "engine": {"name": "sail"},
    "git_commit": None,
    "steps": {},
}


def test_runs_of_one_second_are_in_the_order_in_which_they_began(tmp_path: Path) -> None:
    second = datetime(2022, 1, 18, tzinfo=UTC)
    names = [new_id(second + timedelta(milliseconds=at)) for at in range(0, 1000, 20)]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(A_RUN))
    assert [folder.name for folder in run_folders(tmp_path)] == names[::-1]
    assert all(re.fullmatch("2022-01-18T000000Z-[0-9a-f]{6}", name) for name in names)


def test_a_run_is_named_by_its_id_a_part_of_it_or_as_the_latest(tmp_path: Path) -> None:
    content = A_RUN | {"steps": {"01": {}}}
    for name in ("2022-01-18T000000Z-aaaaaa", "2022-01-18T000001Z-bbbbbb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(json.dumps(content))
    for name in ("2022-01-18T000001Z-bbbbbb", "bbbbbb", "latest"):
        found = earlier_run(tmp_path, name)
        assert found.folder == tmp_path / "2022-01-18T000001Z-bbbbbb"
    with pytest.raises(
        RequestError, match=r"no run '2022-\S*cccccc' .*Did you mean 2022-01-18T00000"
    ):
        earlier_run(tmp_path, "2022-01-18T000001Z-cccccc")
    with pytest.raises(
        RequestError, match=r"no run '\.\./runs'.*The latest are: 2022-01-18T000001Z"
    ):
        earlier_run(tmp_path, "../runs")
    with pytest.raises(RequestError, match="holds no run"):
        earlier_run(tmp_path / "none", "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "is no record of a run"),
        ("[]", "is no record of a run"),
        ("{", "cannot be read"),
        (json.dumps(A_RUN), "was forgotten"),
        (json.dumps(A_RUN | {"version": 99}), "is of version 99, and this Workbench knows"),
    ],
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.json").write_text(text)
    with pytest.raises(RequestError, match=said):
        earlier_run(tmp_path, "a")
