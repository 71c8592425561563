"""`workbench init` and `workbench lab`: a project of one's own."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
import yaml

from workbench.cli import main
from workbench.parameters import PARAMETERS
from workbench.storage import SHARED

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_project_has_every_notebook_without_outputs_and_every_analysis() -> None:
    assert main(["init", "p"]) == 0
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        ours, theirs = (
            json.loads(p.read_text())["cells"] for p in (Path("p/notebooks") / path.name, path)
        )
        assert [cell["source"] for cell in ours] == [cell["source"] for cell in theirs]
        assert not any(cell.get("outputs") or cell.get("execution_count") for cell in ours)
    names = {path.name for path in (ROOT / "sql").glob("*.sql")}
    assert {path.name for path in Path("p/sql").iterdir()} == names
    assert len(Path("p/README.md").read_text().splitlines()) <= 6
    assert "data/\n" in Path("p/.gitignore").read_text()


def test_its_parameter_file_tells_every_parameter_and_sets_none() -> None:
    main(["init", "p"])
    text = Path("p/workbench.yml").read_text()
    assert yaml.safe_load(text) is None
    lines = [line[2:] for line in text.splitlines() if line.startswith("# ") and ": " in line]
    told = {name for line in lines for name in [line.partition(":")[0]] if name in PARAMETERS}
    assert told == PARAMETERS.keys() - {"charts", "ingestion_date"}


def test_files_that_are_there_already_are_named_and_stay(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("p/sql").mkdir(parents=True)
    Path("p/README.md").write_text("mine")
    Path("p/sql/data_quality.sql").write_text("mine")
    assert main(["init", "p"]) == 2
    assert "p has sql/data_quality.sql, README.md already." in capsys.readouterr().err
    assert {p.name for p in Path("p").rglob("*") if p.is_file()} == {
        "README.md",
        "data_quality.sql",
    }


def test_what_cannot_be_written_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("p").mkdir()
    Path("p/sql").touch()  # where a folder must be
    assert main(["init", "p"]) == 2
    assert "DIR: p/sql cannot be written: File exists" in capsys.readouterr().err
    assert [p.name for p in Path("p").rglob("*") if p.is_file()] == ["sql"]


def settings(text: str) -> None:
    Path("workbench.yml").write_text(text)


def test_the_projects_parameters_go_before_defaults_and_behind_all_that_is_asked(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.cli import parser
    from workbench.cli.run_command import parameters

    settings("source: [dumps, /a]\nlake: the lake\nkey: id\nlocale: en\nscore: a.b\n")
    Path("more.yml").write_text("key: other\nscore: c\n")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    asked = ["run", "--params", "../more.yml", "-p", "score=d"]
    values = parameters(parser().parse_args(asked))
    assert values["source"] == [str(elsewhere / "dumps"), "/a"]
    assert values["lake"] == str(elsewhere / "the lake")
    assert [values[name] for name in ("locale", "key", "score")] == ["en", "other", "d"]


def test_a_wrong_parameter_of_the_project_is_refused_and_its_file_named(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, said in (
        ("lokale: en\n", "lokale: there is no such parameter. Did you mean locale?"),
        ("max_bad_share: 2\n", "max_bad_share: 2 is not allowed"),
        ("- a\n", "must hold `name: value` lines"),
        ("charts: x\n", "charts: a run writes its charts to its own folder"),
    ):
        settings(text)
        assert main(["run", "--source", "dump.json"]) == 2
        message = capsys.readouterr().err
        assert said in message and ("charts" in said or f"{elsewhere}/workbench.yml" in message)


def test_without_a_source_a_run_says_where_to_name_one(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("run", "sweep"):
        pairs = ["-p", "locale=en", "-p", "locale=pt_BR"] if command == "sweep" else []
        assert main([command, *pairs]) == 2
        said = f"--source: no dump is named, and there is none in {elsewhere}/data/input."
        assert said in capsys.readouterr().err


def test_lab_opens_the_projects_notebooks(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *asked: started.append(asked))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/mine")
    main(["init", "p"])
    monkeypatch.chdir("p/sql")
    assert main(["lab"]) == 0
    ((program, arguments, told),) = started
    assert program == sys.executable and f"--notebook-dir={elsewhere}/p/notebooks" in arguments
    ours, theirs = told["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert (Path(ours) / "jupyter_lab_config.json").is_file() and theirs == "/mine"


@pytest.mark.parametrize(
    ("shared", "umask", "mode"),
    [([], 0o022, 0o750), ([], 0, 0o750), (["--shared"], 0o022, 0o755), (["--shared"], 0, 0o775)],
)
def test_what_notebooks_show_is_for_their_owner_and_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: list[str], umask: int, mode: int
) -> None:
    monkeypatch.setenv(SHARED, "")
    before = os.umask(umask)
    assert main(["init", str(tmp_path / "p"), *shared]) == 0
    os.umask(before)
    assert stat.S_IMODE((tmp_path / "p" / "notebooks").stat().st_mode) == mode


@pytest.mark.parametrize(("folder", "private"), [("r", True), ("r" * 60, False)])
def test_kernels_of_a_lab_talk_through_files_where_paths_have_room(
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: str,
    private: bool,
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _, asked, __: started.append(asked))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", f"/tmp/{folder}")
    main(["init", "p"])
    monkeypatch.chdir("p")
    assert main(["lab"]) == 0
    assert ("--KernelManager.transport=ipc" in started[0]) == private
    assert ("can hear what cells show" in capsys.readouterr().err) != private


def test_lab_is_refused_where_no_project_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab"]) == 2
    assert "Lay out a project with `workbench init DIR`" in capsys.readouterr().err
