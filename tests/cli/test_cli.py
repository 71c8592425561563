"""Requests: what the command line understands, and how it refuses what it cannot do."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow.parquet as pq
import pytest

from support.processes import WORKBENCH, workbench
from workbench.cli import main, parser
from workbench.cli.run_command import parameters
from workbench.parameters import PARAMETERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests are made in a folder of their own, with no engine chosen from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WORKBENCH_ENGINE", raising=False)


def asked(*arguments: str) -> dict[str, Any]:
    """The parameters that a request to run stands for."""
    return parameters(parser().parse_args(["run", *arguments]))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message of a request that is wrong, of which nothing else may be seen."""
    code = main([*arguments, "--lake", "lake", "--runs", "runs"])
    shown = capsys.readouterr()
    assert code == 2 and shown.out == ""
    assert shown.err.startswith("error: ") and "Traceback" not in shown.err
    assert not Path("lake").exists() and not Path("runs").exists()
    return shown.err.removeprefix("error: ")


# What is refused before anything starts


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("score_egdes=[100]", "score_egdes: there is no such parameter. Did you mean score_edges?"),
        ("max_bad_share=banana", "max_bad_share: 'banana' is a str, and max_bad_share is a float"),
        ("score_edges=[3,1]", "score_edges: [3, 1] is not allowed; it must be at least one whole"),
        ("score_edges=300", "score_edges: 300 is an int, and score_edges is a list[int]"),
        ("score_edges=[1,", "-p: the value of score_edges, '[1,', cannot be read"),
        ("locale=fr", "locale: 'fr' is not allowed; it must be pt_BR or en. For example 'pt_BR'."),
        ("locale=pt", "locale: 'pt' is not allowed; it must be pt_BR or en. Did you mean pt_BR?"),
        (
            "on_drift=fial",
            "on_drift: 'fial' is not allowed; it must be report, fail or restate. Did you mean f",
        ),
        ("engine=sprak", "engine: sprak is not known. Did you mean spark?"),
        ("score_edges=[1,.nan]", "score_edges: [1, nan] holds nan, which is a float, and score_ed"),
        ("score_edges=", "score_edges: no value is given, and score_edges is a list[int]"),
        ("=5", "-p: '=5' is not name=value."),
        ("ingestion_date=2022-02-30", "ingestion_date: '2022-02-30' is not allowed; it must be a"),
        ("source=data/input", "source: 'data/input' is a str, and source is a list[str]"),
        ("locale", "-p: 'locale' is not name=value. For example -p locale=en."),
        ("engine=duckdb", "engine: duckdb is not known. Choose spark"),
        ("charts=here", "charts: a run writes its charts to its own folder; leave it out."),
    ],
)
def test_a_wrong_parameter_is_refused(
    pair: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(capsys, "run", "-p", pair)
    assert message.startswith(said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ingestion-date", "18/01/2022"], "ingestion_date: '18/01/2022' is not allowed"),
        (["--engine", "duckdb"], "engine: duckdb is not known. Choose spark"),
        (["--only", "05"], "step: '05' is not a step. Choose one of 01_silver_users"),
        (["--only", ""], "step: '' is not a step."),
        (["--from", "gold"], "step: 'gold' is not a step."),
        (["--only", "04", "--from", "03"], "--only and --from exclude each other"),
        (["--resume", "x"], "--runs: "),
        (["--resume", "x", "--from", "03"], "--resume finds out by itself which steps to run"),
        (["--params", "missing.yml"], "--params: missing.yml cannot be read: No such file"),
        (["--params", "."], "--params: . cannot be read: Is a directory"),
        (["--params", ""], "--params:  cannot be read: Is a directory"),
    ],
)
def test_a_wrong_option_is_refused(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, "run", *options).startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"score_edges: [1,", "cannot be read as YAML"),
        (b"\xff\xfe\x00", "cannot be read as YAML"),
        (b"just words", "must hold `name: value` lines"),
        (b"", "must hold `name: value` lines"),
        (b"- locale", "must hold `name: value` lines"),
        (b"score_egdes: [100]", "Did you mean score_edges?"),
        (b"1: x", "1: there is no such parameter"),
        (b"max_bad_share: banana", "'banana' is a str, and max_bad_share is a float"),
        (b"key: [a, 1]", "is a list, and key is a str or list[str]"),
        (b"locale: en\nkey: a\nlocale: pt_BR", "gives locale twice"),
        (b"pii: [{a: 1, a: 2}]", "gives a twice"),
        (b"contract: null", "contract: no value is given"),
        (b"charts: here", "charts: a run writes its charts to its own folder"),
    ],
)
def test_a_wrong_parameter_file_is_refused(
    content: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("given.yml").write_bytes(content)
    assert said in refused(capsys, "run", "--params", "given.yml")


def test_a_lake_whose_path_engines_take_for_a_pattern_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--lake", "lake[1]"]) == 2
    assert "a path without any of * ? [ ]" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["walk"], ["run", "--users"], ["sample"]])
def test_what_is_no_command_is_refused_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and capsys.readouterr().err.startswith("usage: workbench")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("run --ingestion_date=2022-01-18", "--ingestion_date=2022-01-18; --ingestion-date may be"),
        ("sql -q one", "workbench sql: error: unrecognized arguments: -q\n"),
        ("aws status --stak x", "usage: workbench aws status "),
        ("--lake x runs", "usage: workbench [-h]"),
    ],
)
def test_what_a_command_does_not_know_is_told_by_its_own_usage(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(typed.split())
    assert ended.value.code == 2 and said in capsys.readouterr().err


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--only", "05", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_help_names_every_parameter_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["run", "--help"])
    text = capsys.readouterr().out
    named = [p for p in PARAMETERS.values() if p.name not in ("charts", "engine")]
    assert ended.value.code == 0 and all(f"{p.name} " in text for p in named)
    assert all(f"(default: {p.default!r})" in text for p in named)


# What is understood


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("ingestion_date=2022-01-18", "2022-01-18"),
        ("score_edges=[100, 500]", [100, 500]),
        ("locale=en", "en"),
        ("max_bad_share=0.5", 0.5),
        ("pii=[]", []),
        ("source=[a.json, b.json]", ["a.json", "b.json"]),
        ("key=no", "no"),
        ("key=2022", "2022"),
        ("score_text=a=b", "a=b"),
        ("created_at=", ""),
    ],
)
def test_a_parameter_is_read_as_its_type(pair: str, value: object) -> None:
    assert asked("-p", pair)[pair.partition("=")[0]] == value


def test_without_options_the_sample_is_run_into_the_projects_lake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT / "notebooks")
    values = asked()
    assert values["source"] == [str(ROOT / "data/input")]
    assert values["lake"] == str(ROOT / "data/lake")


def test_without_a_date_it_is_today_in_utc() -> None:
    before = f"{datetime.now(UTC):%Y-%m-%d}"
    assert before <= asked()["ingestion_date"] <= f"{datetime.now(UTC):%Y-%m-%d}"


def test_what_is_not_given_has_its_default() -> None:
    own = {"source", "lake", "ingestion_date"}
    rest = {n: v for n, v in asked().items() if n not in own}
    assert rest == {n: p.default for n, p in PARAMETERS.items() if n not in own}


def test_a_parameter_file_is_read_as_the_types_of_its_parameters() -> None:
    Path("given.yml").write_text(
        "ingestion_date: 2022-01-18\nscore_edges: [100, 500]\nlocale: no\nmax_bad_share: 1\n"
    )
    values = asked("--params", "given.yml")
    assert (values["ingestion_date"], values["score_edges"]) == ("2022-01-18", [100, 500])
    assert (values["locale"], values["max_bad_share"]) == ("no", 1)


def test_p_comes_before_the_file_and_an_option_before_p() -> None:
    Path("given.yml").write_text("locale: en\nkey: file\nlake: file\n")
    given = ["--params", "given.yml", "-p", "key=pair", "-p", "lake=pair", "--lake", "option"]
    values = asked(*given)
    assert (values["locale"], values["key"], values["lake"]) == ("en", "pair", "option")


def test_two_values_for_one_parameter_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "run", "-p", "key=a", "-p", "key=b")
    assert said.startswith("-p: key is given more than once.") and "workbench sweep" in said


# What is refused before an engine is used


@pytest.fixture
def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.runs.forge.Forge", lambda *_: nullcontext(Mock()))
    monkeypatch.setattr("workbench.engines.sail.SailServer", nullcontext)


@pytest.mark.usefixtures("without_processes")
@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("missing.json", 2, "matches no file"),
        ("*.gz", 2, "matches no file"),
        ("folder", 2, "holds no JSON: none of its 1 file(s) ends in .json"),
        ("gs://bucket/dump.json", 2, "on this machine"),
        ("empty.json", 1, "is empty: 1 file(s) without a document"),
    ],
)
def test_a_source_without_documents_writes_nothing(
    name: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("folder").mkdir()
    Path("folder/readme.txt").touch()
    Path("empty.json").touch()
    assert main(["run", "--source", name, "--lake", "lake", "--runs", "runs"]) == code
    shown = capsys.readouterr()
    assert shown.err.startswith("error: source: ") and said in shown.err and shown.out == ""
    assert not Path("lake").exists() and not Path("runs").exists()


@pytest.mark.usefixtures("without_processes")
@pytest.mark.parametrize(("option", "path"), [("--lake", "file"), ("--runs", "file/runs")])
def test_a_folder_that_cannot_be_made_is_refused(
    option: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("file").write_text('{"_id": 1}')
    folders = {"--lake": "lake", "--runs": "runs"} | {option: path}
    assert (
        main(["run", "--source", "file", *[word for both in folders.items() for word in both]]) == 2
    )
    message = capsys.readouterr().err
    assert message.startswith(f"error: {option}: ") and "cannot be written to: Not a" in message
    assert sorted(path.name for path in Path().iterdir()) == ["file"]  # nothing half-made


def test_a_refused_run_ends_with_one_line_and_its_code() -> None:
    done = workbench("run", "--source", "missing.json", "--lake", "lake", "--runs", "runs")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_output_that_cannot_be_written_is_told_and_ends_the_command() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([WORKBENCH, "sql"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: The output cannot be written (No space left on device)")


# Dumps with too many bad documents


BAD = ['{"name": "no key"}', '{"_id": null}', '{"_id": 1, "na', "not json"]
GOOD = [json.dumps({"_id": n, "score": {"score": n}}) for n in range(20)]


@pytest.mark.parametrize(
    ("good", "said"),
    [([], "None of the 4 documents is good"), (GOOD, "4 of 24 documents are bad")],
)
def test_too_many_bad_documents_leave_the_quarantine_alone(good: list[str], said: str) -> None:
    Path("dump.json").write_text("\n".join(good + BAD) + "\n")
    date = ["--ingestion-date", "2022-01-18"]
    done = workbench("run", "--source", "dump.json", *date, "--lake", "lake", "--runs", "runs")
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr
    quarantine = Path("lake/quarantine/users/ingestion_date=2022-01-18")
    assert pq.read_table(quarantine, partitioning=None).num_rows == len(BAD)
    assert [path.name for path in Path("lake").glob("[!.]*")] == ["quarantine"]
    assert list(Path("lake/.workbench/staging").iterdir()) == []


def test_a_key_that_most_documents_share_fails_the_run() -> None:
    lines = [json.dumps({"id": n, "status": n % 2}) for n in range(40)]
    Path("dump.json").write_text("\n".join(lines) + "\n")
    more = ["--lake", "lake", "--runs", "runs", "-p", "key=status", "--only", "01"]
    done = workbench("run", "--source", "dump.json", *more)
    assert done.returncode == 1 and "status has 2 different values in 40" in done.stderr
    assert "Unique in this dump: id." in done.stderr and not Path("lake/silver").exists()


# workbench sample


def sample(*options: str) -> int:
    return main(["sample", *options])


def test_a_sample_is_the_same_bytes_every_time() -> None:
    codes = [sample("--users", "50", "--seed", "3", "--out", name) for name in ("a", "b")]
    assert codes == [0, 0] and Path("a").read_bytes() == Path("b").read_bytes()


def test_a_sample_has_as_many_documents_as_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    sample("--users", "50", "--out", "new/a.json")
    assert len(Path("new/a.json").read_text("utf-8").splitlines()) == 50
    assert capsys.readouterr().out == "50 users in new/a.json\n"


def test_another_layout_holds_the_same_users() -> None:
    sample("--users", "5", "--out", "lines")
    sample("--users", "5", "--layout", "array", "--out", "array")
    lines = Path("lines").read_text("utf-8").splitlines()
    assert json.loads(Path("array").read_text("utf-8")) == [json.loads(line) for line in lines]


@pytest.mark.parametrize("users", ["0", "-3"])
def test_a_sample_without_users_is_refused(users: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert sample("--users", users, "--out", "a") == 2
    assert capsys.readouterr().err == f"error: --users: {users} is not allowed; it must be 1 or " \
        "more.\n"  # fmt: skip
    assert not Path("a").exists()


def test_a_sample_in_the_place_of_a_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert sample("--users", "1", "--out", ".") == 2
    assert "--out: . is a folder; name the file to write." in capsys.readouterr().err


def test_an_error_of_something_outside_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = Mock(side_effect=BrokenProcessPool("A process was terminated abruptly"))
    monkeypatch.setattr("workbench.convert.show_plan", killed)
    assert main(["flatten", "a.json", "--plan"]) == 1
    assert capsys.readouterr().err.startswith("error: a process that read the dump was killed.")
